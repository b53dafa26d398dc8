"""Brute force: verdicts and seconds straight from the rules' text, from the SET of facts.

Slow and obvious on purpose, and written apart from the services: it is what they are measured by.
Corrections, proctors' lists, assignments and Zoom's reports have no facts here yet.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.oracle.owners import Enrolment, Register, is_staff, people_of_connections
from tests.oracle.seconds import (
    CLOSED,
    END_INFERRED,
    START_INFERRED,
    Life,
    Session,
    Walk,
    bound_of,
    lives,
    take_out_host_down,
)
from tests.oracle.zoom_facts import Connection, Facts, connections, instant, read

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


class Unresolved(NamedTuple):
    """A parked connection (rule W6) with its seconds inside a base."""

    uuid: str
    connection: str
    seconds: int
    candidates: frozenset[str]


@dataclass(frozen=True)
class Findings:
    """All decisions (none before the grace, rule D3) and all parked connections."""

    people: Mapping[str, Outcome]
    unresolved: frozenset[Unresolved]


Sheets = dict[str, bytearray]
"""Session id → one byte per second of its window."""


class Presence:
    """Everybody's seconds, and which connections nobody could be credited with."""

    def __init__(
        self,
        webinar: Mapping[str, Any],
        enrolments: Sequence[Enrolment],
        facts: Facts,
        check_ins: Iterable[Mapping[str, Any]],
    ) -> None:
        self.webinar = webinar
        self.register = Register(enrolments)
        self.lives = lives(facts)
        self.sessions = [Session(session) for session in webinar["sessions"]]
        exclude = webinar.get("host_down", "exclude") == "exclude"
        for session in self.sessions:
            take_out_host_down(session, self.lives.values(), exclude)
        self.sheets: dict[str, Sheets] = {
            enrolment["participant_id"]: self.empty() for enrolment in enrolments
        }
        self.cancelled = {e["participant_id"] for e in enrolments if e.get("status") == "cancelled"}
        self.doubtful: set[str] = set()
        self.parked: list[tuple[Unresolved, Sheets]] = []
        self._connections(facts)
        self._scans(check_ins)

    def empty(self) -> Sheets:
        return {session.id: session.sheet() for session in self.sessions}

    def _connections(self, facts: Facts) -> None:
        found = connections(facts)
        people = people_of_connections(facts, found, self.register)
        for n, connection in enumerate(found):
            sheets, doubtful = self._walk(connection)
            if len(people[n]) == 1:
                (person,) = people[n]
                self._credit(person, sheets)
                self.doubtful |= {person} if doubtful else set()
            elif not is_staff(connection, facts, self.webinar):
                self._park(connection, sheets, people[n])

    def _walk(self, connection: Connection) -> tuple[Sheets, bool]:
        life, sheets = self.lives[connection.uuid], self.empty()
        walk = Walk(connection, life)
        for second, how in walk.marks():
            self._mark(sheets, life, second, how)
        if walk.inside:
            bound = bound_of(life, walk.last_seen, self.sessions, self.lives.values())
            for second in range(walk.last_seen, bound):
                self._mark(sheets, life, second, END_INFERRED)
        return sheets, walk.start_unknown

    def _mark(self, sheets: Sheets, life: Life, second: int, how: int) -> None:
        if not life.holds(second):
            return
        for session in self.sessions:
            if session.number == life.number:
                session.mark(sheets[session.id], second, how)

    def _credit(self, person: str, sheets: Sheets) -> None:
        for session in self.sessions:
            mine = self.sheets[person][session.id]
            for n, how in enumerate(sheets[session.id]):
                mine[n] |= how

    def _park(self, connection: Connection, sheets: Sheets, people: set[str]) -> None:
        seconds = sum(
            1
            for session in self.sessions
            for how, based in zip(sheets[session.id], session.base, strict=True)
            if how and based
        )
        if seconds:
            case = Unresolved(connection.uuid, connection.name, seconds, frozenset(people))
            self.parked.append((case, sheets))

    def _scans(self, check_ins: Iterable[Mapping[str, Any]]) -> None:
        """Rule I10; scans of people who are not enrolled give nothing."""
        scans = {scan["scan_id"]: scan for scan in check_ins}
        for session in self.sessions:
            for person in self.sheets.keys() - self.cancelled:
                mine = [
                    (instant(scan["time"]), scan["kind"])
                    for scan in scans.values()
                    if scan["participant_id"] == person and scan["session_id"] == session.id
                ]
                self._hall(person, session, sorted(mine, key=lambda s: (s[0], s[1] == "in")))

    def _hall(self, person: str, session: Session, scans: list[tuple[int, str]]) -> None:
        since: int | None = None
        sheet = self.sheets[person][session.id]
        for at, kind in scans:
            if kind == "out" and since is None:
                self.doubtful.add(person)
            for second in range(since if since is not None else at, at):
                session.mark(sheet, second, CLOSED)
            since = at if kind == "in" else None
        if since is not None:
            expected = self.webinar.get("check_out_expected", False)
            for second in range(since, session.end):
                session.mark(sheet, second, END_INFERRED if expected else CLOSED)


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
