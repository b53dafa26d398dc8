"""A stage that has much to write stops nobody else: rounds of flushes go on without it."""

import asyncio
from typing import Any

import pytest

from shared.runner import Runner
from shared.stream import StreamWorker
from tests.support.held import Folded, end_of, fill, until, working

pytestmark = pytest.mark.anyio


class Slow(Folded):
    """Its flushes take as long as it may not write."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.under_way = self.most = self.begun = 0

    async def flush(self) -> None:
        self.begun += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.may_write.wait()
            await super().flush()
        finally:
            self.under_way -= 1


def runner_of(worker: StreamWorker, partition: int) -> Runner:
    (found,) = [r for r in worker.runners.values() if r.partition == partition]
    return found


async def flushed(settings: Any, worker: StreamWorker, partition: int) -> None:
    """A record more of a partition is, and all before it."""
    runner = runner_of(worker, partition)
    fill(settings, 1, partition)
    end = end_of(settings, runner.name, partition)
    await until(lambda: runner.flushed == end)


async def begun(settings: Any, worker: StreamWorker, slow: Slow) -> int:
    """A flush of the slow stage that does not end; the offset before which everything is in it."""
    await flushed(settings, worker, 0)
    slow.may_write.clear()
    slow.begun = slow.flushes = 0
    fill(settings, 1)
    await until(lambda: slow.under_way == 1)
    return runner_of(worker, 0).position


async def test_a_stage_that_has_much_to_write_keeps_no_other_from_being_flushed(
    provisioned: Any,
) -> None:
    async with working(provisioned, slow := Slow(), other := Folded()) as worker:
        await begun(provisioned, worker, slow)
        for _ in range(3):
            await flushed(provisioned, worker, 1)
        assert other.flushes >= 3
        assert slow.under_way == 1
        slow.may_write.set()


async def test_it_folds_on_and_is_flushed_once_more_for_what_came_meanwhile(
    provisioned: Any,
) -> None:
    async with working(provisioned, slow := Slow(), Folded()) as worker:
        upto = await begun(provisioned, worker, slow)
        runner = runner_of(worker, 0)
        fill(provisioned, 5)
        await until(lambda: runner.position == upto + 5)
        await flushed(provisioned, worker, 1)  # a round without it
        assert (runner.flushed, slow.begun) == (upto - 1, 1)
        slow.may_write.set()
        await until(lambda: runner.flushed == upto + 5)
        assert (slow.begun, slow.most) == (2, 1)


async def test_a_worker_that_stops_ends_the_flush_that_runs_before_it_flushes_for_the_last_time(
    provisioned: Any,
) -> None:
    async with working(provisioned, slow := Slow(), Folded()) as worker:
        await begun(provisioned, worker, slow)
        stopping = asyncio.create_task(worker.stop())
        await until(lambda: slow.begun == 2)
        slow.may_write.set()
        await stopping
        assert (slow.most, slow.flushes) == (1, 1)


async def test_what_could_not_be_written_is_written_later_and_nobody_waits_for_it(
    provisioned: Any,
) -> None:
    async with working(provisioned, failing := Folded(), Folded()) as worker:
        failing.failures = 5
        fill(provisioned, 1)
        await until(lambda: failing.failures < 5)
        await flushed(provisioned, worker, 1)
        assert failing.failures
        await flushed(provisioned, worker, 0)


async def test_a_stage_that_fails_for_good_crashes_the_worker_and_is_left(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed = list[BaseException]()

    async def crash(because: BaseException) -> None:
        crashed.append(because)

    class Broken(Slow):
        broken = False

        async def flush(self) -> None:
            self.begun += 1
            if self.broken:
                raise ValueError("a fault of ours")

    async with working(provisioned, broken := Broken(), Folded()) as worker:
        monkeypatch.setattr(worker.app, "crash", crash)
        broken.broken = True
        fill(provisioned, 1)
        await until(lambda: bool(crashed))
        before = broken.begun
        await flushed(provisioned, worker, 1)
        assert broken.begun == before
        assert [str(one) for one in crashed] == ["a fault of ours"]
        broken.broken = False
