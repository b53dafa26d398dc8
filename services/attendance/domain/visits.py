"""One connection's joins and leaves → its visits (rules I2, I3, I5, I6).

Only facts of the connection itself are looked at; what its meeting uuid adds (starts, ends,
rehearsals) is added in `zoom.pieces`.
"""

from collections.abc import Collection, Iterable
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from services.attendance.domain.facts import Fact, Interval

_at = itemgetter(2)


class Visits(NamedTuple):
    """`closed`: between observed events. `lost`: (opening, leave) of leaves whose join is lost;
    the opening is None when the connection was never in before. `open_since`: the last observed
    event of a connection that is still in."""

    closed: list[Interval]
    lost: list[tuple[int | None, int]]
    open_since: int | None


def visits(facts: Collection[Fact]) -> Visits:
    """The visits of one connection from the set of its facts; order and repetition say nothing."""
    if len(facts) == 1:
        ((kind, _, at),) = facts
        if kind == "j":
            return Visits([], [], at)
    elif len(facts) == 2:
        plain = _plain(*facts)
        if plain is not None:
            return plain
    known = set(facts)
    walk = _Walk(known)
    for at, group in groupby(sorted(known, key=_at), key=_at):
        joins, leaves = set[str](), set[str]()
        for kind, user_id, _ in group:
            (joins if kind == "j" else leaves).add(user_id)
        walk.step(at, joins, leaves)
    return walk.result()


def _plain(one: Fact, other: Fact) -> Visits | None:
    """The usual connection: one join, and one later leave of the same user_id."""
    if one[0] == "l":
        one, other = other, one
    if one[0] == "j" and other[0] == "l" and one[1] == other[1] and one[2] < other[2]:
        return Visits([(one[2], other[2])], [], None)
    return None


class _Walk:
    """The state between two seconds: in since `opened`, or out."""

    __slots__ = ("closed", "ever", "joined", "last_leave", "latest", "lost", "opened", "seen")

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.ever = {user_id for kind, user_id, _ in facts if kind == "j"}
        self.joined: dict[str, int] = {}
        self.latest = 0  # the latest join that was no visit of 0 s; means something only while in
        self.opened: int | None = None
        self.seen = 0  # the last observed event; means something only while in
        self.last_leave: int | None = None
        self.closed: list[Interval] = []
        self.lost: list[tuple[int | None, int]] = []

    def step(self, at: int, joins: set[str], leaves: set[str]) -> None:
        """All that happened in one second (rule I2: the order within it is not known)."""
        nothing = joins & leaves  # a join and a leave of one user_id: a visit of 0 s
        moved = joins - nothing
        left = leaves - nothing
        if self.opened is None:
            self._while_out(at, moved, left, nothing)
        else:
            self._while_in(at, self.opened, moved, left, nothing)
        for user_id in moved:
            self.joined[user_id] = at

    def _while_in(
        self, at: int, opened: int, moved: set[str], left: set[str], nothing: set[str]
    ) -> None:
        if moved:  # a join wins over a leave of another user_id
            self.latest = self.seen = at
        elif any(not self._stale(user_id) for user_id in left):
            self.closed.append((opened, at))
            self.opened = None
            self.last_leave = at
        elif nothing:
            self.seen = at

    def _while_out(self, at: int, moved: set[str], left: set[str], nothing: set[str]) -> None:
        if any(user_id not in self.ever for user_id in left):
            self.lost.append((self.last_leave, at))
            self.last_leave = at
        if moved:
            self.opened = self.latest = self.seen = at
        elif nothing:
            self.last_leave = at

    def _stale(self, user_id: str) -> bool:
        """Of somebody else than who is in: they joined before, only for 0 s, or not yet."""
        return user_id in self.ever and self.joined.get(user_id, -1) < self.latest

    def result(self) -> Visits:
        if self.opened is None:
            return Visits(self.closed, self.lost, None)
        if self.opened < self.seen:
            self.closed.append((self.opened, self.seen))
        return Visits(self.closed, self.lost, self.seen)
