"""The base of a session: rules I8, I12, I13."""

import pytest

from services.attendance.domain.facts import BaseSettled
from tests.services.attendance.domain.builders import (
    HOUR,
    T,
    codes,
    connection,
    decided,
    joined,
    left,
    meeting,
    session,
    the_plan,
    webinar,
)

TWO_HOURS = session(end=2 * HOUR)


def base(plan):
    return [(a - T, b - T) for a, b in plan.sessions[0].base]


def down(*meetings, **more):
    return the_plan(webinar(TWO_HOURS, **more), *meetings)


def gap(start, end):
    return (T + start, T + end)


def settled(**more):
    return BaseSettled(**{"id": "k", "made_at": 1, "session_id": "s1", **more})


FIRST = meeting("m1", started=-300, ended=1000)


def test_I12_the_base_is_the_window_less_its_breaks():
    plan = the_plan(webinar(session(breaks=((1000, 1600), (1500, 1800)))))
    assert base(plan) == [(0, 1000), (1800, HOUR)]
    assert plan.base_seconds == HOUR - 800


def test_I13_host_down_time_leaves_the_base():
    plan = down(FIRST, meeting("m2", started=1300, ended=8000))
    assert base(plan) == [(0, 1000), (1300, 2 * HOUR)]
    assert plan.sessions[0].host_down_seconds == 300


def test_I13_host_down_time_stays_where_the_policy_includes_it():
    plan = down(FIRST, meeting("m2", started=5000, ended=8000), host_down="include")
    assert plan.base_seconds == 2 * HOUR
    assert plan.questions == ()


def test_I13_the_order_of_meetings_says_nothing():
    second = meeting("m2", started=1300, ended=8000)
    assert down(second, FIRST) == down(FIRST, second)


@pytest.mark.parametrize("known", [{"ended": 1300}, {"first_seen": 1300}])
def test_I13_whoever_was_there_in_the_second_in_which_another_began_was_there_before(known):
    there, began = meeting("m2", **known), meeting("m3", started=1300)
    assert base(down(FIRST, there, began)) == base(down(FIRST, began, there)) == [(0, 2 * HOUR)]


def test_I13_after_one_without_a_known_end_nothing_is_known_whatever_ended_in_the_same_second():
    ended, seen = meeting("m2", ended=1300), meeting("m3", first_seen=1300)
    later = meeting("m4", started=1600)
    for between in ([ended, seen], [seen, ended]):
        assert base(down(FIRST, *between, later)) == [(0, 2 * HOUR)]


def test_I13_a_gap_without_a_known_end_or_start_is_no_host_down_time():
    unknown_end = meeting("m1", started=-300)
    assert base(down(unknown_end, meeting("m2", started=1300))) == [(0, 2 * HOUR)]
    assert base(down(FIRST, meeting("m2", ended=7000))) == [(0, 2 * HOUR)]


def test_I13_a_uuid_known_only_from_its_people_lies_between():
    between = meeting("m2", first_seen=1100)
    assert base(down(FIRST, between, meeting("m3", started=1400))) == [(0, 2 * HOUR)]


def test_I13_a_short_uuid_between_is_passed_over():
    short, long = meeting("m2", started=1100, ended=1219), meeting("m2", started=1100, ended=1220)
    third = meeting("m3", started=1400, ended=8000)
    assert base(down(FIRST, short, third)) == [(0, 1000), (1400, 2 * HOUR)]
    assert base(down(FIRST, long, third)) == [(0, 1000), (1100, 1220), (1400, 2 * HOUR)]


def test_I13_a_rehearsal_makes_no_gap():
    rehearsal = meeting("m0", started=-600, practice_ended=200)
    assert base(down(rehearsal, meeting("m1", started=500))) == [(0, 2 * HOUR)]


def test_I13_a_rehearsal_after_a_drop_is_passed_over():
    rehearsal = meeting("m2", started=1100, practice_ended=1240)
    plan = down(FIRST, rehearsal, meeting("m3", started=1400))
    assert base(plan) == [(0, 1000), (1400, 2 * HOUR)]


def test_I13_a_late_start_and_an_early_end_are_no_host_down_time():
    before, after = meeting("m0", started=-900, ended=0), meeting("m2", started=7200, ended=7900)
    plan = down(before, meeting("m1", started=600, ended=6000), after)
    assert base(plan) == [(0, 2 * HOUR)]


def test_I13_uuids_that_overlap_each_other_leave_no_gap():
    inner = meeting("m2", started=500, ended=900)
    plan = down(meeting("m1", started=0, ended=3000), inner, meeting("m3", started=3100))
    assert base(plan) == [(0, 3000), (3100, 2 * HOUR)]


