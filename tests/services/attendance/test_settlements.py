"""Corrections, items, settlements and releases re-decide (rules F2, I13, D1, D6, D8, D9)."""

from services.attendance.domain.codes import ClockKind
from shared.events.attendance import Verdict
from shared.events.rulings import (
    BaseSettledV1,
    CasesClosedV1,
    CertificatesReleasedV1,
    VerdictSettledV1,
)
from tests.support.pipeline import Pipeline
from tests.support.words import (
    HOUR,
    NUMBER,
    PEOPLE,
    ROOM,
    Line,
    T,
    assigned,
    codes,
    corrected,
    enrolment,
    line,
    said,
    stay,
    webinar,
    withdrawn,
)
from tests.support.zoom_events import Room, raw


def test_F2_a_correction_re_decides_and_its_withdrawal_takes_it_back() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    before, others = one.of("ani"), one.of("budi")
    assert before["verdict"] == "not_eligible"
    one.say(corrected("k", "ani", 1200, HOUR))
    assert one.of("ani")["verdict"] == "eligible"
    assert one.of("ani")["version"] == before["version"] + 1
    assert "corrected" in codes(one.of("ani"))
    assert one.of("ani")["cause"].startswith("ruling|")
    one.say(corrected("r", "ani", 0, HOUR, "remove", at=2))
    assert one.of("ani")["present_seconds"] == 0
    one.say(withdrawn("w", "k"), withdrawn("v", "r"))
    assert (one.of("ani")["verdict"], one.of("ani")["present_seconds"]) == ("not_eligible", 1200)
    assert one.of("budi") == others


def test_D9_a_certificate_stands_when_its_correction_is_withdrawn() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    one.say(corrected("k", "ani", 1200, HOUR))
    one.certificate("ani")
    one.say(withdrawn("w", "k"))
    assert one.of("ani")["verdict"] == "needs_review"
    assert "certificate_issued" in codes(one.of("ani"))
    settled = said(VerdictSettledV1, "v", participant_id="ani", verdict=Verdict.NOT_ELIGIBLE,
                   digest=one.of("ani")["digest"])  # fmt: skip
    one.say(settled)
    assert (one.of("ani")["verdict"], one.of("ani")["goes_out"]) == ("not_eligible", False)
    one.say(corrected("m", "ani", 1200, 1260, at=3))  # other evidence: the verdict acts no more
    assert one.of("ani")["verdict"] == "needs_review"


def test_D1_a_passed_item_makes_eligible_once_and_for_all() -> None:
    rule = {"required_items": ["post-test"]}
    one = line(*stay("1", "c1", registrant_id="_ani"), rule=rule)
    assert "item_missing" in codes(one.of("ani"))
    one.item("ani", "post-test")
    assert (one.of("ani")["verdict"], one.of("ani")["goes_out"]) == ("eligible", True)
    before = one.published()
    one.item("ani", "post-test")
    assert one.published() == before


def test_D8_a_release_lets_out_who_is_named_and_makes_no_new_version() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"), *stay("2", "c2", registrant_id="_budi"),
               certificates="on_release")  # fmt: skip
    assert [one.of(p)["goes_out"] for p in ("ani", "budi")] == [False, False]
    before = one.of("ani")
    one.say(said(CertificatesReleasedV1, "r", participant_ids=("ani", "eko")))
    assert one.of("ani") == {**before, "goes_out": True}
    assert [one.of(p)["goes_out"] for p in ("budi", "eko")] == [False, False]
    one.say(withdrawn("w", "r"))
    assert one.of("ani") == before


def test_D8_at_once_goes_out_with_the_decision() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    assert [one.of(p)["goes_out"] for p in ("ani", "budi")] == [True, False]


def test_D8_after_reconciliation_goes_out_when_no_report_is_waited_for() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"), reconciliation=True,
               certificates="after_reconciliation")  # fmt: skip
    before = one.of("ani")
    assert (before["verdict"], before["provisional"], before["goes_out"]) == (
        "eligible", False, False,
    )  # fmt: skip
    one.clock(ClockKind.REPORT_DEADLINE)
    assert one.of("ani") == {**before, "goes_out": True}


def test_D6_closed_cases_hold_nobody_up() -> None:
    events = stay("1", "c1", registrant_id="_ani", email="budi@contoh.example")
    one = line(*events)  # two people: a case with both as candidates (rule W5)
    assert [one.of(p)["provisional"] for p in ("ani", "budi", "citra")] == [True, True, False]
    one.say(said(CasesClosedV1, "z"))
    assert [one.of(p)["provisional"] for p in ("ani", "budi")] == [False, False]
    one.say(withdrawn("w", "z"))
    assert one.of("ani")["provisional"]
    one.say(assigned("a", "budi"))
    assert [one.of(p)["verdict"] for p in ("ani", "budi")] == ["not_eligible", "eligible"]


def test_I13_a_settled_base_is_everybody_s() -> None:
    later = Room("uuid-2==", NUMBER)
    pipeline = Pipeline()
    pipeline.webinar(webinar(host_long_seconds=600))
    for who in PEOPLE:
        pipeline.enrol(enrolment(who))
    events = [ROOM.started(0), *stay("1", "c1", until=600, registrant_id="_ani"), ROOM.ended(600),
              later.started(600 + 1860), later.joined(2460, "2", "c2", registrant_id="_ani"),
              later.left(HOUR, "2", "c2"), later.ended(HOUR)]  # fmt: skip
    for event in events:
        pipeline.webhook(raw(event))
    one = Line(pipeline)
    assert one.of("ani")["verdict"] == "needs_review"
    assert "host_gap_unsettled" in codes(one.of("ani"))
    gap = (T + 600, T + 2460)
    one.say(said(BaseSettledV1, "b", session_id="s1", leaving=(gap,)))
    assert (one.of("ani")["verdict"], one.of("ani")["base_seconds"]) == ("eligible", 1740)
    assert one.of("budi")["base_seconds"] == 1740
    one.say(said(BaseSettledV1, "c", 2, session_id="s1", staying=(gap,)))
    assert (one.of("ani")["verdict"], one.of("ani")["base_seconds"]) == ("not_eligible", HOUR)
