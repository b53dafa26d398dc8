"""In the room: scans at the gates (rule I10)."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from services.attendance.domain.facts import Interval, Scan

_at = itemgetter(4)


class InRoom(NamedTuple):
    """`closed`: between observed scans. `open_since`: the last scan of somebody who did not check
    out. `astray`: (last out or None, out) of outs without an in: 0 s, and review."""

    closed: list[Interval]
    open_since: int | None
    astray: list[tuple[int | None, int]]


def in_room(scans: Iterable[Scan]) -> InRoom:
    """One person's time in one session's hall, over all gates; an in wins a tie (rule I10)."""
    closed: list[Interval] = []
    astray: list[tuple[int | None, int]] = []
    opened: int | None = None
    seen = 0
    last_out: int | None = None
    # One scan id is one scan; of two contents (the door refuses the second) always the same acts.
    known = {scan.scan_id: scan for scan in sorted(scans, reverse=True)}
    for at, group in groupby(sorted(known.values(), key=_at), key=_at):
        came = any(scan.kind == "in" for scan in group)
        if came:
            opened = at if opened is None else opened
            seen = at
            continue
        if opened is None:
            astray.append((last_out, at))
        else:
            closed.append((opened, at))
        opened, last_out = None, at
    if opened is not None and opened < seen:
        closed.append((opened, seen))
    return InRoom(closed, None if opened is None else seen, astray)
