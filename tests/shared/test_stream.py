"""The safe Faust worker against a real broker: each known way of losing or stalling, played."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import faust
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError

from shared.faust_app import WrongFaust
from shared.stream import StreamWorker
from shared.topics import DECISIONS, EVENTS
from tests.support.held import Folded, end_of, fill, holding

pytestmark = pytest.mark.anyio
APP = Path(__file__).with_name("stream_app.py")


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

    def start(instance: str = "copy-0") -> subprocess.Popen[bytes]:
        s = provisioned
        command = [sys.executable, str(APP), s.kafka, s.topic_prefix, str(s.partitions), instance]
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


def settled_members(settings: Any) -> int:
    """How many hold their share; 0 while the group waits for one of them to let go."""
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka)
    (group,) = admin.describe_groups([settings.group("copy")]).values()
    admin.close()
    return len(group["members"]) if group["group_state"] == "Stable" else 0


def committed(settings: Any) -> int:
    """What the group has committed over all input partitions."""
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka)
    offsets = admin.list_group_offsets({settings.group("copy"): None})[settings.group("copy")]
    admin.close()
    return sum(o.offset for tp, o in offsets.items() if tp.topic == settings.topic(EVENTS))


def ends_of(settings: Any) -> dict[int, int]:
    """Where the input's partitions end."""
    topic = settings.topic(EVENTS)
    return {p: end_of(settings, topic, p) for p in range(settings.partitions)}


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(CoordinatorNotAvailableError):  # the broker's first group: its log is made
            if holds():
                return True
        time.sleep(0.5)
    return False


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
    ends = ends_of(provisioned)
    assert within(40, lambda: committed(provisioned) == sum(ends.values())), "commits stalled"
    assert copied(provisioned) == {(p, n) for p, end in ends.items() for n in range(end)}


def test_a_worker_that_was_delivered_records_lets_go_of_its_share_when_another_joins(
    provisioned: Any, copier: Any
) -> None:
    fill(provisioned, 5)
    copier("copy-0")
    end = sum(ends_of(provisioned).values())
    assert within(40, lambda: committed(provisioned) == end)
    copier("copy-1")
    assert within(40, lambda: settled_members(provisioned) == 2)  # the group puts out after 60 s
