"""The facts of attendance (rules F) and a webinar's settings, as compact tuples.

All times are whole epoch seconds (UTC) of *occurrence*; intervals are half-open `[from, to)`.
"""

from typing import Literal, NamedTuple

from services.attendance.domain.codes import (
    ClockKind,
    Enrolment,
    Problem,
    ReasonCode,
    Verdict,
)

__all__ = [
    "BaseSettled",
    "ClockKind",
    "ClockPassed",
    "Connection",
    "Correction",
    "Enrolment",
    "Fact",
    "Interval",
    "MeetingTimes",
    "Problem",
    "ProctorList",
    "ReasonCode",
    "RowFact",
    "Rule",
    "Scan",
    "Session",
    "SettledVerdict",
    "Verdict",
    "Webinar",
]

Interval = tuple[int, int]
Fact = tuple[Literal["j", "l"], str, int]
"""(joined or left, user_id, second)"""
RowFact = tuple[str, int, int]
"""(user_id, join, leave) of one row of Zoom's report"""


class MeetingTimes(NamedTuple):
    """What is known of one meeting uuid, over everybody: `meetings.add` folds it together.

    `last_start`, `last_join` and `last_leave` are the latest known anywhere in the uuid; they are
    looked at only to tell a rehearsal that went on from one that ended (rule I9), so they need to
    be right only where `practice_ended` is known. `first_seen` is the first join or leave anywhere
    in it; it stands in for a start that is not known (rule I13).
    """

    uuid: str
    number: str
    started: int | None = None
    ended: int | None = None
    practice_ended: int | None = None
    last_start: int | None = None
    last_join: int | None = None
    last_leave: int | None = None
    first_seen: int | None = None


class Connection(NamedTuple):
    """All facts of one connection (rule I1), and the rows of Zoom's confirmed report on it (rule Z3);
    `reported`: there is such a report. Without facts and rows it is taken back: it counts nothing.

    `limits`: only these parts of it count, for an operator split it (rule F2); None = all of it.
    """

    connection_id: str
    meeting_uuid: str
    number: str
    facts: tuple[Fact, ...] = ()
    ip_tags: tuple[str, ...] = ()
    limits: tuple[Interval, ...] | None = None
    rows: tuple[RowFact, ...] = ()
    reported: bool = False
    phone: bool = False

    @property
    def known(self) -> bool:
        """Whether it says anything."""
        return bool(self.facts or self.rows)


class Scan(NamedTuple):
    """A QR scan at a gate of a session's hall."""

    scan_id: str
    session_id: str
    kind: Literal["in", "out"]
    gate: str
    at: int


class Correction(NamedTuple):
    """An operator's word about a person's time; without `session_id` it holds in every session."""

    id: str
    made_at: int
    session_id: str | None
    kind: Literal["add", "remove"]
    start: int
    end: int
    withdrawn: bool = False


class ProctorList(NamedTuple):
    """One version of a list of people before one screen, as it concerns one person.

    `named` is False in a version that no longer names the person: such a version must reach them
    too, for the highest version holds. `room` are the connections of the room's own link; None when
    the list gives no link. `start` and `end` are the named hours, each None when not given.
    """

    list_id: str
    session_id: str
    version: int
    named: bool
    start: int | None = None
    end: int | None = None
    room: tuple[Connection, ...] | None = None


class BaseSettled(NamedTuple):
    """An operator's word on a session's base (rule I13): every host gap that they looked at.

    `leaving` are the gaps that leave the base, `staying` those that remain in it. A gap in neither
    asks again.
    """

    id: str
    made_at: int
    session_id: str
    leaving: tuple[Interval, ...] = ()
    staying: tuple[Interval, ...] = ()
    withdrawn: bool = False


class SettledVerdict(NamedTuple):
    """An operator's verdict on one person; it acts for the digest that it names, and no other."""

    id: str
    made_at: int
    digest: str
    verdict: Verdict
    withdrawn: bool = False


class ClockPassed(NamedTuple):
    """Rule L2: the length of `kind` has passed since the rule's instant; once written it acts."""

    webinar_id: str
    session_id: str
    official_end: int
    kind: ClockKind


class Session(NamedTuple):
    """A part of a webinar with its official window; `number` is its Zoom number, if any."""

    id: str
    start: int
    end: int
    breaks: tuple[Interval, ...] = ()
    number: str | None = None
    hall: bool = False


class Rule(NamedTuple):
    """Rule D1. `minimum_share` in basis points; `latest_join` in seconds after a session's start."""

    minimum_share: int = 8000
    scope: Literal["all", "each_session"] = "all"
    minimum_sessions: int | None = None
    latest_join: int | None = None
    required_items: tuple[str, ...] = ()


class Webinar(NamedTuple):
    """What registration says of a webinar (the highest version holds); lengths in seconds.

    `staff` holds pseudonyms of e-mail addresses and Zoom ids (rule W6).
    """

    id: str
    version: int
    sessions: tuple[Session, ...]
    rule: Rule = Rule()
    rule_version: int = 1
    host_down: Literal["exclude", "include"] = "exclude"
    check_out_expected: bool = False
    reconciliation: bool = False
    certificates: Literal["at_once", "after_reconciliation", "on_release"] = "at_once"
    grace_seconds: int = 120
    retry_window_seconds: int = 5700
    report_deadline_seconds: int = 86_400
    report_reread_seconds: int = 60
    archive_seconds: int = 300 * 86_400
    identity_seconds: int = 27 * 86_400  # raw webhooks are kept for 28 days
    host_short_seconds: int = 120  # rule I13: a uuid that lasted less is passed over
    host_long_seconds: int = 1_800  # rule I13: a longer gap is not host-down by itself
    staff: frozenset[str] = frozenset()
    cancelled: bool = False
