"""One person's evidence → spans of time per session, each with its source and its certainty.

Marks say what a span rests on: observed events (CLOSED), an inferred end or an inferred start
(rule I6), or something that only a review case could turn into presence (POSSIBLE).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.attendance.domain.codes import Problem
from services.attendance.domain.facts import Connection, Correction, ProctorList, Scan
from services.attendance.domain.intervals import FOREVER, cut
from services.attendance.domain.plan import Plan, SessionPlan
from services.attendance.domain.reported import with_rows
from services.attendance.domain.rooms import in_room
from services.attendance.domain.visits import visits

CLOSED, INFERRED_END, INFERRED_START, POSSIBLE = 0, 1, 2, 3

Span = tuple[int, int, int, str]
"""(from, to, mark, source)"""


class Evidence(NamedTuple):
    """All of one person's evidence in one webinar; nothing in it is ordered.

    `candidates` are connections of open review cases that may be this person's (rule D6).
    """

    connections: tuple[Connection, ...] = ()
    scans: tuple[Scan, ...] = ()
    corrections: tuple[Correction, ...] = ()
    lists: tuple[ProctorList, ...] = ()
    candidates: tuple[Connection, ...] = ()


class Astray(NamedTuple):
    """Evidence that gives 0 s and a review case (rules I5, I10, I11)."""

    problem: Problem
    source: str
    at: int


class Spans:
    """Spans per session, clipped to the session's window, and what went astray."""

    __slots__ = ("astray", "plan", "rows")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows: list[list[Span]] = [[] for _ in plan.sessions]
        self.astray: list[Astray] = []

    def add(self, index: int, start: int, end: int, mark: int, source: str) -> None:
        """A span, cut to the window of that session."""
        session = self.plan.sessions[index]
        start = max(session.start, start)
        end = min(session.end, end)
        if start < end:
            self.rows[index].append((start, end, mark, source))

    def stray(self, index: int, astray: Astray, start: int, end: int) -> None:
        """0 s, and review: what a settlement could make of it is POSSIBLE (rule D6).

        No review where it could make nothing of it.
        """
        before = len(self.rows[index])
        self.add(index, start, end, POSSIBLE, astray.source)
        if len(self.rows[index]) > before:
            self.astray.append(astray)


def pieces(plan: Plan, connection: Connection) -> list[tuple[int, int, int]]:
    """(from, to, mark) of one connection within its meeting's life (rules I4–I7, I9).

    A leave without any known start is POSSIBLE from as early as it could have begun.
    """
    facts, rows = connection.facts, connection.rows
    known = visits(with_rows(facts, rows) if rows else facts)
    life = plan.life_of(connection.meeting_uuid)
    floor = life.floor or 0
    found = [(start, end, CLOSED) for start, end in known.closed]
    for opening, leave in known.lost:
        start = life.start if opening is None else opening
        found.append((floor, leave, POSSIBLE) if start is None else (start, leave, INFERRED_START))
    if known.open_since is not None:
        end = life.end
        if end is None:
            windows = plan.windows[connection.number]
            end = windows.inferred_end(connection.meeting_uuid, known.open_since)
        found.append((known.open_since, end, INFERRED_END))
    if floor or life.end is not None:
        last = FOREVER if life.end is None else life.end
        found = [(max(start, floor), min(end, last), mark) for start, end, mark in found]
    if connection.limits is None:
        return found
    limits = connection.limits
    return [(a, b, mark) for start, end, mark in found for a, b in cut((start, end), limits)]


def add_connections(spans: Spans, connections: Iterable[Connection], candidate: bool) -> None:
    """Connections count in the sessions of their own Zoom number (rule I8)."""
    plan = spans.plan
    for connection in connections:
        windows = plan.windows.get(connection.number)
        if windows is None or not connection.known:
            continue
        source = connection.connection_id
        for start, end, mark in pieces(plan, connection):
            for index, opens, closes in windows.sessions:
                if start >= closes or end <= opens:
                    continue
                if candidate:
                    spans.add(index, start, end, POSSIBLE, source)
                elif mark == POSSIBLE:
                    stray = Astray(Problem.LEAVE_WITHOUT_START, source, end)
                    spans.stray(index, stray, start, end)
                else:
                    spans.add(index, start, end, mark, source)


