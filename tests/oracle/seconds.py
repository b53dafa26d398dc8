"""Rules I2 to I14, second by second: every second of every person in every session is a byte."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.oracle.zoom_facts import Connection, Facts, Seen, instant

CLOSED, END_INFERRED, START_INFERRED = 1, 2, 4
"""How a second is known (rules I4 to I6); a second may be known in several ways."""

REHEARSAL_SLACK = 120
SHORT_MEETING = 120
LONG_GAP = 1800


class Session:
    """A session's window, which of its seconds are in the base, and whether that is settled."""

    def __init__(self, session: Mapping[str, Any]) -> None:
        self.id: str = session["id"]
        self.start, self.end = instant(session["start"]), instant(session["end"])
        self.number = str((session.get("zoom") or {}).get("number") or "")
        self.base = bytearray(b"\1" * (self.end - self.start))
        for pause in session.get("breaks", ()):
            for second in range(instant(pause["start"]), instant(pause["end"])):
                self.take_out(second)
        self.unsettled = False

    def take_out(self, second: int) -> None:
        if self.start <= second < self.end:
            self.base[second - self.start] = 0

    def sheet(self) -> bytearray:
        """An empty sheet: one byte per second of the window."""
        return bytearray(self.end - self.start)

    def mark(self, sheet: bytearray, second: int, how: int) -> None:
        if self.start <= second < self.end:
            sheet[second - self.start] |= how


class Life:
    """When a meeting uuid began and ended, as far as anybody knows (rules F1, I7, I9)."""

    def __init__(self, uuid: str, facts: Facts) -> None:
        mine = [fact for fact in facts.seen if fact.uuid == uuid]
        self.uuid, self.number = uuid, facts.number_of[uuid]
        starts = facts.starts.get(uuid, set())
        self.started = min(starts) if starts else None
        self.practice_ended = facts.practice_ends.get(uuid)
        self.ended = facts.ends.get(uuid)
        self.rehearsal = self._is_rehearsal(mine, starts)
        if self.rehearsal:
            self.ended = self.practice_ended
        times = [fact.at for fact in mine] + list(starts)
        self.first = self.started if self.started is not None else min(times, default=0)

    def _is_rehearsal(self, mine: Iterable[Seen], starts: set[int]) -> bool:
        """Rule I9: nothing of it is known after its practice end."""
        if self.practice_ended is None:
            return False
        after = self.practice_ended
        if any(fact.kind == "joined" and fact.at > after for fact in mine):
            return False
        if any(start > after for start in starts):
            return False
        lefts = [fact.at for fact in mine if fact.kind == "left"]
        last = max([*lefts, self.ended or after])
        return last <= after + REHEARSAL_SLACK

    def holds(self, second: int) -> bool:
        """Whether presence in this uuid can count at this second."""
        if self.ended is not None and second >= self.ended:
            return False
        return self.practice_ended is None or second >= self.practice_ended

    def overlaps(self, session: Session) -> bool:
        return self.first < session.end and (self.ended is None or self.ended > session.start)


def lives(facts: Facts) -> dict[str, Life]:
    """Every meeting uuid that any fact names."""
    return {uuid: Life(uuid, facts) for uuid in facts.number_of}


def take_out_host_down(session: Session, known: Iterable[Life], exclude: bool) -> None:
    """Rules I12 and I13 on one session's base."""
    whole = sum(session.base)
    row = sorted(
        (life for life in known if life.number == session.number and life.overlaps(session)),
        key=lambda life: (life.first, life.started is not None, life.ended is None),
    )
    row = [life for life in row if not life.rehearsal and not _was_short(life)]
    for before, after in itertools.pairwise(row):
        if not exclude or before.ended is None or after.started is None:
            continue
        inside = range(max(before.ended, session.start), min(after.started, session.end))
        gap = [second for second in inside if session.base[second - session.start]]
        if len(gap) > LONG_GAP:
            session.unsettled = True
            continue
        for second in gap:
            session.take_out(second)
    session.unsettled |= 2 * sum(session.base) < whole


def _was_short(life: Life) -> bool:
    if life.started is None or life.ended is None:
        return False
    return life.ended - life.started < SHORT_MEETING


def bound_of(life: Life, last_seen: int, sessions: Sequence[Session], known: Iterable[Life]) -> int:
    """Rule I4: where a join without a leave ends."""
    if life.ended is not None:
        return life.ended
    ends = [s.end for s in sessions if s.number == life.number and s.end > last_seen]
    starts = [
        other.started
        for other in known
        if other.number == life.number
        and other.uuid != life.uuid
        and other.started is not None
        and other.started >= last_seen
    ]
    return min([min(ends), *starts]) if ends else last_seen


class Walk:
    """One connection, walked through second by second (rules I2, I3, I5, I6)."""

    def __init__(self, connection: Connection, life: Life) -> None:
        self.life = life
        self.joins: dict[int, set[str]] = {}
        self.leaves: dict[int, set[str]] = {}
        for fact in connection.facts:
            table = self.joins if fact.kind == "joined" else self.leaves
            table.setdefault(fact.at, set()).add(fact.user_id)
        self.ever_joined = {f.user_id for f in connection.facts if f.kind == "joined"}
        self.joined_at: dict[str, int] = {}
        self.latest_join = 0
        self.inside = False
        self.last_leave: int | None = None
        self.last_seen = min(fact.at for fact in connection.facts)
        self.unobserved: list[int] = []
        self.start_unknown = False

    def marks(self) -> Iterator[tuple[int, int]]:
        """(second, how it is known) from the first to the last fact."""
        times = [*self.joins, *self.leaves]
        for second in range(min(times), max(times) + 1):
            joins, leaves = self.joins.get(second, set()), self.leaves.get(second, set())
            yield from self._visits_of_nothing(second, joins & leaves)
            for user in sorted(leaves - joins):
                yield from self._leave(second, user)
            for user in sorted(joins - leaves):
                yield from self._join(second, user)
            if self.inside:
                self.unobserved.append(second)

    def _observed(self, second: int) -> Iterator[tuple[int, int]]:
        yield from ((past, CLOSED) for past in self.unobserved)
        self.unobserved, self.last_seen = [], second

    def _visits_of_nothing(self, second: int, users: set[str]) -> Iterator[tuple[int, int]]:
        if users:
            yield from self._observed(second)
            if not self.inside:
                self.last_leave = second

    def _join(self, second: int, user: str) -> Iterator[tuple[int, int]]:
        yield from self._observed(second)
        self.inside, self.latest_join = True, second
        self.joined_at[user] = second

    def _leave(self, second: int, user: str) -> Iterator[tuple[int, int]]:
        if user in self.ever_joined:
            joined = self.joined_at.get(user)
            if not self.inside or joined is None or joined < self.latest_join:
                return  # stale, late or repeated: it changes nothing
        if self.inside:
            yield from self._observed(second)
            self.inside = False
        else:
            yield from self._lost_join(second)
        self.last_leave = self.last_seen = second

    def _lost_join(self, second: int) -> Iterator[tuple[int, int]]:
        opened = self.last_leave if self.last_leave is not None else self.life.started
        if opened is None:
            self.start_unknown = True
            return
        yield from ((past, START_INFERRED) for past in range(opened, second))
