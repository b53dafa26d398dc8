"""The picture behind a decision shows what `measure` counts, and nothing else as counted."""

from hypothesis import given, settings

from services.attendance.domain.evidence import CLOSED, INFERRED_END, POSSIBLE
from services.attendance.domain.intervals import covered, length
from services.attendance.domain.presence import Evidence, measure
from services.attendance.domain.timeline import MARGIN, timeline
from services.attendance.why.naming import names
from tests.services.attendance.domain.builders import (
    HOUR,
    T,
    connection,
    correction,
    joined,
    left,
    meeting,
    scan,
    session,
    the_plan,
    webinar,
)
from tests.services.attendance.domain.test_properties import EVIDENCE, MEETINGS, WEBINAR, shuffled


@settings(max_examples=150, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE)
def test_I14_the_seconds_shown_as_counted_are_the_present_seconds(the_webinar, meetings, evidence):
    plan = the_plan(the_webinar, *meetings)
    lines = timeline(plan, evidence)
    assert [length(line.counted) for line in lines] == [
        session.present for session in measure(plan, evidence).sessions
    ]
    for line in lines:
        assert covered(line.counted, line.plan.base) == length(line.counted)


@settings(max_examples=100, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE)
def test_I12_window_is_base_and_breaks_and_host_down_time(the_webinar, meetings, evidence):
    for line in timeline(the_plan(the_webinar, *meetings), evidence):
        parts = length(line.plan.base) + length(line.breaks) + length(line.host_down)
        assert parts == line.plan.end - line.plan.start


@settings(max_examples=100, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE)
def test_L1_any_order_of_facts_draws_the_same(the_webinar, meetings, evidence):
    plan = the_plan(the_webinar, *meetings)
    assert timeline(plan, evidence) == timeline(plan, shuffled(evidence, 3))


def only(the_webinar=None, *meetings, **evidence):
    (line,) = timeline(the_plan(the_webinar, *meetings), Evidence(**evidence))
    return line


def test_a_stretch_before_the_window_is_shown_and_does_not_count():
    line = only(connections=(connection(joined(-600), left(1200)),))
    assert [(b.start - T, b.end - T, b.mark) for b in line.bars] == [(-600, 1200, CLOSED)]
    assert line.counted == ((T, T + 1200),)


def test_what_lies_far_from_the_window_is_cut_for_the_picture():
    line = only(connections=(connection(joined(-9 * HOUR), left(9 * HOUR)),))
    assert [(b.start - T, b.end - T) for b in line.bars] == [(-MARGIN, HOUR + MARGIN)]


def test_an_end_that_was_inferred_is_marked():
    line = only(connections=(connection(joined(60)),))
    assert [bar.mark for bar in line.bars] == [INFERRED_END]


def test_a_phone_leg_is_called_so_and_numbered_by_itself():
    phone = connection(joined(0), left(60), id="c2")._replace(phone=True)
    line = only(connections=(connection(joined(0), left(HOUR)), phone))
    called = names([{"bars": [bar._asdict() for bar in line.bars]}])
    assert {pair[1] for pair in called.values()} == {"Zoom connection 1", "Phone 1"}


def test_a_parked_connection_is_shown_as_perhaps_theirs_and_counts_nothing():
    line = only(candidates=(connection(joined(0), left(HOUR)),))
    assert [bar.theirs for bar in line.bars] == [False]
    assert line.counted == ()


def test_the_room_shows_its_gates_and_a_stray_scan_counts_nothing():
    hall = webinar(session(hall=True, number=None))
    line = only(hall, scans=(scan("in", 60), scan("out", 600, gate="B"), scan("out", 900)))
    assert [(b.source, b.start - T, b.end - T, b.mark) for b in line.bars] == [
        ("A, B", 60, 600, CLOSED), ("A", 600, 900, POSSIBLE),
    ]  # fmt: skip
    assert line.counted == ((T + 60, T + 600),)


def test_host_down_time_is_shown_and_a_removed_stretch_too():
    line = only(
        None, meeting("m1", started=0, ended=600), meeting("m2", started=900, ended=HOUR),
        connections=(connection(joined(0), left(600)),
                     connection(joined(900), left(HOUR), id="c2", uuid="m2")),
        corrections=(correction("remove", 0, 300),),
    )  # fmt: skip
    assert line.host_down == ((T + 600, T + 900),)
    assert sorted(b.kind for b in line.bars) == ["connection", "connection", "removed"]
    assert line.counted == ((T + 300, T + 600), (T + 900, T + HOUR))


def test_D1_who_came_too_late_sees_it():
    late = webinar(rule={"latest_join": 600})
    line = only(late, connections=(connection(joined(1200), left(HOUR)),))
    assert line.counted == ()
    assert line.measured.late_seconds == 1200
