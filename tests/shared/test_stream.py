"""The safe Faust worker against a real broker: each known way of losing or stalling, played."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka.errors import KafkaTimeoutError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from shared import stream
from shared.faust_app import WrongFaust
from shared.stage import InputRecord
from shared.stream import StreamWorker
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


class Message(SimpleNamespace):
    """A message as Faust hands it over."""


def event(settings: Any, offset: int, acked: list[int]) -> Any:
    """An event of partition 0 whose acknowledgement is noted."""
    message = Message(
        topic=settings.topic(EVENTS),
        partition=0,
        offset=offset,
        value=b"x",
        timestamp=0.0,
        headers=(),
    )
    return SimpleNamespace(message=message, ack=lambda: acked.append(offset))


async def recovered(settings: Any, stage: Folded) -> tuple[StreamWorker, Any]:
    """A worker that holds partition 0, without the framework's own delivery."""
    worker = StreamWorker(settings, "unit", {EVENTS: lambda _: stage})
    await worker._reader.start()
    await worker._assigned(None, {TopicPartition(settings.topic(EVENTS), 0)})
    runner = worker.runners[settings.topic(EVENTS), 0]
    await asyncio.wait_for(runner.ready.wait(), 20)
    return worker, runner


async def test_an_assigned_partition_is_folded_from_the_start_of_its_log(provisioned: Any) -> None:
    fill(provisioned, 40)
    end = end_of(provisioned, provisioned.topic(EVENTS))
    worker, runner = await recovered(provisioned, stage := Folded())
    await worker._reader.stop()
    assert stage.offsets == list(range(end))
    assert runner.position == end


async def test_what_the_framework_drops_is_read_from_the_log_in_order(provisioned: Any) -> None:
    worker, runner = await recovered(provisioned, stage := Folded())
    before = runner.position
    fill(provisioned, 20)
    acked: list[int] = []
    arrived = event(provisioned, before + 15, acked)
    await worker._place(runner, arrived, arrived.message)
    await worker._reader.stop()
    assert stage.offsets[before:] == list(range(before, before + 16))


async def test_what_is_delivered_twice_is_folded_once_and_acknowledged(provisioned: Any) -> None:
    fill(provisioned, 5)
    worker, runner = await recovered(provisioned, stage := Folded())
    folded, acked = len(stage.offsets), []
    again = event(provisioned, 2, acked)
    await worker._place(runner, again, again.message)
    await worker._flush(runner)
    await worker._reader.stop()
    assert len(stage.offsets) == folded
    assert acked == [2]


async def test_a_tail_that_never_arrives_is_read_after_a_while(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STILL_SECONDS", 0.0)
    worker, runner = await recovered(provisioned, stage := Folded())
    fill(provisioned, 7)
    await worker._tick()
    await worker._reader.stop()
    assert runner.position == end_of(provisioned, provisioned.topic(EVENTS))
    assert stage.at_end


async def test_nothing_is_acknowledged_before_its_effects_are_written(provisioned: Any) -> None:
    worker, runner = await recovered(provisioned, stage := Folded())
    fill(provisioned, 1)
    stage.failures, acked = 1, []
    arrived = event(provisioned, runner.position, acked)
    await worker._place(runner, arrived, arrived.message)
    await worker._flush(runner)
    assert acked == [], "acknowledged although the flush failed"
    await worker._flush(runner)
    await worker._reader.stop()
    assert acked == [arrived.message.offset]


async def test_an_event_that_came_during_a_flush_waits_for_the_next_one(provisioned: Any) -> None:
    worker, runner = await recovered(provisioned, stage := Folded())
    fill(provisioned, 1)
    acked: list[int] = []
    arrived = event(provisioned, runner.position, acked)
    flush = stage.flush

    async def slow() -> None:
        await worker._place(runner, arrived, arrived.message)
        await flush()

    stage.flush = slow  # type: ignore[method-assign] # the event arrives while it runs
    await worker._flush(runner)
    assert acked == []
    stage.flush = flush  # type: ignore[method-assign]
    await worker._flush(runner)
    await worker._reader.stop()
    assert acked == [arrived.message.offset]


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
