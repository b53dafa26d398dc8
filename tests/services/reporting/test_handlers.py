"""From each topic's event to what it says about a person."""

from typing import Any

import pytest

from services.reporting.domain.quota import Certificate, Decision, Enrolment
from services.reporting.handlers import HANDLERS, SOURCES, parse_needed, read
from shared.publish import Outgoing
from shared.records import Poison, Record
from shared.topics import DECISIONS, ENROLMENTS
from tests.services.reporting.world import certified, decided, enrolled


def record(out: Outgoing, **changes: Any) -> Record:
    """The event as it is consumed."""
    made = Record(out.topic, 2, 7, out.key, out.event, 0, b"", ())
    return made._replace(**changes)


def test_every_source_has_a_handler() -> None:
    assert set(HANDLERS) == {topic.name for topic in SOURCES}


def test_an_enrolment_says_year_region_and_category() -> None:
    learnt = read(record(enrolled(0, 1, version=5, region="15.72", cancelled=True)))
    assert learnt.fact == Enrolment(5, True, 2026, "15.72", "asn")
    assert (learnt.source, learnt.offset) == ("registration.enrolments.v1/2", 7)


@pytest.mark.parametrize(
    ("seconds", "verdict", "fact"),
    [
        (0, "not_eligible", Decision(1, False, False)),
        (1, "not_eligible", Decision(1, True, False)),
        (9000, "eligible", Decision(1, True, True)),
        (9000, "needs_review", Decision(1, True, False)),
    ],
)
def test_a_decision_says_whether_one_attended_and_is_eligible(
    seconds: int, verdict: str, fact: Decision
) -> None:
    assert read(record(decided(0, 1, seconds=seconds, verdict=verdict))).fact == fact


def test_only_a_certificate_that_stands_counts() -> None:
    assert read(record(certified(0, 1))).fact == Certificate(1)
    assert read(record(certified(0, 1, revision=2, revoked=True))).fact == Certificate(2, void=True)


def test_a_tombstone_says_which_topic_takes_back() -> None:
    learnt = read(record(decided(0, 1), event=None))
    assert (learnt.kind, learnt.fact) == (Decision, None)


@pytest.mark.parametrize("key", ["", "no-uuid|at-all", "00000000-0000-0000-0000-0000000003e8|"])
def test_a_key_without_two_ids_is_poison(key: str) -> None:
    with pytest.raises(Poison):
        read(record(decided(0, 1), key=key))


@pytest.mark.parametrize(
    "out", [enrolled(0, 1, cancelled=True), decided(0, 1), certified(0, 1),
            certified(0, 1, revision=2, revoked=True)],
)  # fmt: skip
def test_reading_only_what_is_needed_says_the_same_as_reading_all(out: Outgoing) -> None:
    assert out.event is not None
    headers = [("ce_type", out.event.type.encode())]
    needed = parse_needed(out.topic, headers, out.event.to_bytes())
    assert read(record(out, event=needed)) == read(record(out))


def test_reading_only_what_is_needed_refuses_what_reading_all_refuses() -> None:
    headers = [("ce_type", b"hadir.attendance.eligibility-decided.v1")]
    with pytest.raises(Poison, match="version"):
        parse_needed(DECISIONS, headers, b'{"verdict": "eligible", "present_seconds": 1}')
    with pytest.raises(Poison, match="unknown event type"):
        parse_needed(ENROLMENTS, headers, b"{}")
    with pytest.raises(Poison, match="unknown event type"):
        parse_needed(DECISIONS, [], b"{}")


def test_an_enrolment_from_nowhere_is_poison() -> None:
    with pytest.raises(Poison):
        read(record(enrolled(0, 1, region="Jambi")))
