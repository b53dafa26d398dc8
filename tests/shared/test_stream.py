"""The safe Faust worker against a real broker: each known way of losing or stalling, played."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import faust
import pytest
from aiokafka.errors import KafkaTimeoutError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from shared.faust_app import WrongFaust
from shared.stage import InputRecord
from shared.stream import MAX_UNFLUSHED, StreamWorker
from shared.topics import DECISIONS, EVENTS

pytestmark = pytest.mark.anyio
APP = Path(__file__).with_name("stream_app.py")


@pytest.fixture
def anyio_backend() -> str:
    """Faust runs on asyncio alone."""
    return "asyncio"


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


class Commits:
    """The framework's consumer, as far as commits go."""

    def __init__(self) -> None:
        self.said: list[int] = []

    async def _commit(self, offsets: dict[Any, int]) -> bool:
        self.said += offsets.values()
        return True


class Held(NamedTuple):
    """A worker that holds partition 0, without the framework."""

    worker: StreamWorker
    runner: Any
    commits: Commits

    async def go_on(self) -> None:
        """Fold what the log has next, until it has nothing."""
        end = end_of(self.worker._settings, self.runner.name)
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
    held = Held(worker, runner, commits)
    await held.go_on()
    yield held
    await worker._follower.stop()
    await worker._reader.stop()


async def test_an_assigned_partition_is_folded_from_the_start_of_its_log(provisioned: Any) -> None:
    fill(provisioned, 40)
    end = end_of(provisioned, provisioned.topic(EVENTS))
    async with holding(provisioned, stage := Folded()) as held:
        assert stage.offsets == list(range(end))
        assert held.runner.ready.is_set()


async def test_live_records_are_folded_once_and_in_order(provisioned: Any) -> None:
    async with holding(provisioned, stage := Folded()) as held:
        fill(provisioned, 20)
        await held.go_on()
        again = await held.worker._reader.read(*held.runner.place, 0, 5).__anext__()
        held.runner.fold(again)
        assert stage.offsets == list(range(end_of(provisioned, provisioned.topic(EVENTS))))


async def test_whoever_follows_others_too_goes_on_where_each_of_them_was(provisioned: Any) -> None:
    async with holding(provisioned, stage := Folded()) as held:
        other = Folded()
        held.worker._stages = {held.runner.name: (EVENTS, lambda _: other)}
        topic = held.runner.name
        await held.worker._assigned(None, {TopicPartition(topic, p) for p in (0, 1)})
        fill(provisioned, 9, 0)
        fill(provisioned, 9, 1)
        runners = held.worker.runners
        await asyncio.gather(*(r.located.wait() for r in runners.values()))
        ends = {(topic, p): end_of(provisioned, topic, p) for p in (0, 1)}
        while any(runners[place].position < end for place, end in ends.items()):
            await held.worker._fold_next(runners)
        assert stage.offsets == list(range(ends[topic, 0]))
        assert other.offsets == list(range(ends[topic, 1]))


async def test_nothing_is_committed_before_its_effects_are_written(provisioned: Any) -> None:
    async with holding(provisioned, stage := Folded()) as held:
        fill(provisioned, 1)
        await held.go_on()
        stage.failures = 1
        await held.write()
        assert held.commits.said == [], "committed although the flush failed"
        await held.write()
        assert held.commits.said == [held.runner.position]


async def test_an_event_that_came_during_a_flush_waits_for_the_next_one(provisioned: Any) -> None:
    fill(provisioned, 1)
    async with holding(provisioned, stage := Folded()) as held:
        flush, before = stage.flush, held.runner.position

        async def slow() -> None:
            fill(provisioned, 1)
            await held.go_on()
            await flush()

        stage.flush = slow  # the event arrives while it runs
        await held.write()
        assert held.commits.said == [before]
        stage.flush = flush
        await held.write()
        assert held.commits.said == [before, before + 1]


