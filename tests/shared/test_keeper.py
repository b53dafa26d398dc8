"""Checkpoints on a real broker: the last whole one is gone on from, and nothing else."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition

from shared.checkpoints import NO_SEAL, Kept, Unusable, Writing, chunks, seal_of, state_of, verified
from shared.keeper import OUTLIVES_DAYS, Keeper, Pace
from shared.publish import AsyncPublisher
from shared.runner import Runner
from shared.stage import InputRecord, Stage
from shared.stream import StreamWorker
from shared.topics import EVENTS, EVENTS_STATE
from tests.support.held import fill

pytestmark = pytest.mark.anyio
ALWAYS = Pace(share=0.0, grown=1, least=1)


class Remembers:
    """A stage whose state is the offsets that it folded; `folded` are those of this life."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.folded: list[int] = []

    def fold(self, record: InputRecord) -> int:
        self.offsets.append(record.offset)
        self.folded.append(record.offset)
        return 1

    def unflushed(self) -> int:
        return 0

    async def flush(self) -> None:
        pass

    def tick(self, now: float, at_end: bool) -> None:
        pass

    def close(self) -> None:
        pass

    def keepable(self) -> bool:
        return True

    def keep(self) -> Kept:
        return Kept({"offsets": list(self.offsets)}, {"raw": {str(o): b"\n" for o in self.offsets}})

    def restore(self, kept: Kept) -> None:
        assert list(kept.maps["raw"]) == list(map(str, kept.rows["offsets"]))
        self.offsets = kept.rows["offsets"]


class Side:
    """Side inputs that stand still."""

    def __init__(self, maker: str = "this version", lost: str = "") -> None:
        self.maker, self._lost = maker, lost

    def epoch(self) -> int:
        return 7

    def positions(self) -> dict[str, int]:
        return {"side/0": 7}

    async def replay(self, since: Mapping[Stage, Mapping[str, int]]) -> Mapping[Stage, str]:
        assert all(side == {"side/0": 7} for side in since.values())
        return dict.fromkeys(since, self._lost) if self._lost else {}


@asynccontextmanager
async def life(settings: Any, side: Side | None = None) -> AsyncIterator[tuple[Keeper, Runner]]:
    """A worker that holds partition 0 until it is killed, without the framework."""
    publisher = AsyncPublisher(settings)
    keeper = Keeper(settings, {EVENTS: EVENTS_STATE}, side or Side(), publisher, ALWAYS)
    worker = StreamWorker(settings, "unit", {EVENTS: lambda _: Remembers()}, keeper=keeper)
    await publisher.start()
    await keeper.start()
    await worker._reader.start()
    await worker._follower.start()
    await worker._assigned(None, {TopicPartition(settings.topic(EVENTS), 0)})
    runner = worker.runners[settings.topic(EVENTS), 0]
    await runner.located.wait()
    while not runner.ready.is_set():
        await worker._fold_next({runner.place: runner})
    yield keeper, runner
    await keeper.stop()
    await worker._follower.stop()
    await worker._reader.stop()
    await publisher.stop()


async def kept(settings: Any, count: int) -> int:
    """A life that folds some more, and all of it is kept; how many it holds."""
    fill(settings, count)
    async with life(settings) as (keeper, runner):
        await keeper.keep_all([runner])
        return runner.position


async def test_a_next_life_folds_only_what_came_after(provisioned: Any) -> None:
    at = await kept(provisioned, 5)
    fill(provisioned, 3)
    async with life(provisioned) as (_, runner):
        assert runner.stage.offsets == list(range(at + 3))
        assert runner.stage.folded == [at, at + 1, at + 2]
        assert runner.events == at + 3


async def test_who_was_killed_while_writing_one_leaves_the_one_before(provisioned: Any) -> None:
    at = await kept(provisioned, 4)
    fill(provisioned, 4)
    async with life(provisioned) as (keeper, runner):
        copy = keeper._copy(runner)
        assert copy is not None
        place = keeper._place(runner)
        for record in copy.writing.chunks():  # and no seal
            await keeper._send(place, record)
    async with life(provisioned) as (_, runner):
        assert runner.stage.folded == list(range(at, at + 4))
        assert runner.stage.offsets == list(range(at + 4))


