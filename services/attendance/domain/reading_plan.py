"""When which meeting's report is to be read (rules Z1, D6): a function of what is known and the time."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.attendance.domain.reports import Read, confirmed

SLOWEST = 3600
"""Seconds between two reads of a report that does not get whole or stable."""
KEPT = 20 * 86_400
"""Seconds after a meeting was first heard of in which its report may be read: the webhooks that it
is compared with are kept for 28 days."""
ACTS = 27 * 86_400
"""Seconds after a uuid's first reading began in which anything is told of it: a day later its webhooks
and the claims on its rows may be gone, and all of its rows would look lost."""


class Pace(NamedTuple):
    """Seconds: `first` after a meeting is over, `reread` between two reads, and `again`: after it was
    over, when a confirmed report is looked at once more, for Zoom says nowhere when it is final."""

    first: int = 300
    reread: int = 60
    again: tuple[int, ...] = (3600, 21_600)


def settled(reads: Sequence[Read], reread: int) -> bool:
    """Whether the last whole read says what a confirmed one says."""
    whole = [read for read in reads if read.whole]
    known = {one.digest for one in confirmed(reads, reread)}
    return bool(whole) and max(whole).digest in known


def due_at(over: int, reads: Iterable[Read], pace: Pace, asked_ms: int = 0) -> int | None:
    """The second at which a meeting that is (or was) over at `over` is to be read next; None: it
    needs no more. `asked_ms`: when somebody asked for a read."""
    known = sorted(reads)
    if not known:
        return 0 if asked_ms else over + pace.first
    last = known[-1]
    if asked_ms > last.number:
        return 0
    if last.problem in {"page_token_died", "total_changed"} and _failed(known) == 1:
        return last.at  # start over at once
    if settled(known, pace.reread) and last.whole:
        later = [over + again for again in pace.again if over + again > last.number // 1000]
        return min(later, default=None)
    wait = max(pace.reread, 1) << min(_tries(known, pace.reread), 12)
    return last.at + min(max(SLOWEST, pace.reread), wait)


def _failed(reads: Sequence[Read]) -> int:
    """How many of the latest reads in a row were not whole."""
    count = 0
    for read in reversed(reads):
        if read.whole:
            break
        count += 1
    return count


def _tries(reads: Sequence[Read], reread: int) -> int:
    """How many reads since the last confirmed one did not lead to another."""
    sure = confirmed(reads, reread)
    since = sure[-1].number if sure else 0
    return max(0, sum(read.number > since for read in reads) - 1)
