"""Brute force: verdicts and seconds straight from the rules' text, from the SET of facts.

Slow and obvious on purpose, and written apart from the services: it is what they are measured by.
It knows webhooks and check-ins; no corrections, proctors' lists, assignments or reports.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.oracle.owners import Enrolment
from tests.oracle.presence import Presence, Sheets, Unresolved
from tests.oracle.seconds import (
    CLOSED,
    END_INFERRED,
    START_INFERRED,
    Session,
)
from tests.oracle.zoom_facts import read

GRACE, RETRY_WINDOW = "grace", "retry_window"
ALL = CLOSED | END_INFERRED | START_INFERRED
Clock = tuple[str, str]
"""(session id, kind): a clock record of rule L2 that is in the set."""


class SessionSeconds(NamedTuple):
    """One session's figures."""

    id: str
    present: int
    base: int
    required: int


@dataclass(frozen=True)
class Outcome:
    """What the rules say of one person."""

    verdict: str
    provisional: bool
    present: int
    base: int
    required: int
    sessions: tuple[SessionSeconds, ...]
    reasons: frozenset[str]


@dataclass(frozen=True)
class Findings:
    """All decisions (none before the grace, rule D3) and all parked connections."""

    people: Mapping[str, Outcome]
    unresolved: frozenset[Unresolved]


class Rule:
    """Rules D1 and D2."""

    def __init__(self, rule: Mapping[str, Any]) -> None:
        self.share: int = rule.get("minimum_share", 8000)
        self.each = rule.get("scope", "all") == "each_session"
        self.minimum_sessions = rule.get("minimum_sessions")
        self.latest_join = rule.get("latest_join")

    def present(self, sheet: bytearray, session: Session, how: int) -> int:
        """Seconds in the base that are known in one of the ways of `how`."""
        first = next((n for n, mark in enumerate(sheet) if mark & how), None)
        if first is None or (self.latest_join is not None and first > self.latest_join):
            return 0
        return sum(
            1 for mark, based in zip(sheet, session.base, strict=True) if based and mark & how
        )

    def required(self, base: int) -> int:
        return max(1, -(-self.share * base // 10000))

    def figures(
        self, sheets: Sheets, sessions: Sequence[Session], how: int
    ) -> tuple[SessionSeconds, ...]:
        rows = []
        for session in sessions:
            base = sum(session.base)
            present = self.present(sheets[session.id], session, how)
            rows.append(SessionSeconds(session.id, present, base, self.required(base)))
        return tuple(rows)

    def total_required(self, rows: Sequence[SessionSeconds]) -> int:
        if self.each:
            return sum(row.required for row in rows)
        return self.required(sum(row.base for row in rows))

    def reached(self, rows: Sequence[SessionSeconds]) -> bool:
        if self.each:
            wanted = self.minimum_sessions or len(rows)
            return sum(row.present >= row.required for row in rows) >= wanted
        if sum(row.present for row in rows) < self.total_required(rows):
            return False
        return sum(row.present >= 1 for row in rows) >= (self.minimum_sessions or 0)


def find(
    webinar: Mapping[str, Any],
    enrolments: Sequence[Enrolment],
    webhooks: Iterable[bytes | Mapping[str, Any]],
    check_ins: Iterable[Mapping[str, Any]] = (),
    clocks: Collection[Clock] = (),
    certified: Collection[str] = (),
) -> Findings:
    """Every decision and every parked connection, from the facts alone.

    Args:
        webinar: the contract's shape; times in RFC 3339.
        enrolments: `participant_id`, `email`, `links`, `status` of each.
        webhooks: raw bodies in any order, repeated or not.
        check_ins: `scan_id, session_id, kind, time, participant_id` of each accepted scan.
        clocks: the (session id, kind) records of rule L2 that are in the set.
        certified: people to whom a certificate was issued (rule D9).
    """
    presence = Presence(webinar, enrolments, read(webhooks), check_ins)
    people: dict[str, Outcome] = {}
    if (presence.sessions[-1].id, GRACE) in clocks:
        for person in presence.sheets:
            people[person] = _decide(person, presence, clocks, person in certified)
    return Findings(people, frozenset(case for case, _ in presence.parked))


def _decide(person: str, presence: Presence, clocks: Collection[Clock], certified: bool) -> Outcome:
    rule, sheets = Rule(presence.webinar.get("rule", {})), presence.sheets[person]

    def rows(how: int) -> tuple[SessionSeconds, ...]:
        return rule.figures(sheets, presence.sessions, how)

    all_known = rows(ALL)
    waiting = any((s.id, RETRY_WINDOW) not in clocks for s in presence.sessions)
    by_closed = rule.reached(rows(CLOSED))
    reached = rule.reached(all_known)
    certain = rule.reached(rows(CLOSED | END_INFERRED))
    if not certain:  # also who would need a review by D7 waits for cases that could spare it
        waiting |= _cases_could_help(
            person, presence, rule, CLOSED | END_INFERRED if reached else ALL
        )
    provisional = waiting and not by_closed
    verdict, reasons = "not_eligible", {"share_not_reached"}
    if reached:
        verdict, reasons = "eligible", {"share_reached"}
        if not provisional and not certain:
            verdict, reasons = "needs_review", {"inferred_start"}
    if person in presence.doubtful and verdict != "eligible":
        verdict, reasons = "needs_review", {"evidence_incomplete"}
    if any(session.unsettled for session in presence.sessions):
        verdict, reasons = "needs_review", {"base_unsettled"}
    if person in presence.cancelled:
        verdict, provisional, reasons = "not_eligible", False, {"cancelled"}
    if certified and verdict != "eligible":
        verdict, reasons = "needs_review", {*reasons, "certificate_issued"}
    return Outcome(
        verdict,
        provisional,
        sum(row.present for row in all_known),
        sum(row.base for row in all_known),
        rule.total_required(all_known),
        all_known,
        frozenset(reasons),
    )


def _cases_could_help(person: str, presence: Presence, rule: Rule, own: int) -> bool:
    """Rule D6: whether all the open cases that name this person, together, would be enough, beside
    what they have in one of the ways of `own`."""
    mine = [sheets for case, sheets in presence.parked if person in case.candidates]
    if not mine:
        return False
    mask = bytes(how & own for how in range(ALL + 1))
    union = {
        name: sheet.translate(mask + bytes(255 - ALL))
        for name, sheet in presence.sheets[person].items()
    }
    for sheets in mine:
        for name, sheet in sheets.items():
            union[name] = bytearray(a | b for a, b in zip(union[name], sheet, strict=True))
    return rule.reached(rule.figures(union, presence.sessions, ALL))
