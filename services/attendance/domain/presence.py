"""Presence: how many seconds of each session's base one person was there (rules I2–I14).

`plan` once per state of a webinar, `measure` for every person.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from services.attendance.domain.evidence import (
    CLOSED,
    INFERRED_END,
    INFERRED_START,
    POSSIBLE,
    Astray,
    Evidence,
    Span,
    Spans,
    add_connections,
    add_lists,
    add_scans,
    apply_corrections,
    not_enrolled,
)
from services.attendance.domain.facts import Connection, Interval
from services.attendance.domain.intervals import covered, cut, union
from services.attendance.domain.plan import Plan, SessionPlan, plan
from services.attendance.domain.reported import unreported

__all__ = [
    "Evidence",
    "Measured",
    "Plan",
    "SessionMeasured",
    "at_stake",
    "counts",
    "measure",
    "plan",
]


class SessionMeasured(NamedTuple):
    """Seconds of one session's base, by what they rest on (rules D6, D7).

    `present`: all evidence. `closed`: observed events alone. `firm`: closed, or up to an inferred
    end. `possible`: present, with all that open review cases could add; `possible_firm`: firm, with
    the same. `late_seconds`: how long after the start somebody came who came too late to count
    (rule D1 `latest_join`), else None.
    """

    id: str
    present: int = 0
    closed: int = 0
    firm: int = 0
    possible: int = 0
    possible_firm: int = 0
    late_seconds: int | None = None


class Measured(NamedTuple):
    """One person's presence. `counted`: the clipped intervals with their sources (rule L4):
    (session index, from, to, mark, source), in order. `strange`: uuids that count and of whose life
    nothing is known. `unreported`: uuids with a report in which a user_id of theirs has no row (Z3)."""

    sessions: tuple[SessionMeasured, ...]
    counted: tuple[tuple[int, int, int, int, str], ...]
    astray: tuple[Astray, ...]
    corrections: int
    strange: tuple[str, ...]
    unreported: tuple[str, ...] = ()


_mark = itemgetter(2)


def measure(plan: Plan, evidence: Evidence, *, enrolled: bool = True) -> Measured:
    """What one person's evidence comes to; the same for any order and repetition of it (rule L1).

    Scans and lists of somebody who is not `enrolled` (any more) are 0 s and a case (rule W6).
    """
    spans = Spans(plan)
    if evidence.connections:
        add_connections(spans, evidence.connections, candidate=False)
    if enrolled and evidence.scans:
        add_scans(spans, evidence.scans)
    if enrolled and evidence.lists:
        add_lists(spans, evidence.lists)
    if not enrolled:
        spans.astray += not_enrolled(evidence)
    if evidence.candidates:
        add_connections(spans, evidence.candidates, candidate=True)
    corrections = apply_corrections(spans, evidence.corrections) if evidence.corrections else 0
    latest = plan.webinar.rule.latest_join
    sessions: list[SessionMeasured] = []
    counted: list[tuple[int, int, int, int, str]] = []
    for index, (session, rows) in enumerate(zip(plan.sessions, spans.rows, strict=True)):
        measured = _session(session, rows, latest)
        sessions.append(measured)
        if measured.present:
            counted += _counted(index, session, rows)
    return Measured(
        tuple(sessions),
        tuple(counted),
        tuple(sorted(set(spans.astray))),
        corrections,
        _strange(plan, evidence.connections),
        _unreported(plan, evidence.connections),
    )


def at_stake(plan: Plan, connection: Connection) -> tuple[int, tuple[Interval, ...]]:
    """(seconds in a base, visits inside the windows) of a connection by itself.

    Only one with at least 1 s is parked (rule W6).
    """
    spans = Spans(plan)
    add_connections(spans, (connection,), candidate=False)
    kept = [[row[:2] for row in rows if row[2] != POSSIBLE] for rows in spans.rows]
    seconds = sum(
        covered(rows, session.base) for session, rows in zip(plan.sessions, kept, strict=True)
    )
    return seconds, tuple(union(row for rows in kept for row in rows))


def counts(plan: Plan, connection: Connection) -> bool:
    """Whether a connection has at least 1 s in a base (rule W6)."""
    return at_stake(plan, connection)[0] > 0


def _session(session: SessionPlan, rows: Sequence[Span], latest: int | None) -> SessionMeasured:
    if not rows:
        return SessionMeasured(session.id)
    if not any(map(_mark, rows)):  # all of it rests on observed events
        seconds = _seconds(session, rows, latest)
        late = None if seconds else _late(session, rows, latest)
        return SessionMeasured(session.id, seconds, seconds, seconds, seconds, seconds, late)
    own = [row for row in rows if row[2] != POSSIBLE]
    present = _seconds(session, own, latest)
    return SessionMeasured(
        session.id,
        present,
        _seconds(session, [row for row in rows if row[2] == CLOSED], latest),
        _seconds(session, [row for row in rows if row[2] <= INFERRED_END], latest),
        _seconds(session, rows, latest),
        _seconds(session, [row for row in rows if row[2] != INFERRED_START], latest),
        None if present else _late(session, own, latest),
    )


def _seconds(session: SessionPlan, rows: Sequence[Span], latest: int | None) -> int:
    """Seconds in the base (rule I14); none for who came later than allowed (rule D1)."""
    if not rows or _late(session, rows, latest) is not None:
        return 0
    return covered([row[:2] for row in rows], session.base)


def _late(session: SessionPlan, rows: Sequence[Span], latest: int | None) -> int | None:
    if latest is None or not rows:
        return None
    late = min(rows)[0] - session.start
    return late if late > latest else None


def _counted(
    index: int, session: SessionPlan, rows: Sequence[Span]
) -> list[tuple[int, int, int, int, str]]:
    own = sorted({row for row in rows if row[2] != POSSIBLE})
    if session.whole:
        return [(index, *row) for row in own]
    return [
        (index, a, b, mark, source)
        for start, end, mark, source in own
        for a, b in cut((start, end), session.base)
    ]


def _strange(plan: Plan, connections: Sequence[Connection]) -> tuple[str, ...]:
    found = {
        connection.meeting_uuid
        for connection in connections
        if connection.meeting_uuid not in plan.lives
        and connection.number in plan.windows
        and connection.known
    }
    return tuple(sorted(found)) if found else ()


def _unreported(plan: Plan, connections: Sequence[Connection]) -> tuple[str, ...]:
    found = {
        connection.meeting_uuid
        for connection in connections
        if connection.reported
        and connection.number in plan.windows
        and unreported(connection.facts, connection.rows)
    }
    return tuple(sorted(found)) if found else ()
