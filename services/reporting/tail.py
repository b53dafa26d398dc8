"""Small topics read whole, by every process for itself, from the start and then on for ever."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import structlog
from kafka import TopicPartition

from services.reporting.handlers import source_of
from shared.consume import METADATA_MS
from shared.fast_consumer import FastConsumer
from shared.provision import partitions_of
from shared.records import Poison, parse
from shared.settings import KafkaSettings
from shared.topics import Topic

log = structlog.get_logger()


class Heard(NamedTuple):
    """A record; `event` None is a tombstone or something unreadable."""

    topic: Topic
    key: str
    event: Any


def heard(topic: Topic, raw: Any) -> Heard:
    """A consumed record, read. What is unreadable is logged: its owner's reader sets it aside."""
    key = (raw.key or b"").decode("utf-8", "replace")
    event = None
    if raw.value is not None:
        try:
            event = parse(topic, list(raw.headers or ()), raw.value)
        except Poison as reason:
            log.warning("unreadable_record", topic=topic.name, partition=raw.partition,
                        offset=raw.offset, reason=str(reason))  # fmt: skip
    return Heard(topic, key, event)


def fast_consumer(settings: KafkaSettings, group: str | None = None) -> FastConsumer:
    """A consumer for whole topics, that commits nothing."""
    return FastConsumer(
        bootstrap_servers=settings.kafka.split(","), enable_auto_commit=False,
        group_id=settings.group(group) if group else None, session_timeout_ms=15_000,
        group_instance_id=settings.instance or None if group else None,
        auto_offset_reset="earliest", max_poll_records=5_000,
        max_partition_fetch_bytes=4 * 1024 * 1024, metadata_max_age_ms=METADATA_MS,
    )  # fmt: skip


class Tail:
    """Hands every record of the topics to `take`, in order per partition."""

    def __init__(
        self, settings: KafkaSettings, topics: Iterable[Topic], take: Callable[[Heard], None]
    ) -> None:
        self._take = take
        self._by_name: Mapping[str, Topic] = {settings.topic(t): t for t in topics}
        self._consumer = fast_consumer(settings)
        mine = [
            TopicPartition(name, partition)
            for name, topic in self._by_name.items()
            for partition in range(partitions_of(topic, settings))
        ]
        self._consumer.assign(mine)
        self._ends: Mapping[TopicPartition, int] = self._consumer.end_offsets(mine)
        self._caught_up = False

    def step(self, timeout: float = 0.5) -> int:
        """Take what is there; how many records."""
        polled = self._consumer.poll(timeout_ms=int(timeout * 1000))
        for tp, records in polled.items():
            for raw in records:
                self._take(heard(self._by_name[tp.topic], raw))
        return sum(map(len, polled.values()))

    def caught_up(self) -> bool:
        """Whether all that was there at the start has been taken."""
        self._caught_up = self._caught_up or all(
            self._consumer.position(tp) >= end for tp, end in self._ends.items() if end
        )
        return self._caught_up

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()


def log_ends(settings: KafkaSettings, topics: Iterable[Topic]) -> dict[str, int]:
    """The ends of the topics' partitions now, by source name."""
    by_name = {settings.topic(t): t for t in topics}
    consumer = fast_consumer(settings)
    try:
        ends = consumer.end_offsets(
            [TopicPartition(name, partition) for name, topic in by_name.items()
             for partition in range(partitions_of(topic, settings))]
        )  # fmt: skip
    finally:
        consumer.close()
    return {source_of(by_name[tp.topic].name, tp.partition): end for tp, end in ends.items()}
