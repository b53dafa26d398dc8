"""Zoom's limits per account are kept by all who call side by side."""

import asyncio

import pytest

from services.attendance.reconcile.limits import Bucket, LimitReached
from tests.support.zoom_client import T, Time


class Together(Time):
    """A clock for several sleepers: each second that passes, passes for all."""

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            await asyncio.sleep(0)
            self.now = min(until, self.now + 0.25)


def calls(bucket: Bucket, watch: Time, count: int) -> list[float]:
    """When so many callers at once had their turns; a turn that was refused is none."""
    turns: list[float] = []

    async def call() -> None:
        await bucket.take()
        turns.append(watch.clock() - T)

    async def run() -> None:
        await asyncio.gather(*(call() for _ in range(count)), return_exceptions=True)

    asyncio.run(run())
    return sorted(turns)


def test_callers_side_by_side_take_turns() -> None:
    watch = Together()
    assert calls(Bucket(1, None, watch.clock, watch.sleep), watch, 4) == [0, 1, 2, 3]


def test_a_pause_holds_also_for_those_who_already_wait() -> None:
    watch = Together()
    bucket = Bucket(1, None, watch.clock, watch.sleep)

    async def run() -> float:
        await bucket.take()
        waiting = asyncio.ensure_future(bucket.take())
        await asyncio.sleep(0)
        bucket.pause(30)
        await waiting
        return watch.clock() - T

    assert asyncio.run(run()) >= 30


def test_a_pause_of_the_day_is_told_to_everybody_and_holds_nobody() -> None:
    watch = Together()
    bucket = Bucket(1, None, watch.clock, watch.sleep)
    bucket.pause(3600)
    with pytest.raises(LimitReached) as reached:
        asyncio.run(bucket.take())
    assert reached.value.wait == 3600
    assert watch.now == T


def test_the_days_calls_are_counted_until_midnight_utc() -> None:
    watch = Together()
    bucket = Bucket(1000, 2, watch.clock, watch.sleep)
    assert len(calls(bucket, watch, 3)) == 2
    with pytest.raises(LimitReached) as reached:
        asyncio.run(bucket.take())
    watch.now += reached.value.wait
    assert watch.now % 86_400 == 0
    assert len(calls(bucket, watch, 1)) == 1
