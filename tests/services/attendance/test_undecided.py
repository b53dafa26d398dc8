"""Who waits to be decided anew: whom a fact of their own asks for comes before a crowd."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from services.attendance.causes import Cause, because
from services.attendance.decide import DecideStage
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from services.attendance.undecided import Undecided
from shared.events.rulings import CertificatesReleasedV1
from shared.publish import Outgoing, Written
from shared.stream import MAX_UNFLUSHED
from tests.support.held import Folded, end_of, fill, until, working
from tests.support.pipeline import Pipeline
from tests.support.words import HOUR, PEOPLE, T, W, corrected, said, stay, there, webinar
from tests.support.workers import PublishedLog, Stages

GRACE = Cause.GRACE, ""
SCAN = Cause.SCAN, "s1"
RULING = Cause.RULING, "k1"
EVERYBODY = [(W, who) for who in PEOPLE]
ANI, BUDI = EVERYBODY[:2]


@pytest.fixture
def undecided() -> Undecided:
    """Nobody waits."""
    stage = Stages(Pipeline().knowledge).stages[0]
    return stage._undecided


def taken(undecided: Undecided, most: int = 1) -> Iterator[dict[Any, Any]]:
    """All who wait, as they are decided."""
    while undecided.people or undecided.crowd:
        yield dict(undecided.take(most))
        undecided.written()


def test_who_is_asked_for_alone_comes_before_a_crowd_that_came_first(undecided: Undecided) -> None:
    undecided.everybody(EVERYBODY, GRACE)
    undecided.one(("other", "gita"), SCAN)
    first, *others = taken(undecided)
    assert first == {("other", "gita"): SCAN}
    assert Counter(who for some in others for who in some) == Counter(EVERYBODY)


def test_what_is_left_of_a_slice_is_the_crowd_s(undecided: Undecided) -> None:
    undecided.everybody(EVERYBODY, GRACE)
    undecided.one(("other", "gita"), SCAN)
    assert [len(some) for some in taken(undecided, 4)] == [4, 3]


def test_who_is_of_a_crowd_and_then_asked_for_alone_is_decided_once_by_that(
    undecided: Undecided,
) -> None:
    undecided.everybody(EVERYBODY, GRACE)
    undecided.one(ANI, SCAN)
    assert undecided.waiting() == {W: len(PEOPLE)}
    first, *others = taken(undecided)
    assert first == {ANI: SCAN}
    assert all(ANI not in some for some in others)


def test_who_is_asked_for_alone_keeps_the_place_but_a_later_fact_about_all_is_the_cause(
    undecided: Undecided,
) -> None:
    undecided.one(ANI, SCAN)
    undecided.everybody(EVERYBODY, GRACE)
    assert undecided.waiting() == {W: len(PEOPLE)}
    first, *others = taken(undecided)
    assert first == {ANI: GRACE}
    assert all(ANI not in some for some in others)


def test_another_plan_is_the_cause_only_for_those_who_did_not_wait(undecided: Undecided) -> None:
    undecided.one(ANI, SCAN)
    undecided.everybody([BUDI], GRACE)
    undecided.everybody_else(EVERYBODY, (Cause.WEBINAR, ""))
    (found,) = taken(undecided, 10)
    others = dict.fromkeys(EVERYBODY[2:], (Cause.WEBINAR, ""))
    assert found == {ANI: SCAN, BUDI: GRACE, **others}


def test_who_could_not_be_written_is_decided_again_by_what_came_meanwhile(
    undecided: Undecided,
) -> None:
    undecided.everybody(EVERYBODY[:4], SCAN)
    undecided.take(4)
    undecided.one(ANI, RULING)
    undecided.everybody([BUDI], GRACE)
    undecided.failed()
    assert undecided.waiting() == {W: 4}
    (found,) = taken(undecided, 10)
    assert found == {ANI: RULING, BUDI: GRACE, **dict.fromkeys(EVERYBODY[2:4], SCAN)}


def test_a_crowd_waits_and_nothing_more_does_when_it_is_written(undecided: Undecided) -> None:
    undecided.everybody(EVERYBODY, GRACE)
    assert undecided.waits()
    rooms = id(undecided.crowd)
    assert [len(some) for some in taken(undecided, 10)] == [len(PEOPLE)]
    assert not undecided.waits()
    assert id(undecided.crowd) != rooms, "a dict that everybody was in keeps its room"


def test_a_crowd_is_one_after_a_restart_too_and_what_was_heard_meanwhile_is_the_cause(
    undecided: Undecided,
) -> None:
    undecided.everybody(EVERYBODY[:3], GRACE)
    undecided.one(EVERYBODY[3], SCAN)
    again = Undecided(undecided._knowledge, undecided._published)
    again.one(ANI, RULING)
    again.everybody([EVERYBODY[3]], (Cause.REPORT, ""))
    again.restore(undecided.keep())
    assert again.people == {ANI: RULING}
    assert again.crowd == {BUDI: GRACE, EVERYBODY[2]: GRACE, EVERYBODY[3]: (Cause.REPORT, "")}


def graced(*events: dict[str, Any], **settings: Any) -> tuple[Pipeline, Stages]:
    """Second stages that have heard of everybody and that the grace is over, and decided nobody."""
    pipeline = there(Pipeline(), *events, **settings)
    stages = Stages(pipeline.knowledge, pipeline.partitions)
    passed = ClockPassed(W, "s1", T + HOUR, ClockKind.GRACE)
    for place, told in pipeline.log.frames:
        stages.fold(place, told)
    stages.flush()
    for stage in pipeline.stages:
        for place, told in stage._teller.clock(passed):
            stages.fold(place, told)
    return pipeline, stages


def unflushed(stages: Stages) -> int:
    return sum(stage.unflushed() for stage in stages.stages)


def test_a_clock_s_crowd_does_not_stop_the_input_and_all_are_decided_by_it() -> None:
    _, stages = graced(*stay("1", "c1", registrant_id="_ani"))
    assert (unflushed(stages), sum(stages.waiting())) == (0, len(PEOPLE))
    stages.flush()
    causes = {who: one["cause"] for who, one in stages.topic.decisions().items()}
    assert causes == dict.fromkeys(PEOPLE, because(Cause.GRACE))


class Crowded(Folded):
    """Takes any record, and has as much to write as a second stage."""

    def __init__(self, stage: DecideStage) -> None:
        super().__init__()
        self._stage = stage

    def unflushed(self) -> int:
        return self._stage.unflushed()

    async def flush(self) -> None:
        await self._stage.flush()


def test_the_worker_folds_on_while_a_crowd_waits(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stages(Pipeline().knowledge).stages[0]
    stage._undecided.everybody(((W, str(n)) for n in range(MAX_UNFLUSHED + 1)), GRACE)

    async def played() -> None:
        may_write, ends = asyncio.Event(), PublishedLog.ends

        async def slow(log: PublishedLog, places: Any) -> dict[Any, int]:
            await may_write.wait()
            return await ends(log, places)

        monkeypatch.setattr(PublishedLog, "ends", slow)
        async with working(provisioned, Crowded(stage)) as worker:
            (runner,) = worker.runners.values()
            for _ in range(3):
                fill(provisioned, 1)
                end = end_of(provisioned, runner.name)
                await until(lambda end=end: runner.position == end)  # type: ignore[misc]
            assert sum(stage._undecided.waiting().values()) > MAX_UNFLUSHED
            may_write.set()

    asyncio.run(played())
    assert stage.quiet()


def test_those_whose_certificates_an_operator_releases_are_a_crowd_too() -> None:
    pipeline, stages = graced(certificates="on_release")
    stages.flush()
    pipeline.say(said(CertificatesReleasedV1, "r", participant_ids=("ani", "eko")))
    assert (unflushed(stages), sum(stages.waiting())) == (0, 2)


def test_whom_a_fact_of_their_own_asks_for_are_as_many_as_the_input_brings() -> None:
    pipeline, stages = graced()
    pipeline.say(corrected("k1", "ani", 0, HOUR))
    assert (unflushed(stages), sum(stages.waiting())) == (1, len(PEOPLE))
    stages.flush()
    decisions = stages.topic.decisions()
    assert decisions["ani"]["cause"] == because(Cause.RULING, "k1")
    assert {one["version"] for one in decisions.values()} == {1}


def test_another_plan_acts_while_a_crowd_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, stages = graced(*stay("1", "c1", until=1200, registrant_id="_ani"))
    (theirs,) = [s for s in stages.stages if (W, "ani") in s._undecided.crowd]
    write, comes = stages.topic.publish_many, [webinar(version=2, rule={"minimum_share": 1_000})]

    async def writing(events: Sequence[Outgoing]) -> list[Written]:
        while comes:
            pipeline.webinar(comes.pop())
        return await write(events)

    monkeypatch.setattr(stages.topic, "publish_many", writing)
    asyncio.run(theirs.flush())
    assert stages.topic.decisions()["ani"]["verdict"] == "eligible"
    assert theirs.quiet()
