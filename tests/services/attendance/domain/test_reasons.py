"""Sentences of reasons: rule D4."""

import string

import pytest

from services.attendance.domain.codes import ClockKind, Enrolment, Problem, ReasonCode
from services.attendance.domain.facts import ProctorList, SettledVerdict, Verdict
from services.attendance.domain.reasons import TEMPLATES, duration, sentences
from tests.services.attendance.domain.builders import (
    HOUR,
    connection,
    correction,
    decided,
    joined,
    left,
    meeting,
    scan,
    session,
    the_plan,
    webinar,
)


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", ReasonCode)
def test_every_code_has_a_sentence_in_both_languages_with_the_same_figures(code):
    template = TEMPLATES[code]
    assert template.id != template.en
    assert placeholders(template.id) == placeholders(template.en)


def test_problems_of_ones_own_evidence_are_reason_codes_too():
    own = {Problem.LEAVE_WITHOUT_START, Problem.OUT_WITHOUT_IN, Problem.ROOM_UNKNOWN}
    assert {problem.value for problem in own} <= {code.value for code in ReasonCode}


def every_decision():
    ended = meeting(started=0, ended=HOUR)
    plan = the_plan(None, ended)
    rules = [
        {"minimum_sessions": 1},
        {"minimum_sessions": 2},
        {"scope": "each_session", "latest_join": 10, "required_items": ("test",)},
    ]
    evidence = [
        (),
        (connection(joined(0), left(3500)),),
        (connection(joined(60)),),
        (connection(left(HOUR)),),
    ]
    for rule in rules:
        for facts in evidence:
            yield decided(the_plan(webinar(rule=rule), ended), *facts)
            items = {"items": frozenset({"test"}), "certified": True}
            yield decided(the_plan(webinar(rule=rule), ended), *facts, standing_more=items)
    for facts in evidence:
        yield decided(plan, *facts, kinds=(ClockKind.GRACE,))
    yield decided(the_plan(webinar(reconciliation=True), ended), kinds=(ClockKind.GRACE,))
    yield decided(plan, standing_more={"enrolment": Enrolment.CANCELLED})
    yield decided(the_plan(webinar(cancelled=True)))
    word = SettledVerdict("k", 1, decided(plan).digest, Verdict.ELIGIBLE)
    yield decided(plan, standing_more={"settled": (word,)})
    yield decided(
        the_plan(), connection(left(HOUR)), candidates=(connection(joined(0), left(HOUR), id="m"),)
    )
    yield decided(plan, scans=(scan("out", 60),), corrections=(correction("add", 0, 60),),
                  lists=(ProctorList("l", "s1", 1, True, room=()),))  # fmt: skip
    gaps = [meeting("m1", started=-300, ended=60), meeting("m2", started=1700, ended=2000),
            meeting("m3", started=2300, ended=2600), meeting("m4", started=2700)]  # fmt: skip
    yield decided(the_plan(webinar(session()), *gaps))
    yield decided(the_plan(webinar(session(end=2 * HOUR)), gaps[0], gaps[3]))


def test_every_reason_that_is_given_can_be_said_and_every_code_is_given():
    given = set()
    for decision in every_decision():
        for reason in decision.reasons:
            said = sentences(reason.code, reason.figures)
            assert set(said) == {"id", "en"}
            assert "{" not in said["id"] + said["en"]
            given.add(reason.code)
    assert given == set(ReasonCode)


def test_a_missing_share_says_what_was_counted_missing_and_enough():
    plan = the_plan(None, meeting(started=0, ended=HOUR))
    reason = decided(plan, connection(joined(0), left(2650))).reasons[0]
    assert sentences(*reason) == {
        "id": "Hadir 44 menit 10 detik dari 1 jam; syaratnya 48 menit (80%). "
        "Kurang 3 menit 50 detik: dengan tambahan sebanyak itu syarat terpenuhi.",
        "en": "Present 44 min 10 s of 1 h; 48 min (80%) were required. "
        "3 min 50 s are missing: that much more would have sufficed.",
    }


def test_a_share_in_basis_points_is_shown_as_a_percentage():
    plan = the_plan(webinar(rule={"minimum_share": 6650}))
    said = sentences(*decided(plan).reasons[1])
    assert "(66,5%)" in said["id"]
    assert "(66.5%)" in said["en"]


@pytest.mark.parametrize(
    ("seconds", "indonesian", "english"),
    [(0, "0 detik", "0 s"), (61, "1 menit 1 detik", "1 min 1 s"), (7200, "2 jam", "2 h")],
)
def test_durations_leave_out_what_is_zero(seconds, indonesian, english):
    assert (duration(seconds, "id"), duration(seconds, "en")) == (indonesian, english)


def test_a_figure_that_is_missing_is_an_error_and_no_empty_sentence():
    with pytest.raises(KeyError):
        sentences(ReasonCode.SHARE_REACHED, {})
