"""Writes frames to a hot topic by explicit partition, many in a record, and dead letters."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from typing import NamedTuple

from shared.batch import CONTENT_TYPE
from shared.dead_letters import dead_letter_headers
from shared.envelope import Headers
from shared.publish import AsyncPublisher
from shared.settings import KafkaSettings
from shared.stage import InputRecord
from shared.telemetry import DEAD_LETTERS
from shared.topics import Topic

MAX_RECORD = 512 * 1024
_BATCH: Headers = [("content-type", CONTENT_TYPE.encode())]


class RecordWriter:
    """Group commit on the way out: what several stages write at one time goes into one record per
    partition, unless it grows too large."""

    def __init__(self, settings: KafkaSettings, topic: Topic, publisher: AsyncPublisher) -> None:
        self._topic, self._publisher = settings.topic(topic), publisher
        self._waiting: list[tuple[int, bytes]] = []
        self._commit: asyncio.Task[None] | None = None

    async def write(self, frames: Iterable[tuple[int, bytes]]) -> None:
        """(partition, frame) pairs, in order per partition; returns when the broker has all.

        Raises:
            aiokafka.errors.KafkaError: something was not written; write everything again.
        """
        before = len(self._waiting)
        self._waiting.extend(frames)
        if len(self._waiting) == before:
            return
        if self._commit is None:
            self._commit = asyncio.ensure_future(self._all_that_waits())
        await asyncio.shield(self._commit)

    async def _all_that_waits(self) -> None:
        await asyncio.sleep(0)  # whoever else writes now joins
        frames, self._waiting, self._commit = self._waiting, [], None
        waiting: dict[int, list[bytes]] = defaultdict(list)
        size: dict[int, int] = defaultdict(int)
        futures = []
        for partition, frame in frames:
            if waiting[partition] and size[partition] + len(frame) > MAX_RECORD:
                futures.append(await self._send(partition, waiting.pop(partition)))
                size[partition] = 0
            waiting[partition].append(frame)
            size[partition] += len(frame)
        futures += [await self._send(p, many) for p, many in waiting.items() if many]
        for future in futures:
            await future

    async def _send(self, partition: int, frames: list[bytes]) -> Awaitable[object]:
        sent: Awaitable[object] = await self._publisher.producer.send(
            self._topic, b"".join(frames), partition=partition, headers=_BATCH
        )
        return sent


class _Dead(NamedTuple):
    key: bytes
    body: bytes
    headers: Headers


class DeadFrames:
    """What a stage could not read, waiting to be written aside with reason and origin.

    A record whose effects were committed once before was dead-lettered then.
    """

    def __init__(
        self, settings: KafkaSettings, topic: Topic, partition: int, publisher: AsyncPublisher
    ) -> None:
        self._origin, self._partition, self._publisher = topic, partition, publisher
        self._name, self._graves = settings.topic(topic), settings.dead_letters(topic)
        self._waiting: list[_Dead] = []

    def add(self, record: InputRecord, index: int, key: str, body: bytes, reason: str) -> None:
        """Keep one frame (or a whole record) for the next flush."""
        if record.settled:
            return
        headers = dead_letter_headers(
            self._name, self._partition, record.offset, reason, index=index
        )
        self._waiting.append(_Dead(key.encode(), body, headers))

    def waits(self) -> bool:
        """Whether anything is kept."""
        return bool(self._waiting)

    async def flush(self) -> None:
        """Write all; raises aiokafka.errors.KafkaError and keeps them when it cannot."""
        while self._waiting:
            dead = self._waiting[0]
            future = await self._publisher.producer.send(
                self._graves, dead.body, key=dead.key, partition=0, headers=dead.headers
            )
            await future
            self._waiting.pop(0)
            DEAD_LETTERS.labels(topic=self._origin.name).inc()
