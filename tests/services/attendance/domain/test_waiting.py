"""What a decision waits for, and what then becomes of it: rules D6, D7, D9, F (settled)."""

import pytest

from services.attendance.domain.codes import ClockKind, Enrolment
from services.attendance.domain.eligibility import decide
from services.attendance.domain.facts import ClockPassed, SettledVerdict, Verdict
from tests.services.attendance.domain.builders import (
    GRACE,
    HOUR,
    OVER,
    codes,
    connection,
    decided,
    joined,
    left,
    measured,
    meeting,
    scan,
    session,
    standing,
    the_plan,
    webinar,
)

ENDED = meeting(started=0, ended=HOUR)
PLAN = the_plan(None, ENDED)
ENOUGH = connection(joined(0), left(2880))
SHORT = connection(joined(0), left(2879))
STILL_IN = connection(joined(0))
LOST_JOIN = connection(left(HOUR))
TWO = (session(), session("s2", 2 * HOUR, 3 * HOUR))
SECOND = connection(joined(2 * HOUR), left(3 * HOUR), id="c2")


def test_D6_eligible_by_closed_intervals_is_final_at_once():
    decision = decided(PLAN, ENOUGH, kinds=GRACE)
    assert (decision.verdict, decision.provisional) == ("eligible", False)


@pytest.mark.parametrize("evidence", [(), (SHORT,), (STILL_IN,), (LOST_JOIN,)])
def test_D6_every_other_decision_waits_for_the_retry_window(evidence):
    before = decided(PLAN, *evidence, kinds=GRACE)
    assert before.provisional
    assert codes(before)[-1] == "waiting_retry_window"
    assert not decided(PLAN, *evidence).provisional


def test_D6_the_retry_windows_of_all_sessions_are_waited_for():
    plan = the_plan(webinar(*TWO), meeting(started=0))
    one = ClockPassed("w", "s1", plan.sessions[0].end, ClockKind.RETRY_WINDOW)
    person = standing(plan, *GRACE)
    person = person._replace(passed=person.passed | {one})
    assert decide(plan, measured(plan), person).provisional


def test_D6_a_cancelled_persons_decision_waits_too():
    person = {"enrolment": Enrolment.CANCELLED}
    assert decided(PLAN, kinds=GRACE, standing_more=person).provisional


def test_D7_while_something_is_waited_for_inferred_time_makes_provisionally_eligible():
    for evidence in (STILL_IN, LOST_JOIN):
        decision = decided(PLAN, evidence, kinds=GRACE)
        assert (decision.verdict, decision.provisional) == ("eligible", True)


def test_D7_eligible_only_through_an_inferred_end_becomes_final():
    decision = decided(PLAN, STILL_IN)
    assert (decision.verdict, decision.provisional) == ("eligible", False)
    assert "inferred_end" in codes(decision)


def test_D7_eligible_only_through_an_inferred_start_needs_review():
    decision = decided(PLAN, LOST_JOIN)
    assert (decision.verdict, decision.provisional) == ("needs_review", False)
    assert "inferred_start" in codes(decision)


def test_D7_inferred_time_that_is_not_needed_does_not_matter():
    decision = decided(PLAN, connection(joined(0), left(2880), joined(3000, "2")), kinds=GRACE)
    assert (decision.verdict, decision.provisional) == ("eligible", False)
    assert codes(decision) == ["share_reached"]


RECONCILED = the_plan(webinar(reconciliation=True), ENDED)
DEADLINE = (ClockKind.GRACE, ClockKind.REPORT_DEADLINE)


def test_D6_with_reconciliation_the_retry_window_is_not_enough():
    decision = decided(RECONCILED, SHORT, kinds=OVER)
    assert decision.provisional
    assert codes(decision)[-1] == "waiting_report"


def test_D6_the_complete_report_of_every_uuid_ends_the_waiting():
    plan = the_plan(
        webinar(reconciliation=True), meeting(started=0, ended=900), meeting("m2", started=1000)
    )
    one = {"reports": frozenset({"m1"})}
    both = {"reports": frozenset({"m1", "m2"})}
    assert decided(plan, kinds=GRACE, standing_more=one).provisional
    assert not decided(plan, kinds=GRACE, standing_more=both).provisional


def test_D6_the_report_deadline_ends_the_waiting():
    assert not decided(RECONCILED, SHORT, kinds=DEADLINE).provisional


def test_D6_a_session_with_a_number_and_no_known_uuid_waits_for_the_deadline():
    plan = the_plan(webinar(reconciliation=True))
    assert decided(plan, kinds=GRACE).provisional
    assert not decided(plan, kinds=DEADLINE).provisional


def test_D6_a_session_in_a_hall_alone_waits_for_no_report():
    plan = the_plan(webinar(session(number=None, hall=True), reconciliation=True))
    assert not decided(plan, kinds=GRACE).provisional


def test_D6_a_uuid_known_only_from_the_persons_webhooks_is_waited_for():
    strange = connection(joined(0), left(600), uuid="lost")
    reports = {"reports": frozenset({"m1"})}
    assert decided(RECONCILED, strange, kinds=GRACE, standing_more=reports).provisional
    assert not decided(RECONCILED, kinds=GRACE, standing_more=reports).provisional


