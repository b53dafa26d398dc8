"""From Zoom's facts to seconds: rules I4–I9, I14, D1 (latest join), W6 (what is parked)."""

from services.attendance.domain.presence import Evidence, counts, measure
from tests.services.attendance.domain.builders import (
    HOUR,
    NUMBER,
    T,
    connection,
    joined,
    left,
    measured,
    meeting,
    scan,
    seconds,
    session,
    the_plan,
    webinar,
)

RUNNING = meeting(started=-600)
ENDED = meeting(started=-600, ended=3000)


def test_I6_observed_events_alone_are_closed_time():
    assert seconds(the_plan(None, ENDED), connection(joined(100), left(700))) == (600, 600, 600)


def test_I4_a_join_without_a_leave_ends_with_its_meeting_and_is_inferred():
    assert seconds(the_plan(None, ENDED), connection(joined(100))) == (0, 2900, 2900)


def test_I4_a_known_end_bounds_it_also_past_the_end_of_a_session():
    two = webinar(session(), session("s2", HOUR + 600, 2 * HOUR))
    plan = the_plan(two, meeting(started=0, ended=2 * HOUR - 100))
    assert seconds(plan, connection(joined(0))) == (0, 2 * HOUR - 700, 2 * HOUR - 700)


def test_I6_only_the_part_after_the_last_observed_event_is_inferred():
    moved = connection(joined(100, "1"), joined(900, "2"))
    assert seconds(the_plan(None, ENDED), moved) == (800, 2900, 2900)


def test_I4_without_a_known_end_the_official_end_of_the_session_bounds_it():
    assert seconds(the_plan(None, RUNNING), connection(joined(100))) == (0, 3500, 3500)


def test_I4_it_is_the_first_session_that_ends_after_the_connection_was_last_seen():
    plan = the_plan(webinar(session(), session("s2", 2 * HOUR, 3 * HOUR)), RUNNING)
    assert seconds(plan, connection(joined(100))) == (0, 3500, 3500)
    assert seconds(plan, connection(joined(HOUR))) == (0, HOUR, HOUR)


def test_I4_a_session_of_another_webinar_in_the_same_number_bounds_it_too():
    other = session("x", -600, 1000)
    plan = the_plan(None, RUNNING, others=[other])
    assert seconds(plan, connection(joined(100))) == (0, 900, 900)
    assert seconds(the_plan(None, RUNNING, others=[other._replace(number="5")]),
                   connection(joined(100))) == (0, 3500, 3500)  # fmt: skip


def test_I4_nothing_is_inferred_past_the_next_start_of_the_same_number():
    plan = the_plan(None, RUNNING, meeting("m2", started=2000))
    assert seconds(plan, connection(joined(100))) == (0, 1900, 1900)


def test_I4_an_earlier_start_or_another_numbers_start_is_not_the_next_one():
    plan = the_plan(None, meeting("m0", started=50), meeting("x", number="5", started=2000))
    assert seconds(plan, connection(joined(100))) == (0, 3500, 3500)


def test_I4_who_was_last_seen_after_every_session_gets_nothing():
    assert seconds(the_plan(None, RUNNING), connection(joined(HOUR + 1))) == (0, 0, 0)


def test_I5_a_lost_first_join_opens_at_the_start_of_the_meeting_and_is_inferred():
    plan = the_plan(None, meeting(started=500))
    assert seconds(plan, connection(left(900))) == (0, 0, 400)


def test_I5_a_lost_join_after_a_room_move_opens_at_the_last_leave():
    plan = the_plan(None, RUNNING)
    assert seconds(plan, connection(joined(0), left(300), left(900, "2"))) == (300, 300, 900)


def test_I5_without_a_known_start_it_is_0_s_and_review():
    found = measured(the_plan(None, meeting(ended=3000)), connection(left(900)))
    assert (found.sessions[0].present, found.sessions[0].possible) == (0, 900)
    assert [astray.problem for astray in found.astray] == ["leave_without_start"]


def test_I5_no_review_for_what_could_count_nothing():
    assert measured(the_plan(), connection(left(-5))).astray == ()


def test_I7_a_leave_after_the_known_end_is_cut_to_it():
    assert seconds(the_plan(None, ENDED), connection(joined(100), left(3300))) == (2900,) * 3


def test_I7_a_lost_join_of_a_late_leave_is_cut_too():
    plan = the_plan(None, meeting(started=500, ended=700))
    assert seconds(plan, connection(left(900))) == (0, 0, 200)


def test_I8_several_meetings_of_a_number_make_up_a_session():
    plan = the_plan(None, meeting(started=0, ended=1000), meeting("m2", started=1000))
    first, second = connection(joined(0)), connection(joined(1000), left(HOUR), uuid="m2")
    assert seconds(plan, first, second) == (2600, HOUR, HOUR)


def test_I8_a_connection_counts_only_in_sessions_of_its_own_number():
    plan = the_plan(webinar(session(), session("s2", number="5")), RUNNING)
    found = measured(plan, connection(joined(0), left(600)))
    assert [s.present for s in found.sessions] == [600, 0]