def add_scans(spans: Spans, scans: Sequence[Scan]) -> None:
    """Scans count in their own session (rule I10)."""
    expected = spans.plan.webinar.check_out_expected
    for session_id in sorted({scan.session_id for scan in scans} & spans.plan.index.keys()):
        index = spans.plan.index[session_id]
        source = f"room:{session_id}"
        room = in_room(scan for scan in scans if scan.session_id == session_id)
        for start, end in room.closed:
            spans.add(index, start, end, CLOSED, source)
        if room.open_since is not None:
            mark = INFERRED_END if expected else CLOSED
            spans.add(index, room.open_since, spans.plan.sessions[index].end, mark, source)
        for last_out, at in room.astray:
            stray = Astray(Problem.OUT_WITHOUT_IN, source, at)
            spans.stray(index, stray, last_out or 0, at)


def not_enrolled(evidence: Evidence) -> list[Astray]:
    """The case of each scan and list of somebody who is not enrolled (rule W6)."""
    scans = [Astray(Problem.NOT_ENROLLED, f"scan:{s.scan_id}", s.at) for s in evidence.scans]
    lists = [Astray(Problem.NOT_ENROLLED, f"list:{one.list_id}", 0) for one in evidence.lists]
    return scans + lists


def add_lists(spans: Spans, lists: Sequence[ProctorList]) -> None:
    """Proctors' lists: the highest version of each holds (rule I11)."""
    held: dict[tuple[str, str], ProctorList] = {}
    for listed in sorted(lists, key=lambda one: (one.version, one.named, repr(one))):
        held[listed.session_id, listed.list_id] = listed
    for listed in held.values():
        index = spans.plan.index.get(listed.session_id)
        if listed.named and index is not None:
            _add_list(spans, index, listed)


def _add_list(spans: Spans, index: int, listed: ProctorList) -> None:
    session = spans.plan.sessions[index]
    start, end = _hours(session, listed)
    source = f"list:{listed.list_id}"
    if listed.room is None and (listed.start is not None or listed.end is not None):
        return spans.add(index, start, end, CLOSED, source)
    found = [
        piece
        for connection in listed.room or ()
        if connection.known and connection.number in spans.plan.windows
        for piece in pieces(spans.plan, connection)
        if piece[2] != POSSIBLE
    ]
    if not found:  # nothing says when the room was connected
        return spans.stray(index, Astray(Problem.ROOM_UNKNOWN, source, start), start, end)
    for a, b, mark in found:
        spans.add(index, max(a, start), min(b, end), mark, source)
    return None


def _hours(session: SessionPlan, listed: ProctorList) -> tuple[int, int]:
    start = session.start if listed.start is None else max(session.start, listed.start)
    end = session.end if listed.end is None else min(session.end, listed.end)
    return start, end


def apply_corrections(spans: Spans, corrections: Sequence[Correction]) -> int:
    """Operators' words in the order (made_at, id): the last stands over all evidence (rule F2).

    Returns how many act.
    """
    gone = {correction.id for correction in corrections if correction.withdrawn}
    standing = {c.id: c for c in sorted(corrections, key=repr, reverse=True) if c.id not in gone}
    for correction in sorted(standing.values(), key=lambda c: (c.made_at, c.id)):
        for index, session in enumerate(spans.plan.sessions):
            if correction.session_id in {None, session.id}:
                _correct(spans, index, correction)
    return len(standing)


def _correct(spans: Spans, index: int, correction: Correction) -> None:
    if correction.kind == "add":
        source = f"correction:{correction.id}"
        return spans.add(index, correction.start, correction.end, CLOSED, source)
    away, back = correction.start, correction.end
    spans.rows[index] = [
        (a, b, mark, source)
        for start, end, mark, source in spans.rows[index]
        for a, b in ((start, min(end, away)), (max(start, back), end))
        if a < b
    ]
    return None
