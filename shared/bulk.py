"""Publishing thousands of events at once: whole record batches per partition, one future for each.

The same records as one send an event writes, for a fifth of its work.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from aiokafka.errors import MessageSizeTooLargeError

from shared.envelope import Headers, kafka_headers
from shared.events import Encoded, Event
from shared.keys import partition_of
from shared.settings import KafkaSettings
from shared.topics import Topic

MAX_REQUEST = 4 * 1024 * 1024
"""Bytes of the largest batch: what a topic takes (`shared.provision`)."""


class Outgoing(NamedTuple):
    """One event to publish; `event` None is a tombstone. `time` defaults to now. `partition`: of the
    key, where the caller knows it."""

    topic: Topic
    key: str
    event: Event | Encoded | None
    time: datetime | None = None
    partition: int | None = None


class Written(NamedTuple):
    """Where an event was written; `timestamp` in milliseconds, of the record."""

    partition: int
    offset: int
    timestamp: int


_Encoded = tuple[int, bytes, bytes | None, Headers]
"""Which of the events it is; a record's key, value and headers."""


async def write_in_bulk(
    producer: Any, settings: KafkaSettings, events: Sequence[Outgoing]
) -> list[Written]:
    """Write all by an aiokafka producer, in order per key.

    Raises:
        aiokafka.errors.KafkaError: not all were written; say the same again.
    """
    parts: dict[tuple[str, int], list[_Encoded]] = defaultdict(list)
    headers_of, name = _Headers(settings.source), lru_cache(settings.topic)
    for number, out in enumerate(events):
        key, body = out.key.encode(), None if out.event is None else out.event.to_bytes()
        place = name(out.topic), partition_for(out, key, settings.partitions)
        headers = headers_of(out, body) if body is not None else []
        parts[place].append((number, key, body, headers))
    found: list[Any] = [None] * len(events)
    await asyncio.gather(*(_part(producer, *at, part, found) for at, part in parts.items()))
    return found


def partition_for(out: Outgoing, key: bytes, partitions: int) -> int:
    """Where an event belongs."""
    if out.partition is not None:
        return out.partition
    return 0 if out.topic.single_partition else partition_of(key, partitions)


class _Headers:
    """`kafka_headers` of many events: what is the same in all is made once a type and moment."""

    def __init__(self, source: str) -> None:
        self._source, self._now = source, datetime.now(UTC)
        self._same: dict[tuple[str, datetime], Headers] = {}

    def __call__(self, out: Outgoing, body: bytes) -> Headers:
        event: Any = out.event
        moment = out.time or self._now
        same = self._same.get((event.type, moment))
        if same is None:
            whole = kafka_headers(event, source=self._source, key=out.key, time=moment)
            same = [pair for pair in whole if pair[0] not in ("ce_id", "ce_subject")]
            self._same[event.type, moment] = same
        own = [("ce_id", event.event_id(body).encode()), ("ce_subject", out.key.encode())]
        return own + same


async def _part(
    producer: Any, name: str, partition: int, records: list[_Encoded], found: list[Any]
) -> None:
    stamp, at = int(time.time() * 1000), 0
    while at < len(records):
        batch, first = producer.create_batch(), at
        while at < len(records):
            _, key, value, headers = records[at]
            if batch.append(timestamp=stamp, key=key, value=value, headers=headers) is None:
                break
            at += 1
        if batch.size() > MAX_REQUEST:
            # Refused here: a batch that the broker refuses leaves a gap in the producer's count of
            # batches, and the broker takes none of that partition after it.
            raise MessageSizeTooLargeError(f"an event of {batch.size()} bytes for {name}")
        written = await (await producer.send_batch(batch, name, partition=partition))
        moment = written.timestamp if written.timestamp_type == 1 and written.timestamp else stamp
        for n, record in enumerate(records[first:at]):
            found[record[0]] = Written(partition, written.offset + n, moment)