def test_I9_a_rehearsal_is_void():
    rehearsal = meeting(started=0, practice_ended=600)
    assert seconds(the_plan(None, rehearsal), connection(joined(100), left(650))) == (0, 0, 0)


def test_I9_who_stays_when_the_rehearsal_goes_over_into_the_webinar_counts_from_there():
    plan = the_plan(None, meeting(started=0, practice_ended=600, last_join=700))
    assert seconds(plan, connection(joined(100), left(1000))) == (400, 400, 400)
    assert seconds(plan, connection(left(1000))) == (0, 0, 400)


def test_I9_a_practice_end_that_was_none_does_not_end_a_visit():
    plan = the_plan(None, meeting(started=0, practice_ended=600, last_join=700))
    assert seconds(plan, connection(joined(100))) == (0, 3000, 3000)


def test_I14_two_devices_at_once_count_once():
    phone, laptop = connection(joined(0), left(900)), connection(joined(300), left(1200), id="c2")
    assert seconds(the_plan(None, ENDED), phone, laptop) == (1200,) * 3


def test_I14_room_and_zoom_at_once_count_once():
    online = connection(joined(0), left(900))
    scans = (scan("in", 600), scan("out", 1200))
    assert seconds(the_plan(None, ENDED), online, scans=scans) == (1200,) * 3


def test_I14_nothing_counts_in_a_break_or_outside_the_window():
    plan = the_plan(webinar(session(breaks=((600, 1200),))), meeting(started=-600, ended=9000))
    assert seconds(plan, connection(joined(-300), left(8000))) == (3000,) * 3


def test_I14_who_was_there_all_the_time_has_the_whole_base_after_a_host_restart():
    plan = the_plan(None, meeting(started=0, ended=1000), meeting("m2", started=1200, ended=4000))
    whole = (
        connection(joined(0), left(1000)),
        connection(joined(1200), left(4000), uuid="m2"),
    )
    assert seconds(plan, *whole) == (plan.base_seconds,) * 3 == (HOUR - 200,) * 3


def test_D1_who_joins_later_than_allowed_gets_no_seconds():
    plan = the_plan(webinar(rule={"latest_join": 600}), ENDED)
    assert seconds(plan, connection(joined(600), left(3000))) == (2400,) * 3
    found = measured(plan, connection(joined(601), left(3000))).sessions[0]
    assert (found.present, found.late_seconds) == (0, 601)


def test_D1_who_was_there_early_may_come_back_late():
    plan = the_plan(webinar(rule={"latest_join": 600}), ENDED)
    found = connection(joined(0), left(10)), connection(joined(900), left(3000), id="c2")
    assert seconds(plan, *found) == (2110,) * 3


def test_D1_being_there_in_a_break_is_not_being_late():
    plan = the_plan(webinar(session(breaks=((0, 900),)), rule={"latest_join": 600}), ENDED)
    assert seconds(plan, connection(joined(300), left(3000))) == (2100,) * 3


def test_D1_an_inferred_early_start_does_not_make_late_closed_time_count():
    plan = the_plan(webinar(rule={"latest_join": 600}), meeting(started=0, ended=3000))
    early, late = connection(left(100)), connection(joined(900), left(3000), id="c2")
    assert seconds(plan, early, late) == (0, 0, 2200)


def test_W6_a_connection_is_parked_only_with_a_second_in_a_base():
    plan = the_plan(webinar(session(breaks=((0, 600),))), RUNNING)
    assert not counts(plan, connection(joined(0), left(600)))
    assert counts(plan, connection(joined(0), left(601)))
    assert not counts(plan, connection(joined(900), left(2000), number="5"))
    assert not counts(the_plan(), connection(left(900)))


def test_L4_the_counted_intervals_are_clipped_and_name_their_sources():
    plan = the_plan(webinar(session(breaks=((600, 1200),))), ENDED)
    found = measured(plan, connection(joined(-50), left(1500)))
    assert [(a - T, b - T, source) for _, a, b, _, source in found.counted] == [
        (0, 600, "m1|c1"),
        (1200, 1500, "m1|c1"),
    ]


def test_an_empty_snapshot_takes_a_connection_back():
    assert seconds(the_plan(None, ENDED), connection()) == (0, 0, 0)


def test_meetings_of_which_nothing_is_known_are_named():
    lost = connection(joined(0), left(10), uuid="lost")
    assert measured(the_plan(None, ENDED), lost).strange == ("lost",)
    assert measured(the_plan(None, ENDED), lost._replace(number="5")).strange == ()


def test_D6_candidates_add_only_what_is_possible():
    evidence = Evidence((connection(joined(0), left(600)),), candidates=(
        connection(joined(300), left(900), id="c2"),))  # fmt: skip
    found = measure(the_plan(None, ENDED), evidence).sessions[0]
    assert (found.present, found.possible) == (600, 900)
    assert the_plan().sessions[0].number == NUMBER
