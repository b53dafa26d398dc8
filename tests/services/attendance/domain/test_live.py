"""V1: who is in at a second, whatever has come by then."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.attendance.domain.intervals import union
from services.attendance.domain.live import OVERTIME, over, there
from services.attendance.domain.presence import Evidence
from services.attendance.domain.timeline import timeline
from tests.services.attendance.domain.builders import (
    HOUR,
    T,
    connection,
    joined,
    left,
    meeting,
    scan,
    session,
    the_plan,
    webinar,
)
from tests.services.attendance.domain.test_properties import EVIDENCE, MEETINGS, WEBINAR

HALL = webinar(session(hall=True))


def now(at, *meetings, the_webinar=None, **evidence):
    found = there(the_plan(the_webinar, *meetings), Evidence(**evidence), T + at)
    return found.room, found.online


def online(at, *connections, meetings=()):
    return now(at, *meetings, connections=connections)[1]


def test_V1_a_visit_that_nothing_ended_is_in_also_before_the_start_and_in_overtime():
    early = connection(joined(-600))
    assert not online(-601, early)
    assert all(online(at, early) for at in (-600, 0, HOUR - 1, HOUR + 600))


def test_V1_a_leave_without_any_known_start_puts_nobody_in():
    assert not online(100, connection(left(1000)))
    assert online(100, connection(left(1000)), meetings=[meeting(started=0)])


def test_V1_a_webinar_of_the_past_is_empty():
    forgotten = connection(joined(0))
    assert not online(HOUR + OVERTIME, forgotten)
    assert over(the_plan(), T + HOUR + OVERTIME + 1)
    assert not over(the_plan(), T + HOUR)


def test_V1_the_end_of_the_meeting_and_the_start_of_the_next_end_every_visit():
    forgotten = connection(joined(0))
    assert not online(2000, forgotten, meetings=(meeting("m1", started=0, ended=1999),))
    again = (meeting("m1", started=0), meeting("m2", started=1500))
    assert not online(1600, forgotten, meetings=again)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_V1_a_breakout_move_never_dips_in_any_order_of_arrival(order):
    """After V1's lag all four are known: the figure at the second of the move, and around it, stays."""
    move = (joined(0, "1"), left(900, "1"), joined(900, "2"), left(1800, "2"))
    person = connection(*(move[i] for i in order))
    assert [online(at, person) for at in (899, 900, 901, 1799, 1800)] == [True] * 4 + [False]


def test_V1_two_devices_or_room_and_online_are_one_person():
    both = {
        "connections": (connection(joined(0)), connection(joined(60), id="c2")),
        "scans": (scan("in", 30),),
    }
    assert now(100, the_webinar=HALL, **both) == (True, True)
    assert now(10, the_webinar=HALL, **both) == (False, True)


def test_I10_in_the_room_until_checked_out_or_the_official_end():
    assert now(600, the_webinar=HALL, scans=(scan("in", 60),)) == (True, False)
    assert now(HOUR, the_webinar=HALL, scans=(scan("in", 60),)) == (False, False)
    out = (scan("in", 60), scan("out", 600))
    assert now(600, the_webinar=HALL, scans=out) == (False, False)


def test_a_connection_that_may_be_theirs_does_not_count():
    assert now(60, candidates=(connection(joined(0)),)) == (False, False)


@settings(max_examples=150, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE, st.integers(-600, 7200))
def test_V1_inside_a_window_whoever_is_counted_then_was_in_then(
    the_webinar, meetings, evidence, at
):
    plan = the_plan(the_webinar, *meetings)
    evidence = evidence._replace(corrections=())
    found = there(plan, evidence, T + at)
    bars = [
        (bar.start, bar.end)
        for line in timeline(plan, evidence)
        for bar in line.bars
        if bar.theirs and bar.mark != 3
    ]
    if any(a <= T + at < b for a, b in union(bars)):
        assert found.room or found.online


@settings(max_examples=150, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE, st.integers(-600, 7200))
def test_V1_nothing_changes_by_itself_before_the_second_that_was_named(
    the_webinar, meetings, evidence, at
):
    plan = the_plan(the_webinar, *meetings)
    found = there(plan, evidence, T + at)
    assert found.until is None or found.until > T + at
    last = T + at + 400 if found.until is None else found.until - 1
    for other in {T + at + 1, (T + at + last) // 2, last}:
        if T + at <= other <= last:
            assert there(plan, evidence, other)[:2] == found[:2]