async def test_the_ones_before_are_deleted(provisioned: Any) -> None:
    await kept(provisioned, 2)
    await kept(provisioned, 2)
    async with life(provisioned) as (keeper, runner):
        place = keeper._place(runner)
        begin = (await keeper._readers[0].begins([place]))[place]
        end = (await keeper._readers[0].ends([place]))[place]
        assert end - begin == 3  # rows, a map, the seal


@pytest.mark.parametrize(
    "side", [Side(maker="another version"), Side(lost="the side topic begins after it")]
)
async def test_what_may_mean_something_else_is_folded_from_the_log(
    provisioned: Any, side: Side
) -> None:
    at = await kept(provisioned, 2)
    async with life(provisioned, side) as (_, runner):
        assert runner.stage.folded == runner.stage.offsets == list(range(at))
        assert runner.events == at


async def test_a_record_of_somebody_else_is_no_checkpoint(provisioned: Any) -> None:
    at = await kept(provisioned, 2)
    producer = KafkaProducer(bootstrap_servers=provisioned.kafka)
    producer.send(provisioned.topic(EVENTS_STATE), b"{}", partition=0)
    producer.close()
    async with life(provisioned) as (keeper, runner):
        assert runner.stage.folded == list(range(at))
        await keeper.keep_all([runner])
    async with life(provisioned) as (_, runner):
        assert runner.stage.folded == []


async def test_one_is_due_when_the_state_has_grown_or_rests(provisioned: Any) -> None:
    async with life(provisioned) as (keeper, runner):
        keeper._last[runner.place] = 10_000, 7, 0.0
        keeper._pace = Pace(share=0.1, grown=100, least=50, idle=0.0, apart=0.0)
        due = {}
        for events in (10_000, 10_049, 10_050, 10_999, 11_000):
            runner.events = events
            runner.moved_at = 1e12  # it never rests
            grown = keeper._due(runner)
            runner.moved_at = 0.0
            due[events] = (grown, keeper._due(runner))
        assert due == {10_000: (False, False), 10_049: (False, False), 10_050: (False, True),
                       10_999: (False, True), 11_000: (True, True)}  # fmt: skip


async def test_facts_do_not_outlive_their_records_for_ever(provisioned: Any) -> None:
    async with life(provisioned) as (keeper, runner):
        copy = keeper._copy(runner)
        assert copy is not None
        seal = seal_of(*copy.writing.seal(0, **copy.about))
        assert not isinstance(seal, int)
        old = seal._replace(folded_at=seal.folded_at - (OUTLIVES_DAYS + 1) * 86_400)
        keeper._check(old, runner, seal.offset)  # nothing was taken away
        runner.begin = seal.begin + 1
        keeper._check(seal, runner, seal.offset)  # something was, a short while ago
        with pytest.raises(Unusable, match="taken away"):
            keeper._check(old, runner, seal.offset)
        with pytest.raises(Unusable, match="ends before"):
            keeper._check(seal, runner, seal.offset - 1)


def sealed() -> tuple[Kept, list[bytes], Any]:
    """A state of several chunks."""
    state = Kept({"few": [("a", (1, 2)), ["b", 3]], "many": [[n, "x" * 100] for n in range(9_000)]},
                 {"of": {f"k{n}": bytes([n % 256]) * 500 for n in range(2_000)}})  # fmt: skip
    writing = Writing(state, "id", NO_SEAL)
    values = [value for value, _ in writing.chunks()]
    about = {"maker": "m", "offset": 1, "events": 1, "begin": 0, "folded_at": 0, "side": {}}
    return state, values, seal_of(*writing.seal(0, **about))


async def test_a_state_comes_back_from_its_chunks() -> None:
    state, values, seal = sealed()
    assert len(values) > 4
    assert max(map(len, values)) < 1024 * 1024
    again = verified(seal, values)
    assert again.maps == state.maps
    assert again.rows == {"few": [["a", [1, 2]], ["b", 3]], "many": state.rows["many"]}
    assert state_of(chunks(again)) == again


@pytest.mark.parametrize("harm", ["lost", "changed", "twice", "swapped"])
async def test_a_checkpoint_that_is_not_whole_is_refused(harm: str) -> None:
    _, values, seal = sealed()
    harmed = {
        "lost": values[:-1], "changed": [*values[:-1], values[-1][:-1] + b"?"],
        "twice": [*values, values[0]], "swapped": values[::-1],
    }[harm]  # fmt: skip
    with pytest.raises(Unusable):
        verified(seal, harmed)