def test_I8_a_uuid_of_another_number_or_outside_the_window_changes_nothing():
    plan = down(FIRST, meeting("x", number="5", started=1300, ended=8000))
    assert base(plan) == [(0, 2 * HOUR)]
    assert plan.sessions[0].meetings == ("m1",)


def test_I13_a_gap_of_half_an_hour_leaves_and_a_longer_one_asks():
    exact = down(FIRST, meeting("m2", started=2800))
    longer = down(FIRST, meeting("m2", started=2801))
    assert base(exact) == [(0, 1000), (2800, 2 * HOUR)]
    assert exact.questions == ()
    assert base(longer) == [(0, 2 * HOUR)]
    assert [question.code for question in longer.questions] == ["host_gap_unsettled"]


def test_I13_a_break_inside_a_gap_does_not_make_it_longer():
    plan = the_plan(
        webinar(session(end=2 * HOUR, breaks=((1200, 2400),))), FIRST, meeting("m2", started=3000)
    )
    assert plan.questions == ()
    assert base(plan) == [(0, 1000), (3000, 2 * HOUR)]


def test_I13_while_a_long_gap_is_not_settled_everybody_needs_review():
    plan = down(FIRST, meeting("m2", started=3000, ended=8000))
    everywhere = connection(joined(0), left(7200), uuid="m2")
    for evidence in ((), (everywhere,)):
        decision = decided(plan, *evidence)
        assert decision.verdict == "needs_review"
        assert "host_gap_unsettled" in codes(decision)


def test_I13_a_settled_gap_leaves_or_stays_and_asks_no_more():
    meetings = FIRST, meeting("m2", started=3000, ended=8000)
    leaving = the_plan(
        webinar(TWO_HOURS), *meetings, settlements=[settled(leaving=(gap(1000, 3000),))]
    )
    staying = the_plan(
        webinar(TWO_HOURS), *meetings, settlements=[settled(staying=(gap(1000, 3000),))]
    )
    assert (leaving.base_seconds, leaving.questions) == (2 * HOUR - 2000, ())
    assert (staying.base_seconds, staying.questions) == (2 * HOUR, ())


def test_I13_a_gap_that_a_settlement_does_not_name_asks_again():
    second = meeting("m2", started=3000, ended=4000)
    word = settled(leaving=(gap(1000, 3000),))
    plan = the_plan(
        webinar(TWO_HOURS), FIRST, second, meeting("m3", started=4100), settlements=[word]
    )
    assert [question.figures["after_seconds"] for question in plan.questions] == [4000]


def test_I13_a_gap_that_became_another_asks_again():
    word = settled(staying=(gap(1000, 3000),))
    plan = the_plan(webinar(TWO_HOURS), FIRST, meeting("m2", started=2990), settlements=[word])
    assert len(plan.questions) == 1


def test_F2_the_last_settlement_stands_and_a_withdrawn_one_does_not():
    meetings = FIRST, meeting("m2", started=3000, ended=8000)
    away, back = (
        settled(leaving=(gap(1000, 3000),)),
        settled(id="l", made_at=2, staying=(gap(1000, 3000),)),
    )
    for order in ([away, back], [back, away]):
        plan = the_plan(webinar(TWO_HOURS), *meetings, settlements=order)
        assert plan.base_seconds == 2 * HOUR
    gone = [away, back, back._replace(withdrawn=True)]
    assert the_plan(webinar(TWO_HOURS), *meetings, settlements=gone).base_seconds == 2 * HOUR - 2000


def test_I13_exactly_half_does_not_ask_and_less_does():
    hour = webinar(session())

    def ask(last_start):
        return the_plan(
            hour,
            meeting("m1", started=-60, ended=100),
            meeting("m2", started=1800, ended=2000),
            meeting("m3", started=last_start, ended=4000),
        )

    assert (ask(2100).base_seconds, ask(2100).questions) == (1800, ())
    question = ask(2101).questions[0]
    assert (question.code, question.figures["base_seconds"]) == ("base_under_half", 1799)


def test_I13_a_base_under_half_that_was_settled_asks_no_more():
    meetings = (
        meeting("m1", started=-60, ended=100),
        meeting("m2", started=1800, ended=2000),
        meeting("m3", started=2101, ended=4000),
    )
    word = settled(leaving=(gap(100, 1800), gap(2000, 2101)))
    assert the_plan(webinar(session()), *meetings, settlements=[word]).questions == ()
