"""A scan at the door."""

import pytest

from services.attendance.domain.checkin import (
    SENTENCES,
    Accepted,
    Duplicate,
    Offered,
    Refusal,
    Refused,
    check_in,
)
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.facts import Scan
from tests.services.attendance.domain.builders import HOUR, T, session, webinar

HALL = webinar(session(hall=True), session("online", 2 * HOUR, 3 * HOUR))
OFFERED = Offered("k1", "w", "ani", "s1", "in", "A", T + 60)
SCAN = Scan("k1", "s1", "in", "A", T + 60)


def taken(known=None, enrolment=Enrolment.ENROLLED, now=T + 90, scanner_now=None, **more):
    return check_in(HALL, OFFERED._replace(**more), enrolment, known, now, scanner_now)


def test_a_scan_becomes_a_fact():
    assert taken() == Accepted("ani", SCAN, None, False)


def test_a_scan_synced_hours_later_is_the_same_fact():
    assert taken(now=T + 9 * HOUR) == taken()


def test_F_the_scanners_clock_skew_is_stored_and_never_applied():
    assert taken(now=T + 90, scanner_now=T + 50) == Accepted("ani", SCAN, -40, False)


def test_F_the_same_scan_again_is_the_same_fact():
    assert taken(known=("ani", SCAN)) == Duplicate("k1")


@pytest.mark.parametrize(
    "known", [("budi", SCAN), ("ani", SCAN._replace(kind="out")), ("ani", SCAN._replace(at=T))]
)
def test_F_a_used_scan_id_with_other_content_is_refused(known):
    assert taken(known=known) == Refused("k1", Refusal.ID_REUSED)


@pytest.mark.parametrize("enrolment", [Enrolment.CANCELLED, Enrolment.NEVER])
def test_W6_a_scan_of_somebody_not_enrolled_is_parked(enrolment):
    assert taken(enrolment=enrolment).parked


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"webinar_id": "other"}, Refusal.OTHER_WEBINAR),
        ({"session_id": "s9"}, Refusal.UNKNOWN_SESSION),
        ({"session_id": "online"}, Refusal.NO_HALL),
        ({"scan_id": ""}, Refusal.NO_ID),
        ({"at": T + 391}, Refusal.IN_THE_FUTURE),
        ({"at": T - 86_401}, Refusal.FAR_FROM_SESSION),
        ({"at": T + HOUR + 86_401, "now": T + 90 * HOUR}, Refusal.FAR_FROM_SESSION),
    ],
)
def test_bad_scans_are_refused_with_a_reason(more, problem):
    assert taken(**more) == Refused(more.get("scan_id", "k1"), problem)


@pytest.mark.parametrize("more", [{"at": T + 390}, {"at": T - 86_400}, {"webinar_id": ""}])
def test_scans_at_the_limits_are_taken(more):
    assert isinstance(taken(**more), Accepted)


def test_a_scanner_whose_clock_runs_ahead_is_not_refused_for_it():
    assert taken(at=T + HOUR, scanner_now=T + HOUR).skew == HOUR - 90


def test_every_refusal_has_a_sentence_in_both_languages():
    assert SENTENCES.keys() == set(Refusal)
    assert all(indonesian != english for indonesian, english in SENTENCES.values())
