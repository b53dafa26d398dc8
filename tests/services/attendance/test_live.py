"""V1: the live counts of a partition, kept up fact by fact, equal a count over everybody."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.live import LAG, there
from services.attendance.enrolments import Enrolled
from services.attendance.live_pages import told
from services.attendance.live_store import Live, _by_minute
from shared.keys import partition_of, person_key
from shared.topics import ENROLMENTS, WEBINARS
from tests.services.attendance.test_pipeline import WEBINAR, bodies_of, scan_all, set_up
from tests.support.flow import world_of
from tests.support.pipeline import Pipeline
from tests.support.workers import Stages

SEEN = "hadir.attendance.connection-seen.v1"


def filled(seed: int, preset: str = "ugly") -> tuple[Pipeline, Stages]:
    world = world_of(2009, seed, preset, people=40)
    pipeline = set_up(world)
    for body in bodies_of(world):
        pipeline.webhook(body)
    scan_all(pipeline, world)
    pipeline.decisions()
    return pipeline, Stages(pipeline.knowledge, pipeline.partitions)


def caught_up(stages: Stages, now: float) -> None:
    for stage in stages.stages:
        while not stage.live.advance(now):
            pass


def counted(stages: Stages) -> list[int]:
    cells = [c for s in stages.stages for r, c in s.live.counts[WEBINAR].items() if r != "~"]
    return [sum(cell[i] for cell in cells) for i in range(3)]


def everybody(stages: Stages, at: int) -> list[int]:
    """The same by asking everybody."""
    found = [0, 0, 0]
    for stage in stages.stages:
        for webinar_id, person in stage._everybody(WEBINAR):
            if not person.startswith("~"):
                plan = stage.plans[webinar_id]
                one = there(plan, stage._evidence(webinar_id, person), at)
                found = [found[0] + (one.room or one.online), found[1] + one.room,
                         found[2] + one.online]  # fmt: skip
    return found


def before(at: int) -> str:
    """A week before that second."""
    return (datetime.fromtimestamp(at, UTC) - timedelta(days=7)).isoformat()


@pytest.mark.parametrize("seed", range(70, 73))
def test_V1_kept_up_fact_by_fact_it_is_the_count_over_everybody(seed: int) -> None:
    pipeline, stages = filled(seed)
    rng = random.Random(seed)
    sessions = pipeline.knowledge.webinars[WEBINAR].sessions
    frames = [*pipeline.log.frames]
    rng.shuffle(frames)
    stages.flush()
    now, most = sessions[0].start - 600, 0
    step = (sessions[-1].end + 900 - now) / 60
    for turn in range(60):
        for partition, one in frames[turn * len(frames) // 60 : (turn + 1) * len(frames) // 60]:
            stages.fold(partition, one)
        if turn == 30:
            for partition, scan in pipeline._scans:
                stages.stages[partition]._take("hadir.attendance.checked-in.v1", scan)
        stages.flush()
        now += step
        caught_up(stages, now)
        assert counted(stages) == everybody(stages, int(now) - LAG)
        most = max(most, counted(stages)[0])
    assert most > 10
    caught_up(stages, sessions[-1].end + 9_000)
    assert counted(stages) == [0, 0, 0]
    assert all(not s.live.counts[WEBINAR] for s in stages.stages)


def test_V1_a_leave_that_comes_before_its_join_is_no_dip() -> None:
    pipeline, stages = filled(74, "calm")
    session = pipeline.knowledge.webinars[WEBINAR].sessions[0]
    roster = pipeline.knowledge.roster
    who = min(roster.everybody(WEBINAR, 0) or roster.everybody(WEBINAR, 1))
    home = stages.stages[partition_of(person_key(WEBINAR, who).encode(), 4)]
    stages.flush()
    move = session.start + 100
    base: dict[str, Any] = {
        "webinar_id": WEBINAR, "participant_id": who, "connection_id": "m|c", "meeting_uuid": "m",
        "zoom_number": session.number, "role": "owner", "ip_tags": (), "candidates": (),
        "problem": None,
    }  # fmt: skip
    first, gone = ["j", "1", session.start], ["l", "1", move]
    arrivals = {
        0.5: [first], 100.9: [first, gone], 102.4: [first, gone, ["j", "2", move]],
    }  # fmt: skip
    figures = []
    for tick in range(1200):
        moment = tick / 10
        for at, facts in arrivals.items():
            if abs(moment - at) < 0.01:
                home._take(SEEN, {**base, "facts": facts, "revision": [len(facts), 1]})
        caught_up(stages, session.start + moment)
        figures.append(counted(stages)[0])
    assert figures[:30] == [0] * 30
    assert set(figures[31:]) == {1}, "it dips"


def test_V1_nobody_is_in_a_webinar_any_more_that_another_plan_says_is_over() -> None:
    pipeline, stages = filled(74, "calm")
    for partition, frames in pipeline.log.frames:
        stages.fold(partition, frames)
    stages.flush()
    webinar = next(said for topic, _, said in pipeline.side if topic is WEBINARS)
    middle = pipeline.knowledge.webinars[WEBINAR].sessions[0].start + 1_800
    caught_up(stages, middle)
    assert counted(stages)[0] > 10
    held = pipeline.knowledge.webinars[WEBINAR].sessions
    moved = [said.model_copy(update={"start": before(at.start), "end": before(at.end), "breaks": ()})
             for said, at in zip(webinar.sessions, held, strict=True)]  # fmt: skip
    pipeline.webinar(webinar.model_copy(update={"version": 2, "sessions": tuple(moved)}))
    stages.flush()
    caught_up(stages, middle)
    assert counted(stages) == [0, 0, 0]


def test_V1_a_scan_of_somebody_who_is_not_enrolled_puts_nobody_in() -> None:
    pipeline, stages = filled(74, "calm")
    stages.flush()
    session = pipeline.knowledge.webinars[WEBINAR].sessions[0]
    at = session.start + 100
    caught_up(stages, at + LAG)
    before = counted(stages)
    stranger = "11111111-2222-5333-8444-555555555555"
    home = stages.stages[partition_of(person_key(WEBINAR, stranger).encode(), 4)]
    scan = {"webinar_id": WEBINAR, "participant_id": stranger, "scan_id": "odd", "kind": "in",
            "session_id": session.id, "gate": "", "at": session.start}  # fmt: skip
    home._take("hadir.attendance.checked-in.v1", scan)
    caught_up(stages, at + LAG)
    assert (counted(stages), "" in home.live.counts[WEBINAR]) == (before, False)
    said = Enrolled(WEBINAR, stranger, 1, Enrolment.ENROLLED, "", (), ())
    home.knowledge.apply(ENROLMENTS, person_key(WEBINAR, stranger), said)
    caught_up(stages, at + LAG)
    people, room, online = before
    assert counted(stages) == [people + 1, room + 1, online], "enrolled, they are in"


def test_a_partition_that_said_nothing_in_a_minute_stays_as_it_was() -> None:
    said = {b"0:40": b"5", b"0:60": b"7", b"1:100": b"3"}
    found = _by_minute(said, 100)
    assert (found[0], found[20], found[59], found[60]) == (5, 7, 7, 10)


def test_the_figures_have_provinces_in_order_and_whoever_has_none_last() -> None:
    counts = {"15": [3, 1, 2], "11": [2, 0, 2], "": [1, 0, 1], "~": [4, 0, 4]}
    shown = told(WEBINAR, Live(1_800_000_000, counts, [0] * 60 + [6], stale=False))
    assert (shown["in"], shown["room"], shown["online"], shown["unrecognised"]) == (6, 1, 5, 4)
    assert [r["region_code"] for r in shown["regions"]] == ["11", "15", None]
    assert shown["last_hour"][-1] == {"at": "2027-01-15T08:00:00Z", "in": 6}
