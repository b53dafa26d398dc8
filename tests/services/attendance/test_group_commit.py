"""Group commit: many frames in one record, every waiter told, memory bounded."""

import asyncio

import pytest

from services.attendance.group_commit import GroupCommit, Overloaded

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The gateway runs on asyncio."""
    return "asyncio"


class Broker:
    """Takes records when it is let; remembers them."""

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes]] = []
        self.open, self.asked, self.wrote = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.failure: Exception | None = None

    async def append(self, partition: int, value: bytes) -> None:
        self.asked.set()
        await self.open.wait()
        if self.failure:
            raise self.failure
        self.records.append((partition, value))
        self.wrote.set()


async def test_what_waits_for_one_partition_goes_into_one_record() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=1000)
    waiters = [commit.offer(3, b"a"), commit.offer(3, b"b"), commit.offer(5, b"c")]
    broker.open.set()
    await asyncio.gather(*waiters)
    assert sorted(broker.records) == [(3, b"ab"), (5, b"c")]


async def test_what_comes_while_a_record_is_under_way_goes_into_the_next() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=1000)
    first = commit.offer(0, b"a")
    await asyncio.sleep(0.01)
    rest = [commit.offer(0, b"b"), commit.offer(0, b"c")]
    broker.open.set()
    await asyncio.gather(first, *rest)
    assert broker.records == [(0, b"a"), (0, b"bc")]


async def test_who_comes_after_a_pause_does_not_wait_and_who_follows_shares_the_next_request() -> (
    None
):
    broker = Broker()
    broker.open.set()
    commit = GroupCommit(broker.append, max_waiting=1000, gather=60)
    await commit.offer(0, b"a")
    followers = [commit.offer(0, b"b"), commit.offer(0, b"c")]
    await asyncio.sleep(0.01)
    assert broker.records == [(0, b"a")]
    await commit.drained()
    await asyncio.gather(*followers)
    assert broker.records == [(0, b"a"), (0, b"bc")]


async def test_a_full_queue_refuses_at_once_and_takes_again_when_it_has_drained() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=10)
    waiter = commit.offer(0, b"x" * 10)
    with pytest.raises(Overloaded):
        commit.offer(1, b"y")
    broker.open.set()
    await waiter
    await commit.offer(1, b"y")
    assert commit.waiting == 0
    assert broker.records[-1] == (1, b"y")


async def test_a_failed_write_is_told_to_every_waiter_and_frees_its_bytes() -> None:
    broker = Broker()
    broker.failure = OSError("no broker")
    broker.open.set()
    commit = GroupCommit(broker.append, max_waiting=10)
    waiters = [commit.offer(0, b"a"), commit.offer(0, b"b")]
    told = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(one) for one in told] == [OSError, OSError]
    assert commit.waiting == 0


async def test_a_record_never_grows_beyond_its_limit() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=1000, max_record=4)
    waiters = [commit.offer(0, b"abc") for _ in range(3)]
    broker.open.set()
    await asyncio.gather(*waiters)
    assert broker.records == [(0, b"abc")] * 3


async def test_who_waits_too_long_is_told_so_while_the_record_is_still_written() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=10, answer_within=0.01)
    with pytest.raises(TimeoutError):
        await commit.offer(0, b"a")
    assert commit.waiting == 1
    broker.open.set()
    await commit.drained()
    assert (broker.records, commit.waiting) == ([(0, b"a")], 0)


async def late(commit: GroupCommit, partition: int, frame: bytes) -> None:
    """Offer it, and see it refused after its time."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(commit.offer(partition, frame)), 1)


async def test_a_partition_whose_record_is_late_takes_nothing_in_until_that_record_is_done() -> (
    None
):
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=1000, answer_within=0.3)
    await late(commit, 0, b"a")
    with pytest.raises(Overloaded):
        commit.offer(0, b"b")
    assert commit.waiting == 1
    await late(commit, 1, b"another partition is asked for itself")
    broker.open.set()
    await commit.drained()
    await commit.offer(0, b"c")
    assert [value for partition, value in broker.records if partition == 0] == [b"a", b"c"]


async def test_a_late_record_that_fails_lets_the_next_try() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=1000, answer_within=0.3)
    await late(commit, 0, b"a")
    broker.failure = OSError("no broker")
    broker.open.set()
    await commit.drained()
    assert not commit.stands_still
    broker.failure = None
    await commit.offer(0, b"b")
    assert broker.records == [(0, b"b")]


async def test_nobody_joins_a_record_whose_time_is_over() -> None:
    """They would never be told."""
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=1000, answer_within=0.3, gather=60)
    first = commit.offer(0, b"a")
    await broker.asked.wait()
    await asyncio.gather(first, commit.offer(0, b"b"), return_exceptions=True)
    broker.open.set()
    await broker.wrote.wait()
    joined = commit.offer(0, b"c")
    await commit.drained()
    await joined
    assert broker.records == [(0, b"a"), (0, b"b"), (0, b"c")]


async def test_it_stands_still_while_a_record_is_late_and_none_was_written_since() -> None:
    broker, other = Broker(), Broker()
    other.open.set()

    async def append(partition: int, value: bytes) -> None:
        await (broker, other)[partition].append(partition, value)

    commit = GroupCommit(append, max_waiting=1000, answer_within=0.3)
    await late(commit, 0, b"a")
    assert commit.stands_still
    await commit.offer(1, b"b")
    assert not commit.stands_still
    broker.open.set()
    await commit.drained()
    await commit.offer(0, b"c")
    assert not commit.stands_still


async def test_one_who_gives_up_takes_nobody_else_along() -> None:
    broker = Broker()
    commit = GroupCommit(broker.append, max_waiting=10)
    first, second = commit.offer(0, b"a"), commit.offer(0, b"b")
    first.cancel()
    broker.open.set()
    await second
    assert broker.records == [(0, b"ab")]
