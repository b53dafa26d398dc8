"""The second stage goes on from a checkpoint as if it had never stopped.

That what is said on side topics meanwhile acts is seen in every test that works with a `Line`, and
that the first stage goes on likewise, in every test in which a `Pipeline` crashes.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from services.attendance.domain.plan import plan
from services.attendance.domain.reports import EMPTY
from services.attendance.knowledge import to_webinar
from services.attendance.packed_map import MOST_OPEN, RESTS, PackedMap
from services.attendance.plans import plan_mark
from shared.keys import person_key
from shared.topics import CERTIFICATES, DECISIONS
from tests.services.attendance.test_pipeline import WEBINAR, bodies_of, scan_all, set_up
from tests.support.flow import world_of
from tests.support.pipeline import Pipeline
from tests.support.words import HOUR, ROOM, W, enrolment, line, stay, webinar
from tests.support.workers import Stages
from tests.support.zoom_events import raw

FIELDS = ("verdict", "present_seconds", "provisional", "version", "goes_out", "digest")


def told(seed: int) -> Pipeline:
    """A webinar; its log holds every frame of the events topic, clocks too."""
    world = world_of(2009, seed, "ugly", people=40)
    pipeline = set_up(world)
    for body in bodies_of(world):
        pipeline.webhook(body)
    scan_all(pipeline, world)
    pipeline.flush()
    for session in pipeline.knowledge.webinars[WEBINAR].sessions:
        for kind in (ClockKind.GRACE, ClockKind.RETRY_WINDOW):
            clock = ClockPassed(WEBINAR, session.id, session.end, kind)
            for stage in pipeline.stages:
                pipeline.log.frames += stage._teller.clock(clock)
    return pipeline


def decided(pipeline: Pipeline, stops: random.Random | None) -> dict[str, list[Any]]:
    """What follows when all is folded, with a flush after every tenth part."""
    stages, since = Stages(pipeline.knowledge, pipeline.partitions), list[tuple[int, bytes]]()
    kept: list[list[bytes]] = []
    frames = pipeline.log.frames
    for place, one in enumerate(frames):
        stages.fold(*one)
        since.append(one)
        if place % (len(frames) // 10) == 0:
            stages.flush()
        if stops is not None and stages.stages[0].keepable() and stops.random() < 0.1:
            kept, since = stages.keep(), []
        if kept and stops is not None and stops.random() < 0.05:
            stages.restart(kept, [])
            for again in since:
                stages.fold(*again)
    stages.flush()
    found = stages.topic.decisions()
    return {who: [said[field] for field in FIELDS] for who, said in sorted(found.items())}


@pytest.mark.parametrize("seed", range(3))
def test_L1_stopped_anywhere_it_decides_the_same_in_as_many_versions(seed: int) -> None:
    pipeline = told(seed)
    expected = decided(pipeline, None)
    assert decided(pipeline, random.Random(seed)) == expected
    assert len(expected) == 40


def test_who_goes_on_from_a_checkpoint_looks_at_nobody_anew() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    before = one.published()
    one.stages.restart(one.stages.keep(), [])
    assert one.stages.waiting() == [0, 0, 0, 0]
    one.stages.flush()
    assert one.published() == before


def test_whoever_waited_to_be_decided_waits_after_the_restart() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    for stage in one.stages.stages:
        stage.certificate_changed(W, "ani")
    waited = one.stages.waiting()
    assert sum(waited) == 1
    one.stages.restart(one.stages.keep(), [])
    assert one.stages.waiting() == waited


def test_another_plan_than_before_is_decided_by() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    kept = one.stages.keep()
    one.pipeline.webinar(webinar(version=2, rule_version=2, rule={"minimum_share": 1000}))
    one.stages.restart(kept, [])  # the mark of the plan tells of it
    one.stages.flush()
    assert one.of("ani")["verdict"] == "eligible"


def test_D5_what_another_worker_decided_since_the_checkpoint_is_looked_at() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    kept, right = one.stages.keep(), one.of("ani")
    said = [out for out in one.stages.topic.said if out.topic is DECISIONS]
    (wrong,) = [out for out in said if out.key.endswith("|ani")]
    body = wrong.event.to_bytes().replace(b'"eligible"', b'"needs_review"')
    one.stages.topic.foreign(wrong, body)
    one.stages.restart(kept, [])
    one.stages.flush()
    assert one.of("ani") | {"version": 1, "history": [], "decided_at": "", "cause": ""} == (
        right | {"version": 1, "history": [], "decided_at": "", "cause": ""}
    )


def test_who_waited_to_be_told_is_told_after_the_restart() -> None:
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    pipeline.enrol(enrolment("ani"))
    joined(pipeline)
    kept_and_gone_on(pipeline)
    assert pipeline.decisions()["ani"]["present_seconds"] == HOUR


def test_W8_who_enrols_while_the_first_stage_is_down_gets_what_was_told_as_nobodys() -> None:
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    joined(pipeline)
    pipeline.flush()
    kept_and_gone_on(pipeline, lambda: pipeline.enrol(enrolment("ani")))
    assert pipeline.decisions()["ani"]["present_seconds"] == HOUR
    assert pipeline.open_cases() == []


def test_a_webinar_that_is_planned_while_the_first_stage_is_down_gets_its_connections() -> None:
    pipeline = Pipeline()
    pipeline.enrol(enrolment("ani"))
    joined(pipeline)
    pipeline.flush()
    kept_and_gone_on(pipeline, lambda: pipeline.webinar(webinar()))
    assert pipeline.decisions()["ani"]["present_seconds"] == HOUR


def test_D9_a_certificate_of_while_the_second_stage_is_down_is_looked_at() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    kept = one.stages.keep()
    one.stages.restart(kept, [(CERTIFICATES, person_key(W, "ani"), None)])
    assert sum(one.stages.waiting()) == 1


def test_a_case_of_before_is_closed_by_who_enrols_while_the_first_stage_is_down() -> None:
    """Its checkpoint is older than the case: what was told since may have been told as parked."""
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    joined(pipeline)
    (home,) = [p for p, stage in enumerate(pipeline.stages) if stage._book.own]
    pipeline.keep(home)
    made = pipeline._kept[home]
    pipeline.decisions()
    assert len(pipeline.open_cases()) == 1
    pipeline.enrol(enrolment("ani"))
    pipeline._kept[home] = made
    pipeline.go_on(home)
    assert pipeline.decisions()["ani"]["present_seconds"] == HOUR
    assert pipeline.open_cases() == []


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("connection", ["c1", ""])
def test_a_case_is_closed_by_who_enrols_before_everything_is_folded_anew(
    connection: str, settled: bool
) -> None:
    """What was told before the life that folds, nobody remembers, whether it was committed or not."""
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    events = [raw(event) for event in stay("7", connection, registrant_id="_ani")]
    for body in events:
        pipeline.webhook(body)
    pipeline.decisions()
    assert len(pipeline.open_cases()) == 1
    pipeline.enrol(enrolment("ani"))
    for partition in range(pipeline.partitions):
        pipeline.restart(partition, events, settled=settled)
    assert pipeline.decisions()["ani"]["present_seconds"] == HOUR
    assert pipeline.open_cases() == []


def test_Z2_reports_that_act_still_act_after_the_restart() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    before = one.stages.stages[0].state.reports
    place = {"confirmed": True, "revision": 1, "source": 0}
    before.take({**place, "meeting_uuid": "m1", "digest": "d", "sources": 1, "participants": []})
    before.take({**place, "meeting_uuid": "m2", "digest": EMPTY, "sources": 1,
                 "participants": ["p"]})  # fmt: skip
    before.take({**place, "meeting_uuid": "m3", "digest": "d", "sources": 2, "participants": []})
    one.stages.restart(one.stages.keep(), [])
    after = one.stages.stages[0].state.reports
    assert (after.complete, after.lone) == (before.complete, before.lone)
    assert after.acting == before.acting != frozenset()
    other = {**place, "meeting_uuid": "m3", "digest": "d", "sources": 2, "participants": []}
    assert after.take({**other, "source": 1})
    assert after.acting == {"m1", "m2", "m3"}


def joined(pipeline: Pipeline) -> None:
    """Ani is there for the whole webinar."""
    for event in (ROOM.started(-600), *stay("1", "c1", registrant_id="_ani"), ROOM.ended(HOUR)):
        pipeline.webhook(raw(event))


def kept_and_gone_on(pipeline: Pipeline, meanwhile: Callable[[], object] = bool) -> None:
    """All first stages stop after a checkpoint; they go on after something was said meanwhile."""
    for partition in range(pipeline.partitions):
        pipeline.keep(partition)
    meanwhile()
    for partition in range(pipeline.partitions):
        pipeline.go_on(partition)


def test_a_plan_has_the_same_mark_in_whatever_order_its_meetings_came() -> None:
    one = to_webinar(webinar(staff=["a", "b", "c"]))
    state = line(*stay("1", "c1")).stages.stages[0].state
    (times,) = next(iter(state.meetings.values())).values()
    meetings = [times, times._replace(uuid="other", started=times.started)]
    marks = {plan_mark(plan(one, some)) for some in (meetings, meetings[::-1])}
    assert len(marks) == 1
    assert plan_mark(plan(one, [times])) not in marks


def test_a_packed_map_forgets_nothing_that_was_put_back() -> None:
    packed = PackedMap(lambda n: b"%d" % n, lambda _, raw: int(raw))
    plain, rng = dict[str, int](), random.Random(1)
    for _ in range(4 * MOST_OPEN):
        key = str(rng.randrange(2 * MOST_OPEN))
        plain[key] = packed[key] = packed.get(key, 0) + 1
        if rng.random() < 0.1:
            gone = rng.choice(list(plain))
            del plain[gone], packed[gone]
    assert (dict(packed), len(packed), list(packed)) == (plain, len(plain), list(plain))
    again = PackedMap(lambda n: b"%d" % n, lambda _, raw: int(raw), packed.packed())
    assert dict(again) == plain


def test_a_packed_map_at_rest_lets_go_of_what_nobody_asked_for_in_a_while() -> None:
    opened = list[str]()
    packed = PackedMap(bytes, lambda key, raw: opened.append(key) or raw, {"a": b"1"})
    for rests, times in ((0, 1), (RESTS - 1, 1), (RESTS, 2)):
        for _ in range(rests):
            packed.rest()
        assert packed["a"] == b"1"
        assert len(opened) == times
