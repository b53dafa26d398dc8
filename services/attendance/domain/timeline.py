"""One person's evidence as lines of time, and what of it counted: the picture behind a decision."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from services.attendance.domain.evidence import (
    CLOSED,
    INFERRED_END,
    POSSIBLE,
    Evidence,
    Spans,
    add_lists,
    pieces,
)
from services.attendance.domain.facts import Connection, Interval, Scan
from services.attendance.domain.intervals import cut, subtract, union
from services.attendance.domain.plan import Plan, SessionPlan
from services.attendance.domain.presence import SessionMeasured, measure
from services.attendance.domain.rooms import in_room

MARGIN = 1_800
"""Seconds shown before and after a session's window."""
Kind = Literal["connection", "phone", "room", "list", "added", "removed"]


class Bar(NamedTuple):
    """A stretch of one piece of evidence. `mark`: what it rests on (`evidence.CLOSED` …).

    `theirs` is False for a connection that an open review case holds: it may be this person's.
    """

    kind: Kind
    source: str
    start: int
    end: int
    mark: int
    theirs: bool = True


class SessionLine(NamedTuple):
    """One session. `counted`: the union of what counted, inside the base (rule I14)."""

    plan: SessionPlan
    breaks: tuple[Interval, ...]
    host_down: tuple[Interval, ...]
    bars: tuple[Bar, ...]
    counted: tuple[Interval, ...]
    measured: SessionMeasured


def timeline(plan: Plan, evidence: Evidence, *, enrolled: bool = True) -> tuple[SessionLine, ...]:
    """The lines of all sessions; the seconds of `counted` are those that `measure` gives."""
    measured = measure(plan, evidence, enrolled=enrolled)
    lines = []
    for index, session in enumerate(plan.sessions):
        breaks = plan.webinar.sessions[index].breaks
        open_ = subtract([(session.start, session.end)], breaks)
        counted = union(
            part
            for at, start, end, _, _ in measured.counted
            if at == index
            for part in cut((start, end), session.base)
        )
        lines.append(
            SessionLine(
                session, breaks, tuple(subtract(open_, session.base)),
                tuple(sorted(set(_bars(plan, index, evidence)), key=_order)), tuple(counted),
                measured.sessions[index],
            )
        )  # fmt: skip
    return tuple(lines)


def _order(bar: Bar) -> tuple[bool, int, int, str]:
    return not bar.theirs, bar.start, bar.end, bar.source


def _bars(plan: Plan, index: int, evidence: Evidence) -> Iterator[Bar]:
    session = plan.sessions[index]
    for connection in evidence.connections:
        yield from _of_connection(plan, session, connection, theirs=True)
    for connection in evidence.candidates:
        yield from _of_connection(plan, session, connection, theirs=False)
    scans = [scan for scan in evidence.scans if scan.session_id == session.id]
    if scans:
        yield from _of_room(plan, session, scans)
    spans = Spans(plan)
    add_lists(spans, evidence.lists)
    for start, end, mark, source in spans.rows[index]:
        yield Bar("list", source, start, end, mark)
    yield from _of_corrections(session, evidence)


def _of_connection(
    plan: Plan, session: SessionPlan, connection: Connection, *, theirs: bool
) -> Iterator[Bar]:
    if connection.number != session.number or not connection.known:
        return
    for start, end, mark in pieces(plan, connection):
        low = session.start if mark == POSSIBLE else session.start - MARGIN
        start, end = max(start, low), min(end, session.end + MARGIN)
        if start < end:
            kind: Kind = "phone" if connection.phone else "connection"
            yield Bar(kind, connection.connection_id, start, end, mark, theirs)


def _of_room(plan: Plan, session: SessionPlan, scans: list[Scan]) -> Iterator[Bar]:
    """Each stretch with the gates at which it began and ended."""
    room, last = in_room(scans), session.end
    expected = plan.webinar.check_out_expected
    stretches = [(start, end, CLOSED) for start, end in room.closed]
    if room.open_since is not None and room.open_since < last:
        stretches.append((room.open_since, last, INFERRED_END if expected else CLOSED))
    stretches += [(max(start or 0, session.start), end, POSSIBLE) for start, end in room.astray]
    for start, end, mark in stretches:
        ends = {end} if mark == POSSIBLE else {start, end}
        gates = sorted({scan.gate for scan in scans if scan.at in ends and scan.gate})
        if start < end:
            yield Bar("room", ", ".join(gates), start, end, mark)


def _of_corrections(session: SessionPlan, evidence: Evidence) -> Iterator[Bar]:
    gone = {correction.id for correction in evidence.corrections if correction.withdrawn}
    for one in evidence.corrections:
        if one.id not in gone and one.session_id in {None, session.id}:
            start, end = max(one.start, session.start), min(one.end, session.end)
            kind: Kind = "added" if one.kind == "add" else "removed"
            if start < end:
                yield Bar(kind, one.id, start, end, CLOSED)
