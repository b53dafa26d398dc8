"""One code at two gates at once, as when it was photographed: flagged; no verdict changes."""

from collections.abc import Iterable
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from services.attendance.domain.facts import Scan

AT_ONCE = 120
"""Seconds within which nobody is expected to come in at one gate and again at another one."""


class AtTwoGates(NamedTuple):
    """Two scans in, at different gates of one session, at most `AT_ONCE` apart, no out between."""

    session_id: str
    first: Scan
    second: Scan


def at_two_gates(scans: Iterable[Scan]) -> list[AtTwoGates]:
    """One person's pairs, in order of session and time; the same for any order of the scans.

    A scan without a gate's name tells nothing. An out at the second of the later in is between
    them: in doubt the person did leave.
    """
    named = sorted({s for s in scans if s.kind == "out" or _gate(s)}, key=_order)
    found = []
    for session_id, group in groupby(named, key=attrgetter("session_id")):
        for first, second in pairwise(group):
            ins = first.kind == second.kind == "in"
            if ins and _gate(first) != _gate(second) and second.at - first.at <= AT_ONCE:
                found.append(AtTwoGates(session_id, first, second))
    return found


def _gate(scan: Scan) -> str:
    return scan.gate.strip().casefold()


def _order(scan: Scan) -> tuple[str, int, bool, str, str]:
    return scan.session_id, scan.at, scan.kind == "in", scan.gate, scan.scan_id