async def test_a_tick_knows_when_everything_is_folded(provisioned: Any) -> None:
    async with holding(provisioned, stage := Folded()) as held:
        await held.worker._tick()
        assert stage.at_end
        fill(provisioned, 1)
        await held.worker._tick()
        assert not stage.at_end


def test_another_release_of_faust_is_refused(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faust, "__version__", "0.15.4")
    with pytest.raises(WrongFaust, match=r"0\.15\.4 was not tested"):
        StreamWorker(provisioned, "unit", {EVENTS: lambda _: Folded()})


def test_the_framework_opens_no_port_and_runs_one_task_per_topic(provisioned: Any) -> None:
    app = StreamWorker(provisioned, "unit", {EVENTS: lambda _: Folded()}).app
    assert not app.conf.web_enabled
    assert [agent.concurrency for agent in app.agents.values()] == [1]
    assert not app.tables.changelog_topics


@pytest.fixture
def copier(provisioned: Any) -> Iterator[Any]:
    """Starts the copying worker as a process of its own; ends what is left of it."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        s = provisioned
        command = [sys.executable, str(APP), s.kafka, s.topic_prefix, str(s.partitions)]
        env = {**os.environ, "PYTHONPATH": str(APP.parents[2])}
        running.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def copied(settings: Any) -> set[tuple[int, int]]:
    """(partition, input offset) of everything that reached the output."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka, auto_offset_reset="earliest", consumer_timeout_ms=1500
    )
    topic = settings.topic(DECISIONS)
    consumer.assign([TopicPartition(topic, p) for p in range(settings.partitions)])
    found = {(r.partition, int(r.key)) for r in consumer}
    consumer.close()
    return found


def committed(settings: Any) -> int:
    """What the group has committed over all input partitions."""
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka)
    offsets = admin.list_group_offsets({settings.group("copy"): None})[settings.group("copy")]
    admin.close()
    return sum(o.offset for tp, o in offsets.items() if tp.topic == settings.topic(EVENTS))


def test_killed_at_random_with_a_backlog_nothing_is_lost_and_commits_reach_the_end(
    provisioned: Any, copier: Any
) -> None:
    rng = random.Random(596)
    for round_ in range(3):
        for partition in range(provisioned.partitions):
            fill(provisioned, 400, partition)
        process = copier()
        if round_ < 2:
            time.sleep(rng.uniform(3.0, 5.0))
            process.send_signal(signal.SIGKILL)
            process.wait()
    topic = provisioned.topic(EVENTS)
    ends = {p: end_of(provisioned, topic, p) for p in range(provisioned.partitions)}
    deadline = time.monotonic() + 40
    while committed(provisioned) < sum(ends.values()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert committed(provisioned) == sum(ends.values()), "commits stalled"
    assert copied(provisioned) == {(p, n) for p, end in ends.items() for n in range(end)}


async def test_a_stage_that_is_behind_its_log_folds_on_before_it_writes(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.log_follower.MOST_RECORDS", 10)
    async with holding(provisioned, stage := Folded()) as held:
        fill(provisioned, 40)
        folded = len(stage.offsets)
        while len(stage.offsets) == folded:
            await held.worker._fold_next({held.runner.place: held.runner})
        assert held.worker._holds(held.runner)
        await held.go_on()
        assert not held.worker._holds(held.runner)


async def test_it_does_not_fold_on_for_ever(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with holding(provisioned, Folded()) as held:
        monkeypatch.setattr(held.worker._follower, "more", lambda place, position: True)
        assert held.worker._holds(held.runner)
        monkeypatch.setattr("shared.stream.HOLD_SECONDS", 0.0)
        assert not held.worker._holds(held.runner)


async def test_nor_with_more_than_it_may_keep_unwritten(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with holding(provisioned, stage := Folded()) as held:
        monkeypatch.setattr(held.worker._follower, "more", lambda place, position: True)
        monkeypatch.setattr(stage, "unflushed", lambda: MAX_UNFLUSHED + 1)
        assert not held.worker._holds(held.runner)
