"""The verdict: rules D1–D5, D8, L4."""

import pytest

from services.attendance.domain.codes import ClockKind, Enrolment
from services.attendance.domain.eligibility import changed, decide, goes_out, project
from services.attendance.domain.facts import ClockPassed, Verdict
from services.attendance.domain.plan import required
from tests.services.attendance.domain.builders import (
    GRACE,
    HOUR,
    OVER,
    T,
    codes,
    connection,
    correction,
    decided,
    joined,
    left,
    measured,
    meeting,
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


def figures(decision):
    return decision.present_seconds, decision.base_seconds, decision.required_seconds


@pytest.mark.parametrize(
    ("share", "base", "seconds"),
    [(8000, HOUR, 2880), (8000, 1, 1), (8000, 0, 1), (0, HOUR, 1), (10000, HOUR, HOUR),
     (3333, 100, 34), (1, 10_001, 2)],
)  # fmt: skip
def test_D2_what_is_required_is_rounded_up_in_integers(share, base, seconds):
    assert required(share, base) == seconds


def test_D2_the_last_second_decides():
    assert decided(PLAN, ENOUGH).verdict == "eligible"
    assert decided(PLAN, SHORT).verdict == "not_eligible"


def test_D4_a_decision_shows_seconds_reasons_rule_and_digest():
    decision = decided(the_plan(webinar(rule_version=7), ENDED), SHORT)
    assert figures(decision) == (2879, HOUR, 2880)
    assert decision.sessions == (("s1", 2879, HOUR, 2880),)
    assert decision.rule_version == 7
    assert decision.digest.startswith("sha256:")
    assert len(decision.digest) == 71
    (reason,) = decision.reasons
    assert reason.code == "share_not_reached"
    assert reason.figures["missing_seconds"] == 1


def test_D1_over_all_sessions_present_and_base_are_summed():
    plan = the_plan(webinar(*TWO, rule={"minimum_share": 5000}), meeting(started=0))
    decision = decided(plan, SECOND)
    assert decision.verdict == "eligible"
    assert figures(decision) == (HOUR, 2 * HOUR, HOUR)


def test_D2_per_session_all_must_reach_their_own():
    plan = the_plan(webinar(*TWO, rule={"scope": "each_session"}), meeting(started=0))
    assert decided(plan, SECOND).verdict == "not_eligible"
    assert codes(decided(plan, SECOND)) == ["session_not_reached", "session_reached"]
    both = decided(plan, ENOUGH, SECOND)
    assert both.verdict == "eligible"
    assert figures(both) == (2880 + HOUR, 2 * HOUR, 2 * 2880)


def test_D2_per_session_a_minimum_of_them_is_enough():
    rule = {"scope": "each_session", "minimum_sessions": 1}
    plan = the_plan(webinar(*TWO, rule=rule), meeting(started=0))
    assert decided(plan, SECOND).verdict == "eligible"
    assert "sessions_reached" in codes(decided(plan, SECOND))
    assert decided(plan, SHORT).verdict == "not_eligible"


def test_D2_over_all_a_minimum_of_sessions_needs_a_second_each():
    rule = {"minimum_share": 1000, "minimum_sessions": 2}
    plan = the_plan(webinar(*TWO, rule=rule), meeting(started=0))
    assert decided(plan, SECOND).verdict == "not_eligible"
    assert "sessions_not_reached" in codes(decided(plan, SECOND))
    second = connection(joined(0), left(1))
    assert decided(plan, SECOND, second).verdict == "eligible"


def test_D1_required_items_must_be_passed():
    plan = the_plan(webinar(rule={"required_items": ("test", "form")}), ENDED)
    some = decided(plan, ENOUGH, standing_more={"items": frozenset({"test"})})
    assert some.verdict == "not_eligible"
    assert [r.figures for r in some.reasons if r.code == "item_missing"] == [{"item": "form"}]
    every = decided(plan, ENOUGH, standing_more={"items": frozenset({"test", "form", "other"})})
    assert every.verdict == "eligible"
    assert "items_passed" in codes(every)


def test_D1_a_late_joiner_is_told_so():
    plan = the_plan(webinar(rule={"latest_join": 60}), ENDED)
    decision = decided(plan, connection(joined(61), left(HOUR)))
    assert decision.verdict == "not_eligible"
    assert "joined_late" in codes(decision)


def test_D3_there_is_no_decision_before_the_grace_after_the_last_session():
    plan = the_plan(webinar(*TWO), meeting(started=0))
    first, last = (ClockPassed("w", s.id, s.end, ClockKind.GRACE) for s in plan.sessions)
    for passed, exists in (((), False), ((first,), False), ((last,), True)):
        person = standing(plan)._replace(passed=frozenset(passed))
        assert (decide(plan, measured(plan), person) is not None) is exists
        assert project(plan, measured(plan), person).verdict == "not_eligible"


def test_D3_a_session_that_was_moved_needs_a_new_clock():
    moved = the_plan(webinar(session(end=2 * HOUR)), ENDED)
    assert decide(moved, measured(moved), standing(PLAN, *GRACE)) is None


def test_D3_a_person_without_a_fact_gets_a_decision_and_one_never_enrolled_does_not():
    assert codes(decided(PLAN)) == ["no_presence", "share_not_reached"]
    assert (
        decide(PLAN, measured(PLAN, ENOUGH), standing(PLAN, *OVER, enrolment=Enrolment.NEVER))
        is None
    )


def test_D3_a_cancelled_person_is_not_eligible():
    decision = decided(PLAN, ENOUGH, standing_more={"enrolment": Enrolment.CANCELLED})
    assert decision.verdict == "not_eligible"
    assert codes(decision) == ["cancelled"]


def test_D3_a_cancelled_person_has_nothing_to_be_reviewed_in_an_open_question_of_the_base():
    plan = the_plan(webinar(session(end=2 * HOUR)), meeting(started=0, ended=600), meeting("m2", started=2 * HOUR - 9))  # fmt: skip
    assert plan.questions
    person = {"enrolment": Enrolment.CANCELLED}
    assert decided(plan, standing_more=person).verdict == "not_eligible"


def test_nobody_is_eligible_in_a_cancelled_webinar():
    decision = decided(the_plan(webinar(cancelled=True), ENDED), ENOUGH)
    assert (decision.verdict, codes(decision)) == ("not_eligible", ["webinar_cancelled"])


def test_L4_the_digest_is_of_the_evidence_that_counts_and_not_of_all_facts():
    outside = connection(joined(-50), left(-10), id="early")
    elsewhere = connection(joined(0), left(HOUR), number="5", id="x")
    assert decided(PLAN, ENOUGH, outside, elsewhere).digest == decided(PLAN, ENOUGH).digest
    longer = connection(joined(-50), left(2880))
    assert decided(PLAN, longer).digest == decided(PLAN, ENOUGH).digest


def test_L4_a_room_move_does_not_change_the_digest():
    moved = connection(joined(0), left(900), joined(900, "2"), left(2880, "2"))
    assert decided(PLAN, moved).digest == decided(PLAN, ENOUGH).digest


@pytest.mark.parametrize(
    "other",
    [
        {"evidence": (SHORT,)},
        {"evidence": (connection(joined(0), left(2880), id="other"),)},
        {"evidence": (ENOUGH, connection(joined(0), left(60), id="second device"))},
        {"rule_version": 2},
        {"standing": {"enrolment": Enrolment.CANCELLED}},
    ],
)
def test_L4_the_digest_changes_with_intervals_sources_rule_version_and_standing(other):
    plan = the_plan(webinar(rule_version=other.get("rule_version", 1)), ENDED)
    found = decided(plan, *other.get("evidence", (ENOUGH,)), standing_more=other.get("standing"))
    assert found.digest != decided(PLAN, ENOUGH).digest


def test_L4_the_digest_tells_an_observed_end_from_an_inferred_one():
    plan = the_plan(None, meeting(started=0, ended=2880))
    observed, inferred = decided(plan, ENOUGH), decided(plan, STILL_IN)
    assert observed.present_seconds == inferred.present_seconds == 2880
    assert observed.digest != inferred.digest


def test_L4_a_passed_item_is_evidence():
    plan = the_plan(webinar(rule={"required_items": ("test",)}), ENDED)
    passed = decided(plan, ENOUGH, standing_more={"items": frozenset({"test"})})
    assert passed.digest != decided(plan, ENOUGH).digest


def test_D5_a_new_version_is_made_only_by_what_the_rule_names():
    one = decided(PLAN, SHORT)
    assert not changed(one, decided(PLAN, SHORT))
    for new in (
        one._replace(verdict=Verdict.ELIGIBLE),
        one._replace(provisional=True),
        one._replace(present_seconds=1),
        one._replace(base_seconds=1),
        one._replace(required_seconds=1),
        one._replace(reasons=()),
        one._replace(rule_version=2),
        one._replace(digest="sha256:other"),
    ):
        assert changed(one, new)
    figures_only = tuple(reason._replace(figures={}) for reason in one.reasons)
    assert not changed(one, one._replace(reasons=figures_only))


@pytest.mark.parametrize(
    ("policy", "released", "reported", "out"),
    [
        ("at_once", False, False, True),
        ("after_reconciliation", True, False, False),
        ("after_reconciliation", False, True, True),
        ("on_release", False, True, False),
        ("on_release", True, False, True),
    ],
)
def test_D8_the_policy_says_when_a_certificate_goes_out(policy, released, reported, out):
    the_webinar = webinar(certificates=policy)
    person = standing(PLAN, *OVER, released=released)
    assert goes_out(the_webinar, decided(PLAN, ENOUGH), person, reported=reported) is out


@pytest.mark.parametrize("policy", ["at_once", "after_reconciliation", "on_release"])
def test_D8_only_final_and_eligible_decisions_go_out(policy):
    person = standing(PLAN, *OVER, released=True)
    for decision in (
        decided(PLAN, STILL_IN, kinds=GRACE),
        decided(PLAN, SHORT),
        decided(PLAN, LOST_JOIN),
    ):
        assert not goes_out(webinar(certificates=policy), decision, person, reported=True)


def test_D4_corrections_and_host_down_time_are_told():
    plan = the_plan(None, meeting(started=0, ended=600), meeting("m2", started=900))
    decision = decided(plan, corrections=(correction("add", 900, 3600),))
    assert decision.verdict == "eligible"
    assert {"corrected", "host_down"} <= set(codes(decision))
    assert plan.sessions[0].start == T
