"""Following whole topics outside any consumer group: every partition, from the start, for ever.

For the small topics that each worker needs completely (webinars, enrolments, rulings, …). The epoch is
the sum of positions: it only grows, is the same after a restart, and orders what was known when.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.log_client import LogClient
from shared.provision import partitions_of
from shared.records import Parse, Poison, parse
from shared.settings import KafkaSettings
from shared.topics import Topic

log = structlog.get_logger()
Apply = Callable[[Topic, str, "object | None", int], None]
"""Takes (topic, key, event or None for a tombstone, partition); no I/O."""
AT_ONCE = 1_000
"""Records per call, so that taking them in never holds the event loop for long."""


class Tail(LogClient):
    """Feeds every record of the topics to `apply`, in order per partition."""

    def __init__(
        self, settings: KafkaSettings, topics: Sequence[Topic], apply: Apply, parse: Parse = parse
    ) -> None:
        super().__init__(settings, max_partition_fetch_bytes=1024 * 1024)
        self._apply, self._parse = apply, parse
        self._topics = {settings.topic(t): t for t in topics}
        self._positions: dict[TopicPartition, int] = {}
        self._epochs: dict[tuple[Topic, ...], int] = {}
        """Of `epoch_of`, asked far more often than anything is read."""
        self.caught_up = asyncio.Event()

    def epoch_of(self, topics: Sequence[Topic]) -> int:
        """How much of these has been read, as one growing number."""
        known = self._epochs.get(tuple(topics))
        if known is None:
            names = {self._settings.topic(t) for t in topics}
            known = sum(at for place, at in self._positions.items() if place.topic in names)
            self._epochs[tuple(topics)] = known
        return known

    def positions(self) -> dict[str, int]:
        """How far each partition is read: `topic/partition` → the next offset."""
        return {f"{place.topic}/{place.partition}": at for place, at in self._positions.items()}

    async def run(self) -> None:
        """Follow until cancelled."""
        places = [
            TopicPartition(name, p)
            for name, topic in self._topics.items()
            for p in range(partitions_of(topic, self._settings))
        ]
        self._client.assign(places)
        await self._client.seek_to_beginning(*places)
        ends = await self._client.end_offsets(places)
        # what retention took away counts as read: a restart must not make the epoch smaller
        self._positions = dict(await self._client.beginning_offsets(places))
        self._epochs.clear()
        while True:
            try:
                found = await self._client.getmany(timeout_ms=100, max_records=AT_ONCE)
                for place, records in found.items():
                    self._take(place, records)
                if not self.caught_up.is_set():
                    await self._compare(ends)
            except KafkaError as passing:
                log.info("tail_waits", because=type(passing).__name__)
                await asyncio.sleep(0.5)
            await asyncio.sleep(0)

    def _take(self, place: TopicPartition, records: Sequence[Any]) -> None:
        topic = self._topics[place.topic]
        for record in records:
            key = (record.key or b"").decode("utf-8", "replace")
            value = record.value
            try:
                event = None if value is None else self._parse(topic, record.headers, value)
            except Poison as reason:  # its owner dead-letters it; here it only must not stop us
                log.warning(
                    "unreadable", topic=place.topic, offset=record.offset, reason=str(reason)
                )
            else:
                self._apply(topic, key, event, place.partition)
        self._positions[place] = records[-1].offset + 1
        self._epochs.clear()

    async def _compare(self, ends: dict[TopicPartition, int]) -> None:
        for place, end in ends.items():
            if end and await self._client.position(place) < end:
                return
        self.caught_up.set()
