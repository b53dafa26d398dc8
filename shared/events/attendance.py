"""What attendance says: evidence of presence, decisions and review cases."""

from enum import StrEnum
from typing import Any, ClassVar, Literal

from shared.events import Event, Model, UtcTime


class Verdict(StrEnum):
    """Rule D4."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    NEEDS_REVIEW = "needs_review"


class ConnectionSeenV1(Event):
    """All that is known of one Zoom connection, for one of those whom it may concern.

    `facts` are [kind, user_id, second] with kind `j` (joined) or `l` (left). `revision` is
    [information units, positions of the side inputs]: the highest holds. `role`: `owner` – it is
    this person's; `candidate` – it may be; `unresolved` – it is nobody's yet (participant_id is
    `~` + connection id); `none` – it is not theirs (any more). `limits`: only these
    parts of it are meant (an operator split it). `rooms`: those of its registrant ids that are a room before whose screen the person
    was listed (rule I11); such a snapshot has facts in any role. `alike`: equal for connections
    with the same identifiers, '' without any. `rows` are [user_id, join, leave] of Zoom's
    confirmed report on it, when there is one (`reported`). `links`: its owner's registrant ids in it,
    where it is known from which network it came (rule W7). `phone`: it is a telephone's leg.
    """

    type: ClassVar[str] = "hadir.attendance.connection-seen.v1"
    webinar_id: str
    participant_id: str
    connection_id: str
    meeting_uuid: str
    zoom_number: str
    revision: tuple[int, int]
    role: Literal["owner", "candidate", "unresolved", "none"]
    facts: tuple[tuple[str, str, int], ...] = ()
    ip_tags: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    problem: str | None = None
    limits: tuple[tuple[int, int], ...] | None = None
    rooms: tuple[str, ...] = ()
    alike: str = ""
    rows: tuple[tuple[str, int, int], ...] = ()
    reported: bool = False
    links: tuple[str, ...] = ()
    phone: bool = False


class LegSeenV1(Event):
    """What one webhooks partition tells all others of a connection of its own that binds or events
    without participant_uuid name (rules I1, W3). `identifiers`: registrant ids, and pseudonyms of
    e-mail addresses, customer keys and Zoom ids.
    """

    type: ClassVar[str] = "hadir.attendance.leg-seen.v1"
    meeting_uuid: str
    connection_id: str
    participant_uuid: str
    zoom_number: str
    phone: bool
    host: bool
    facts: tuple[tuple[str, str, int], ...]
    identifiers: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class MeetingSeenV1(Event):
    """A meeting's life as one webhooks partition knows it; `source` is that partition.

    `last_*` are told only where a rehearsal ended (rule I9).
    """

    type: ClassVar[str] = "hadir.attendance.meeting-seen.v1"
    meeting_uuid: str
    zoom_number: str
    started: int | None = None
    ended: int | None = None
    practice_ended: int | None = None
    last_start: int | None = None
    last_join: int | None = None
    last_leave: int | None = None
    source: int


class ClockPassedV1(Event):
    """Rule L2: a length has passed, said by webhooks partition `source` of `sources`."""

    type: ClassVar[str] = "hadir.attendance.clock-passed.v1"
    webinar_id: str
    session_id: str
    official_end: int
    clock: str
    source: int
    sources: int


class Scanned(Event):
    """What a scan at a gate says: a person, in or out, at `at` (epoch seconds)."""

    webinar_id: str
    participant_id: str
    scan_id: str
    session_id: str
    kind: Literal["in", "out"]
    gate: str = ""
    scanner_id: str = ""
    at: int


class CheckedInV1(Scanned):
    """A QR scan at a gate; `kind` in or out; skew in seconds is kept, never applied."""

    type: ClassVar[str] = "hadir.attendance.checked-in.v1"
    skew: int | None = None


class ItemPassedV1(Event):
    """A test or form that a rule may require was passed at `at` (epoch seconds; rule F)."""

    type: ClassVar[str] = "hadir.attendance.item-passed.v1"
    webinar_id: str
    participant_id: str
    item: str
    at: int
    by: str = ""


class ScanTakenV1(Scanned):
    """Which scan a scan id stands for, for ever; written after the scan itself (rule F)."""

    type: ClassVar[str] = "hadir.attendance.scan-taken.v1"


class Reason(Model):
    """Why: a code of the enum with its figures, and a sentence in each language."""

    code: str
    figures: dict[str, Any] = {}
    text: dict[str, str] = {}


class SessionFigures(Model):
    """One session's part of a decision, in seconds."""

    id: str
    present_seconds: int
    base_seconds: int
    required_seconds: int


class PastVersion(Model):
    """One earlier version in a decision's history; `cause` as in the decision itself."""

    version: int
    decided_at: UtcTime
    verdict: Verdict
    provisional: bool
    present_seconds: int
    cause: str


class EligibilityDecidedV1(Event):
    """Rule D: the verdict on one person in one webinar, with its figures and reasons.

    `cause`: the kind of fact that made this version, for some kinds with `|` and a mark of the one.
    `goes_out`: a certificate may be issued on it now (rule D8). A change of it alone makes no new
    version: the same version is published again.
    """

    type: ClassVar[str] = "hadir.attendance.eligibility-decided.v1"
    webinar_id: str
    participant_id: str
    version: int
    verdict: Verdict
    provisional: bool
    present_seconds: int
    base_seconds: int
    required_seconds: int
    sessions: tuple[SessionFigures, ...]
    reasons: tuple[Reason, ...]
    rule_version: int
    digest: str
    decided_at: UtcTime
    cause: str = ""
    history: tuple[PastVersion, ...] = ()
    goes_out: bool = False


class ReviewCaseV1(Event):
    """A connection (or scan) that nobody could be credited with, until it is settled.

    `seconds` of the base are at stake; `times` are its visits inside the sessions' windows (epoch
    seconds). The raw webhooks have the key `connection_id`. `alike`: see `ConnectionSeenV1`.
    """

    type: ClassVar[str] = "hadir.attendance.review-case.v1"
    case_id: str
    webinar_id: str
    connection_id: str
    meeting_uuid: str
    problem: str
    status: Literal["open", "settled"]
    seconds: int
    candidates: tuple[str, ...] = ()
    zoom_number: str = ""
    user_ids: tuple[str, ...] = ()
    times: tuple[tuple[int, int], ...] = ()
    alike: str = ""
