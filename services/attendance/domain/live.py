"""Who is in at a second (rule V1): the same intervals as a decision rests on, not cut to windows.

People who come early, or stay on, are in; a visit that nothing has ended yet lasts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.attendance.domain.evidence import (
    INFERRED_END,
    POSSIBLE,
    Evidence,
    Spans,
    add_lists,
    pieces,
)
from services.attendance.domain.facts import Connection, Interval, Scan
from services.attendance.domain.plan import Plan, Windows
from services.attendance.domain.rooms import in_room

LAG = 3
"""Seconds (rule V1): by then a join has come in whose leave, of the same second, came first."""
OVERTIME = 3_600
"""Seconds after the last official end of a day up to which a visit that nothing ended is shown."""
DAY = 86_400


class There(NamedTuple):
    """Where somebody is at a second, and the next second at which that may change by itself."""

    room: bool
    online: bool
    until: int | None


NOWHERE = There(False, False, None)


def there(plan: Plan, evidence: Evidence, at: int) -> There:
    """One person at the second `at`, by all that is known now."""
    online = [piece for c in evidence.connections for piece in _online(plan, c)]
    room = [*_scanned(plan, evidence.scans), *_listed(plan, evidence)]
    bounds = [edge for interval in (*online, *room) for edge in interval if edge > at]
    return There(_in(room, at), _in(online, at), min(bounds, default=None))


def over(plan: Plan, at: int) -> bool:
    """Whether nobody can be in any more."""
    return max(session.end for session in plan.sessions) + OVERTIME < at


def _in(intervals: Iterable[Interval], at: int) -> bool:
    return any(start <= at < end for start, end in intervals)


def _online(plan: Plan, connection: Connection) -> list[Interval]:
    windows = plan.windows.get(connection.number)
    if windows is None or not connection.known:
        return []
    unbounded = plan.life_of(connection.meeting_uuid).end is None and connection.limits is None
    found = []
    for start, end, mark in pieces(plan, connection):
        if mark == INFERRED_END and unbounded:
            end = max(end, _lasting(windows, connection.meeting_uuid, start))
        if mark != POSSIBLE and start < end:
            found.append((start, end))
    return found


def _lasting(windows: Windows, uuid: str, seen: int) -> int:
    """How long a visit is shown that nothing has ended: the meeting may run over, not for ever."""
    near = bisect_right(windows.ends, seen + DAY)
    end = windows.ends[near - 1] + OVERTIME if near else seen
    for start, other in windows.starts[bisect_left(windows.starts, (seen, "")) :]:
        if other != uuid:
            return min(end, start)
    return end


def _scanned(plan: Plan, scans: Sequence[Scan]) -> list[Interval]:
    found: list[Interval] = []
    for session_id in {scan.session_id for scan in scans} & plan.index.keys():
        room = in_room(scan for scan in scans if scan.session_id == session_id)
        found += room.closed
        if room.open_since is not None:
            found.append((room.open_since, plan.sessions[plan.index[session_id]].end))
    return found


def _listed(plan: Plan, evidence: Evidence) -> list[Interval]:
    if not evidence.lists:
        return []
    spans = Spans(plan)
    add_lists(spans, evidence.lists)
    return [(a, b) for rows in spans.rows for a, b, mark, _ in rows if mark != POSSIBLE]
