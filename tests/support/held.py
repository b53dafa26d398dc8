"""A stream worker that holds a partition of a real broker, without the framework."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka.errors import KafkaTimeoutError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from shared.stage import InputRecord
from shared.stream import StreamWorker
from shared.topics import EVENTS


class Folded:
    """A stage that remembers what it folded and fails its flushes on demand."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.failures = 0
        self.flushes = 0

    def fold(self, record: InputRecord) -> int:
        self.offsets.append(record.offset)
        return 1

    def unflushed(self) -> int:
        return 0

    async def flush(self) -> None:
        if self.failures:
            self.failures -= 1
            raise KafkaTimeoutError
        self.flushes += 1

    def tick(self, now: float, at_end: bool) -> None:
        self.at_end = at_end

    def close(self) -> None:
        pass


def fill(settings: Any, count: int, partition: int = 0) -> None:
    """Append records to a partition of the input."""
    producer = KafkaProducer(bootstrap_servers=settings.kafka)
    for n in range(count):
        producer.send(settings.topic(EVENTS), b"%d" % n, partition=partition)
    producer.flush()
    producer.close()


def end_of(settings: Any, topic: str, partition: int = 0) -> int:
    """Where the log ends."""
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka)
    place = TopicPartition(topic, partition)
    end: int = consumer.end_offsets([place])[place]
    consumer.close()
    return end


async def until(done: Callable[[], bool]) -> None:
    """Let others work until it is so."""
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 - a test's stage sets no event for it
            await asyncio.sleep(0.01)


class Commits:
    """The framework's consumer, as far as commits go."""

    def __init__(self) -> None:
        self.said: list[int] = []

    async def _commit(self, offsets: dict[Any, int]) -> bool:
        self.said += offsets.values()
        return True

    def assignment(self) -> set[Any]:
        """What is still to be written when the framework stops."""
        return set()


class Held(NamedTuple):
    """A worker that holds partition 0, without the framework."""

    settings: Any
    worker: StreamWorker
    runner: Any
    commits: Commits

    async def go_on(self) -> None:
        """Fold what the log has next, until it has nothing."""
        end = end_of(self.settings, self.runner.name)
        while self.runner.position < end:
            await self.worker._fold_next({self.runner.place: self.runner})

    async def write(self) -> None:
        """Flush and commit."""
        await self.worker._flush(self.runner)
        await self.worker._commit()


@asynccontextmanager
async def holding(settings: Any, stage: Folded) -> AsyncIterator[Held]:
    """Of a partition whose log is folded."""
    worker, commits = StreamWorker(settings, "unit", {EVENTS: lambda _: stage}), Commits()
    worker.app._consumer = commits  # of which it asks no more
    await worker._reader.start()
    await worker._follower.start()
    await worker._assigned(None, {TopicPartition(settings.topic(EVENTS), 0)})
    runner = worker.runners[settings.topic(EVENTS), 0]
    await asyncio.wait_for(runner.located.wait(), 20)
    held = Held(settings, worker, runner, commits)
    await held.go_on()
    yield held
    await worker._follower.stop()
    await worker._reader.stop()


@asynccontextmanager
async def working(settings: Any, *stages: Any) -> AsyncIterator[StreamWorker]:
    """A worker that folds and flushes by itself, without the framework: partition n by stage n."""
    worker = StreamWorker(settings, "unit", {EVENTS: lambda partition: stages[partition]})
    worker.app._consumer = Commits()
    await worker._reader.start()
    await worker._follower.start()
    topic = settings.topic(EVENTS)
    await worker._assigned(None, {TopicPartition(topic, p) for p in range(len(stages))})
    for work in (worker._follow, worker._flush_forever):
        worker._spawn(work())
    await until(lambda: all(runner.ready.is_set() for runner in worker.runners.values()))
    yield worker
    await worker.stop()
