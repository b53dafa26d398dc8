"""Following whole topics to their present end, on demand (kafka-python, no consumer group)."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from shared.fast_consumer import FastConsumer
from shared.provision import partitions_of
from shared.records import Poison, Record, parse
from shared.settings import KafkaSettings
from shared.topics import Topic

log = structlog.get_logger()
Apply = Callable[[Record], None]
_PATIENCE = 120.0
"""Seconds without any progress after which a follower gives up; the step is then retried."""


class Follower:
    """Feeds every record of some topics to `apply`, in order per partition, from the start."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic], apply: Apply) -> None:
        self._topics = {settings.topic(t): t for t in topics}
        self._apply = apply
        self._consumer = FastConsumer(
            bootstrap_servers=settings.kafka.split(","), group_id=None, enable_auto_commit=False,
            auto_offset_reset="earliest", max_partition_fetch_bytes=4 * 1024 * 1024,
            max_poll_records=5_000, fetch_max_wait_ms=100, allow_auto_create_topics=False,
        )  # fmt: skip
        self._places = [
            TopicPartition(name, p)
            for name, topic in self._topics.items()
            for p in range(partitions_of(topic, settings))
        ]
        self._consumer.assign(self._places)
        self._consumer.pause(self._places)
        self._next = dict.fromkeys(self._places, 0)

    def catch_up(self) -> int:
        """Read to where the topics end now; how many records that were.

        Raises:
            kafka.errors.KafkaError: the broker is away.
        """
        ends = self._consumer.end_offsets(self._places)
        return self._read_to({tp: end for tp, end in ends.items() if end > self._next[tp]})

    def catch_up_to(self, topic: str, partition: int, offset: int) -> int:
        """Read until the record at `offset`, which was just written, has been applied."""
        place = TopicPartition(topic, partition)
        return self._read_to({place: offset + 1} if self._next[place] <= offset else {})

    def passed(self, topic: str, partition: int, first: int, end: int) -> bool:
        """Whether the offsets from `first` to before `end`, which the caller wrote and has taken in
        itself, are the next ones here; if so, they are not read."""
        place = TopicPartition(topic, partition)
        if self._next[place] != first:
            return False
        self._next[place] = end
        self._consumer.seek(place, end)
        return True

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def _read_to(self, ends: Mapping[TopicPartition, int]) -> int:
        if not ends:
            return 0
        self._consumer.resume(ends)
        try:
            return self._read_on(ends)
        finally:
            self._consumer.pause(ends)

    def _read_on(self, ends: Mapping[TopicPartition, int]) -> int:
        count, patience = 0, time.monotonic() + _PATIENCE
        while any(self._behind(tp, end) for tp, end in ends.items()):
            for records in self._consumer.poll(timeout_ms=200).values():
                for record in records:
                    self._take(record)
                count += len(records)
                patience = time.monotonic() + _PATIENCE
            if time.monotonic() > patience:
                raise KafkaTimeoutError("the topic's end was not reached")
        return count

    def _behind(self, place: TopicPartition, end: int) -> bool:
        # Compaction may have taken the last offsets away; the client's position knows.
        if self._next[place] < end:
            self._next[place] = max(self._next[place], self._consumer.position(place))
        return self._next[place] < end

    def _take(self, raw: Any) -> None:
        record = self._parsed(raw)
        if record is not None:
            try:
                self._apply(record)
            except Poison as reason:
                log.warning(
                    "unusable", topic=record.topic.name, offset=record.offset, reason=str(reason)
                )

    def _parsed(self, raw: Any) -> Record | None:
        topic, headers = self._topics[raw.topic], list(raw.headers or ())
        key = (raw.key or b"").decode("utf-8", "replace")
        event = None
        try:
            if raw.value is not None:
                event = parse(topic, headers, raw.value)
        except (
            Poison
        ) as reason:  # its owner's consumer sets it aside; here it only must not stop us
            log.warning("unreadable", topic=topic.name, offset=raw.offset, reason=str(reason))
            return None
        return Record(
            topic, raw.partition, raw.offset, key, event, raw.timestamp, raw.value, headers
        )
