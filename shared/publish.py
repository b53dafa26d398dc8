"""Publishing events: acks=all, idempotent, awaited. A failure to write is always an exception."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as AioKafkaError
from kafka.errors import KafkaError

from shared.bulk import MAX_REQUEST, Outgoing, Written, partition_for, write_in_bulk
from shared.envelope import kafka_headers
from shared.settings import KafkaSettings
from shared.topics import Topic

__all__ = ["AsyncPublisher", "KafkaPublisher", "Outgoing", "Publisher", "Written"]
T = TypeVar("T")


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
    partition = partition_for(out, key, settings.partitions)
    if out.event is None:
        return settings.topic(out.topic), key, None, partition, []
    moment = out.time or datetime.now(UTC)
    body = out.event.to_bytes()
    headers = kafka_headers(out.event, source=settings.source, key=out.key, time=moment, body=body)
    return settings.topic(out.topic), key, body, partition, headers


class KafkaPublisher:
    """For the synchronous workers: an event loop in a thread of its own, one batch a partition."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._publisher = AsyncPublisher(settings, patience_ms=60_000)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="publish", daemon=True)
        self._thread.start()
        self._wait(self._publisher.start())

    def publish(self, events: Sequence[Outgoing]) -> list[Written]:
        """See `Publisher`."""
        return self._wait(self._publisher.publish_many(events))

    def close(self) -> None:
        """Flush and close."""
        self._wait(self._publisher.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except AioKafkaError as problem:
            raise KafkaError(f"{type(problem).__name__}: {problem}") from problem


class AsyncPublisher:
    """For processes with an event loop (aiokafka)."""

    def __init__(self, settings: KafkaSettings, *, patience_ms: int = 10_000) -> None:
        self._settings, self._patience_ms = settings, patience_ms
        self._producer: AIOKafkaProducer | None = None

    async def start(self, *topics: Topic) -> None:
        """Connect. `topics`: where they lie is asked now, for the first event of each would wait for it.

        Raises:
            aiokafka.errors.KafkaConnectionError: no broker answers.
            aiokafka.errors.UnknownTopicOrPartitionError: one of them is not there.
        """
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=256 * 1024,
            max_request_size=MAX_REQUEST,
            request_timeout_ms=self._patience_ms,
        )
        await self._producer.start()
        for topic in topics:
            await self._producer.partitions_for(self._settings.topic(topic))

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

    async def publish_many(self, events: Sequence[Outgoing]) -> list[Written]:
        """As `publish`, for a fraction of its work an event when there are hundreds."""
        return await write_in_bulk(self.producer, self._settings, events)
