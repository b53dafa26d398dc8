"""Publishing events: acks=all, idempotent, awaited. A failure to write is always an exception."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer

from shared.envelope import kafka_headers
from shared.events import Event
from shared.keys import partition_of
from shared.settings import KafkaSettings
from shared.topics import Topic

MAX_REQUEST = 4 * 1024 * 1024


class Outgoing(NamedTuple):
    """One event to publish; `event` None is a tombstone. `time` defaults to now."""

    topic: Topic
    key: str
    event: Event | None
    time: datetime | None = None


class Written(NamedTuple):
    """Where an event was written; `timestamp` in milliseconds, of the record."""

    partition: int
    offset: int
    timestamp: int


class Publisher(Protocol):
    """Writes events and returns only when the broker has them."""

    def publish(self, events: Sequence[Outgoing]) -> list[Written]:
        """Write all, in order per key.

        Raises:
            kafka.errors.KafkaError: at least one was not written; call again with the same events.
        """
        ...


def _record(
    settings: KafkaSettings, out: Outgoing
) -> tuple[str, bytes, bytes | None, int, list[tuple[str, bytes]]]:
    key = out.key.encode()
    partition = 0 if out.topic.single_partition else partition_of(key, settings.partitions)
    if out.event is None:
        return settings.topic(out.topic), key, None, partition, []
    moment = out.time or datetime.now(UTC)
    headers = kafka_headers(out.event, source=settings.source, key=out.key, time=moment)
    return settings.topic(out.topic), key, out.event.to_bytes(), partition, headers


class KafkaPublisher:
    """For the synchronous workers (kafka-python)."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer = KafkaProducer(
            bootstrap_servers=settings.kafka.split(","),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            batch_size=256 * 1024,
            max_request_size=MAX_REQUEST,
            delivery_timeout_ms=60_000,
            allow_auto_create_topics=False,
        )

    def publish(self, events: Sequence[Outgoing]) -> list[Written]:
        """See `Publisher`."""
        futures = []
        for out in events:
            topic, key, value, partition, headers = _record(self._settings, out)
            futures.append(
                self._producer.send(
                    topic, value=value, key=key, partition=partition, headers=headers
                )
            )
        self._producer.flush()
        found = [future.get(timeout=60) for future in futures]
        return [Written(f.partition, f.offset, f.timestamp) for f in found]

    def close(self) -> None:
        """Flush and close."""
        self._producer.close(timeout=10)


class AsyncPublisher:
    """For processes with an event loop (aiokafka)."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect.

        Raises:
            aiokafka.errors.KafkaConnectionError: no broker answers.
        """
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=256 * 1024,
            max_request_size=MAX_REQUEST,
            request_timeout_ms=10_000,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Flush and close."""
        if self._producer is not None:
            await self._producer.stop()

    @property
    def producer(self) -> AIOKafkaProducer:
        """The client, once started."""
        if self._producer is None:
            raise RuntimeError("the publisher was not started")
        return self._producer

    async def publish(self, events: Iterable[Outgoing]) -> list[Written]:
        """Write all, in order per key; raises aiokafka.errors.KafkaError when one was not."""
        futures = []
        for out in events:
            topic, key, value, partition, headers = _record(self._settings, out)
            futures.append(
                await self.producer.send(
                    topic, value=value, key=key, partition=partition, headers=headers
                )
            )
        found = [await future for future in futures]
        return [Written(f.partition, f.offset, f.timestamp) for f in found]


class MemoryPublisher:
    """The in-memory twin for unit tests: keeps what was published, in order."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self.records: list[Outgoing] = []
        self._ends: dict[tuple[str, int], int] = {}

    def publish(self, events: Sequence[Outgoing]) -> list[Written]:
        """See `Publisher`."""
        written = []
        for out in events:
            topic, _, _, partition, _ = _record(self._settings, out)
            offset = self._ends.get((topic, partition), 0)
            self._ends[topic, partition] = offset + 1
            self.records.append(out)
            moment = out.time or datetime.now(UTC)
            written.append(Written(partition, offset, int(moment.timestamp() * 1000)))
        return written