MAYBE = connection(joined(2000), left(HOUR), id="maybe")


def test_D6_a_candidate_of_open_cases_that_could_suffice_stays_provisional():
    half = connection(joined(0), left(2000))
    decision = decided(PLAN, half, candidates=(MAYBE,))
    assert (decision.verdict, decision.provisional) == ("not_eligible", True)
    assert codes(decision)[-1] == "waiting_cases"
    closed = decided(PLAN, half, candidates=(MAYBE,), standing_more={"cases_closed": True})
    assert (closed.verdict, closed.provisional) == ("not_eligible", False)


def test_D6_cases_that_could_not_suffice_even_together_are_not_waited_for():
    little = connection(joined(0), left(100))
    assert not decided(PLAN, little, candidates=(MAYBE,)).provisional


def test_D6_cases_are_added_up():
    parts = (
        connection(joined(0), left(1500), id="a"),
        connection(joined(1500), left(3000), id="b"),
    )
    assert decided(PLAN, candidates=parts).provisional
    assert not decided(PLAN, candidates=parts[:1]).provisional


def test_D6_an_out_without_an_in_that_could_suffice_is_waited_for():
    plan = the_plan(webinar(session(hall=True)), ENDED)
    decision = decided(plan, scans=(scan("out", 3000),))
    assert (decision.provisional, decision.present_seconds) == (True, 0)
    assert {"out_without_in", "waiting_cases"} <= set(codes(decision))
    assert not decided(plan, scans=(scan("out", 300),)).provisional


def test_D6_cases_cannot_help_who_lacks_an_item():
    plan = the_plan(webinar(rule={"required_items": ("test",)}), ENDED)
    everything = connection(joined(0), left(HOUR), id="maybe")
    assert not decided(plan, candidates=(everything,)).provisional


def test_D6_cases_cannot_help_who_is_cancelled():
    everything = connection(joined(0), left(HOUR), id="maybe")
    person = {"enrolment": Enrolment.CANCELLED}
    assert not decided(PLAN, candidates=(everything,), standing_more=person).provisional


def test_D6_cases_that_could_replace_an_inferred_start_are_waited_for():
    everything = connection(joined(0), left(HOUR), id="maybe")
    decision = decided(PLAN, LOST_JOIN, candidates=(everything,))
    assert (decision.verdict, decision.provisional) == ("eligible", True)
    little = connection(joined(0), left(9), id="maybe")
    assert decided(PLAN, LOST_JOIN, candidates=(little,)).verdict == "needs_review"


@pytest.mark.parametrize(
    ("evidence", "more"),
    [((SHORT,), {}), ((ENOUGH,), {"enrolment": Enrolment.CANCELLED}), ((), {})],
)
def test_D9_a_certificate_that_would_no_longer_be_earned_needs_review(evidence, more):
    decision = decided(PLAN, *evidence, standing_more={"certified": True, **more})
    assert decision.verdict == "needs_review"
    assert "certificate_issued" in codes(decision)


def test_D9_a_certificate_that_is_still_earned_does_not():
    decision = decided(PLAN, ENOUGH, standing_more={"certified": True})
    assert (decision.verdict, codes(decision)) == ("eligible", ["share_reached"])


def settle(digest, verdict=Verdict.ELIGIBLE, id="k", made_at=1, **more):
    return SettledVerdict(id, made_at, digest, verdict, **more)


def test_F_a_settled_verdict_acts_for_its_digest_only():
    open_ = decided(PLAN, LOST_JOIN)
    word = {"settled": (settle(open_.digest),)}
    decision = decided(PLAN, LOST_JOIN, standing_more=word)
    assert (decision.verdict, decision.provisional) == ("eligible", False)
    assert "settled" in codes(decision)
    other = connection(left(2000))
    assert decided(PLAN, other, standing_more=word).verdict == "not_eligible"


def test_F_a_settled_verdict_answers_the_review_of_an_issued_certificate():
    word = settle(decided(PLAN, SHORT).digest, Verdict.NOT_ELIGIBLE)
    decision = decided(PLAN, SHORT, standing_more={"settled": (word,), "certified": True})
    assert decision.verdict == "not_eligible"


def test_F2_the_last_settled_verdict_stands_and_a_withdrawn_one_does_not():
    digest = decided(PLAN, SHORT).digest
    yes, no = settle(digest), settle(digest, Verdict.NOT_ELIGIBLE, "l", 2)
    for order in ((yes, no), (no, yes)):
        assert decided(PLAN, SHORT, standing_more={"settled": order}).verdict == "not_eligible"
    gone = (yes, no, no._replace(withdrawn=True))
    assert decided(PLAN, SHORT, standing_more={"settled": gone}).verdict == "eligible"


def test_F_a_verdict_settled_for_an_enrolled_person_does_not_act_once_cancelled():
    word = {"settled": (settle(decided(PLAN, SHORT).digest),), "enrolment": Enrolment.CANCELLED}
    assert decided(PLAN, SHORT, standing_more=word).verdict == "not_eligible"
