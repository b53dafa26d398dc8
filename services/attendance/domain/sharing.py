"""One link used from two places at once (rule W7): flagged, and no verdict changes."""

from collections.abc import Collection, Iterable
from itertools import combinations
from typing import NamedTuple

from services.attendance.domain.evidence import CLOSED, pieces
from services.attendance.domain.facts import Connection, Interval
from services.attendance.domain.intervals import cut, length, union
from services.attendance.domain.plan import Plan

TOGETHER = 120
"""Seconds of closed overlap from which a pair is flagged; a reconnection overlaps less."""
Linked = tuple[Connection, Collection[str]]
"""A connection and the registrant ids that its events carry."""


class SharedLink(NamedTuple):
    """Two connections by one link at once, from different networks; `seconds` inside the windows."""

    first: str
    second: str
    seconds: int


def shared_links(plan: Plan, connections: Iterable[Linked]) -> list[SharedLink]:
    """One person's pairs, in order; the same for any order of the connections."""
    known = sorted((c.connection_id, c, links) for c, links in connections if c.ip_tags and links)
    spent = {name: _closed(plan, connection) for name, connection, _ in known}
    found = []
    for (one, a, mine), (other, b, theirs) in combinations(known, 2):
        if set(mine).isdisjoint(theirs) or not set(a.ip_tags).isdisjoint(b.ip_tags):
            continue
        both = length([part for span in spent[one] for part in cut(span, spent[other])])
        if both >= TOGETHER:
            found.append(SharedLink(one, other, both))
    return found


def _closed(plan: Plan, connection: Connection) -> list[Interval]:
    """Its closed time inside the windows of its number's sessions."""
    windows = plan.windows.get(connection.number)
    if windows is None or not connection.facts:
        return []
    spans = [(a, b) for a, b, mark in pieces(plan, connection) if mark == CLOSED]
    return union(
        part
        for _, start, end in windows.sessions
        for span in spans
        for part in cut(span, [(start, end)])
    )
