"""Brute force: everybody's seconds in each session, and the connections that are nobody's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.oracle.owners import Enrolment, Register, is_staff, people_of_connections
from tests.oracle.seconds import (
    CLOSED,
    END_INFERRED,
    Life,
    Session,
    Walk,
    bound_of,
    lives,
    take_out_host_down,
)
from tests.oracle.zoom_facts import Connection, Facts, connections, instant


class Unresolved(NamedTuple):
    """A parked connection (rule W6) with its seconds inside a base."""

    uuid: str
    connection: str
    seconds: int
    candidates: frozenset[str]


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
