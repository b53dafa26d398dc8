"""Zoom's report of one meeting uuid: which reads of it are confirmed, what a row says (rules Z1, Z2)."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from services.attendance.domain.facts import Interval

EMPTY = "rows:0"
"""The digest of a report without rows."""
NEAR = 30 * 3600
"""Seconds around what is known of a uuid in which a row can be of it: Zoom ends a meeting by then."""
_GLUED = re.compile(r"(\d+?)\d{4}-\d{2}-\d{2}[ T].*", re.DOTALL)


class Read(NamedTuple):
    """One whole reading of a uuid's report. `number`: the millisecond at which it began, so later
    reads have higher ones; `at`: the second at which it ended; `rows`: how many came, of `total`.
    `problem`: why it broke off, if it did."""

    number: int
    at: int
    total: int
    rows: int
    digest: str
    problem: str = ""

    @property
    def whole(self) -> bool:
        """Every row that Zoom said there is came, and no other."""
        return not self.problem and self.rows == self.total


class Row(NamedTuple):
    """One stay in the meeting; e-mail address and customer key are pseudonyms."""

    user_id: str
    join: int
    leave: int
    registrant_id: str = ""
    email: str = ""
    customer_key: str = ""


class Confirmed(NamedTuple):
    """A read that another one confirms; its rows are known by their digest."""

    number: int
    digest: str


def confirmed(reads: Iterable[Read], reread_seconds: int) -> tuple[Confirmed, ...]:
    """The reads that an earlier one with the same digest confirms, which was over at least
    `reread_seconds` before they began (rule Z1); in order, so the last one wins (rule Z2)."""
    over: dict[str, int] = {}
    found = []
    for read in sorted(read for read in reads if read.whole):
        first = over.get(read.digest)
        if first is not None and read.number // 1000 - first >= reread_seconds:
            found.append(Confirmed(read.number, read.digest))
        over[read.digest] = read.at if first is None else min(first, read.at)
    return tuple(found)


def says_none(reads: Iterable[Read]) -> bool:
    """Whether a read said that there is no report: Zoom makes none for a single participant."""
    return any(read.whole and not read.total for read in reads)


def root(user_id: str) -> str:
    """The user_id that a row is matched by: Zoom glues a time to those of breakout rooms."""
    glued = _GLUED.fullmatch(user_id)
    return glued.group(1) if glued else user_id


def refusal(user_id: str, join: int | None, leave: int | None, around: Interval | None) -> str:
    """Why a row is no evidence ('' when it is): it still counts for the total.

    `around`: the first and the last second at which the uuid is known to have been there; a row far
    from it is of another meeting.
    """
    if not user_id:
        return "no_user_id"
    if join is None or leave is None:
        return "no_time"
    if leave < join:
        return "leave_before_join"
    if around is not None and not around[0] - NEAR <= join <= leave <= around[1] + NEAR:
        return "another_meeting"
    return "too_long" if leave - join > NEAR else ""


def lone(participants: Mapping[int, Collection[str]], sources: int) -> bool:
    """Whether all partitions together saw at most one participant (rule Z1)."""
    seen = {who for told in participants.values() for who in told}
    return len(participants) == sources and len(seen) <= 1
