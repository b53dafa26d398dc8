"""A scan at the door → a fact, or why not (rules F, I10, W6)."""

from enum import StrEnum
from typing import Literal, NamedTuple

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.facts import Scan, Session, Webinar

CLOCK_TOLERANCE = 300
"""Seconds by which a scan may lie in the future of both clocks, the scanner's and ours."""
NEAR_SESSION = 86_400
"""Seconds before or after a session beyond which a scan cannot be meant for it."""


class Refusal(StrEnum):
    """Why a scan is not taken; a stable name for the problem."""

    OTHER_WEBINAR = "other-webinar"
    UNKNOWN_SESSION = "unknown-session"
    NO_HALL = "no-hall"
    NO_ID = "scan-id-missing"
    IN_THE_FUTURE = "time-in-the-future"
    FAR_FROM_SESSION = "time-far-from-session"
    ID_REUSED = "scan-id-reused"
    CODE_UNKNOWN = "code-unknown"
    CODE_CUT_SHORT = "code-cut-short"
    PERSON_INVALID = "participant-id-invalid"
    INVALID = "scan-invalid"


SENTENCES: dict[Refusal, tuple[str, str]] = {
    Refusal.OTHER_WEBINAR: (
        "Kode ini untuk webinar lain.",
        "This code is for another webinar.",
    ),
    Refusal.UNKNOWN_SESSION: (
        "Sesi ini tidak ada pada webinar ini.",
        "This webinar has no such session.",
    ),
    Refusal.NO_HALL: (
        "Sesi ini tidak diadakan di ruangan.",
        "This session is not held in a room.",
    ),
    Refusal.NO_ID: ("Pindaian tidak memiliki nomor.", "The scan has no id."),
    Refusal.IN_THE_FUTURE: (
        "Waktu pindaian berada di masa depan.",
        "The time of the scan lies in the future.",
    ),
    Refusal.FAR_FROM_SESSION: (
        "Waktu pindaian lebih dari satu hari dari sesi.",
        "The time of the scan is more than a day away from the session.",
    ),
    Refusal.ID_REUSED: (
        "Nomor pindaian ini sudah dipakai untuk pindaian lain.",
        "This scan id was already used for another scan.",
    ),
    Refusal.CODE_UNKNOWN: (
        "Kode ini tidak sah.",
        "This code is not a genuine one.",
    ),
    Refusal.CODE_CUT_SHORT: (
        "Kode ini terpotong; pindai sekali lagi atau cari orangnya.",
        "This code was cut short; scan it again or look the person up.",
    ),
    Refusal.PERSON_INVALID: (
        "Nomor peserta ini tidak berbentuk nomor peserta.",
        "This is not the form of a participant id.",
    ),
    Refusal.INVALID: (
        "Pindaian ini tidak lengkap atau salah bentuk.",
        "This scan is incomplete or not of the right form.",
    ),
}
"""What to tell the door crew: Indonesian, English."""


class Offered(NamedTuple):
    """A scan as a scanner offers it; `webinar_id` is the one that the code was made for, or ''."""

    scan_id: str
    webinar_id: str
    participant_id: str
    session_id: str
    kind: Literal["in", "out"]
    gate: str
    at: int


class Accepted(NamedTuple):
    """A new fact. `skew` of the scanner's clock in seconds is stored, never applied. `parked`: the
    person is not enrolled: 0 s and a case (rule W6)."""

    participant_id: str
    scan: Scan
    skew: int | None
    parked: bool


class Duplicate(NamedTuple):
    """The same scan once more: the same fact."""

    scan_id: str


class Refused(NamedTuple):
    """Not taken; nothing is stored."""

    scan_id: str
    problem: Refusal


def check_in(
    webinar: Webinar,
    offered: Offered,
    enrolment: Enrolment,
    known: tuple[str, Scan] | None,
    now: int,
    scanner_now: int | None = None,
) -> Accepted | Duplicate | Refused:
    """What becomes of a scan.

    `known`: (participant_id, scan) already stored under this scan id. `now`, `scanner_now`: our
    clock and the scanner's at the sync, epoch seconds. A scan may be synced hours late.
    """
    problem = _problem(webinar, offered, max(now, scanner_now or now))
    if problem is not None:
        return Refused(offered.scan_id, problem)
    scan = Scan(offered.scan_id, offered.session_id, offered.kind, offered.gate, offered.at)
    if known is not None:
        if known == (offered.participant_id, scan):
            return Duplicate(offered.scan_id)
        return Refused(offered.scan_id, Refusal.ID_REUSED)
    skew = None if scanner_now is None else scanner_now - now
    return Accepted(offered.participant_id, scan, skew, enrolment is not Enrolment.ENROLLED)


def _problem(webinar: Webinar, offered: Offered, latest_now: int) -> Refusal | None:
    if not offered.scan_id:
        return Refusal.NO_ID
    if offered.webinar_id not in {"", webinar.id}:
        return Refusal.OTHER_WEBINAR
    session = next((s for s in webinar.sessions if s.id == offered.session_id), None)
    if session is None:
        return Refusal.UNKNOWN_SESSION
    if not session.hall:
        return Refusal.NO_HALL
    return _time_problem(session, offered.at, latest_now)


def _time_problem(session: Session, at: int, latest_now: int) -> Refusal | None:
    if at > latest_now + CLOCK_TOLERANCE:
        return Refusal.IN_THE_FUTURE
    if not session.start - NEAR_SESSION <= at <= session.end + NEAR_SESSION:
        return Refusal.FAR_FROM_SESSION
    return None
