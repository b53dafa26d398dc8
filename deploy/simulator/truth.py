"""The ground truth: what the attendance rules say of the facts that were really delivered.

Interval arithmetic, written apart from the services and from the tests' brute force. It knows what
the simulator guarantees and no more: every meeting's `started` is delivered, an identifier of one
person never appears in another's connection, and all clocks of rule L2 have passed.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deploy.simulator.board import Board
from deploy.simulator.intervals import intersect, seconds, union
from deploy.simulator.timetable import Meeting

CLOSED, END_INFERRED, START_INFERRED = range(3)


class Fact(NamedTuple):
    """A delivered join (`j`) or leave (`l`); `connection` may be empty (rule I1)."""

    meeting: int
    connection: str
    user: str
    kind: str
    at: int
    named: bool
    """It carries an identifier of the person."""


class Bind(NamedTuple):
    """A phone leg's user_id and its app leg's."""

    meeting: int
    leg: str
    app: str


class HallScan(NamedTuple):
    """A delivered scan: session index, `in` or `out`, the second."""

    session: int
    kind: str
    at: int


class SessionFigures(NamedTuple):
    """Seconds of one session."""

    id: str
    present: int
    base: int
    required: int


class Outcome(NamedTuple):
    """What must come out for one person when every clock has passed."""

    verdict: str
    present: int
    base: int
    required: int
    sessions: tuple[SessionFigures, ...]
    unresolved: int
    """Connections that nobody can be credited with (rule W6)."""

    @property
    def certificate(self) -> bool:
        return self.verdict == "eligible"


Spell = tuple[int, int, int]
"""(from, to, how it is known)."""


def outcome(
    board: Board, facts: Iterable[Fact], binds: Sequence[Bind], scans: Sequence[HallScan]
) -> Outcome:
    """What must come out for the person whose delivered facts these are."""
    mine: list[tuple[Meeting, Spell]] = []
    unresolved = 0
    for meeting, named, spells in _connections(board, facts, binds):
        if named:
            mine += [(meeting, spell) for spell in spells]
        elif _touches_a_base(board, meeting, spells):
            unresolved += 1
    return _decide(board, mine, scans, unresolved)


def _connections(
    board: Board, facts: Iterable[Fact], binds: Sequence[Bind]
) -> list[tuple[Meeting, bool, list[Spell]]]:
    """Rules I1 and W3: the connections, whether they have an owner, and their spells."""
    facts = set(facts)
    names = {(f.meeting, f.user): f.connection for f in facts if f.connection}
    groups: dict[tuple[int, str], list[Fact]] = {}
    for fact in facts:
        name = fact.connection or names.get((fact.meeting, fact.user), fact.user)
        groups.setdefault((fact.meeting, name), []).append(fact)
    named = {key for key, group in groups.items() if any(f.named for f in group)}
    by_user = {(f.meeting, f.user): key for key, group in groups.items() for f in group}
    bound = {
        by_user[bind.meeting, bind.leg]
        for bind in binds
        if (bind.meeting, bind.leg) in by_user and by_user.get((bind.meeting, bind.app)) in named
    }
    meetings = board.timetable.meetings
    return [
        (meetings[key[0]], key in named or key in bound, spells_of(board, meetings[key[0]], group))
        for key, group in groups.items()
    ]


def spells_of(board: Board, meeting: Meeting, facts: Sequence[Fact]) -> list[Spell]:
    """Rules I2 to I7 on one connection."""
    joins = {(f.user, f.at) for f in facts if f.kind == "j"}
    leaves = {(f.user, f.at) for f in facts if f.kind == "l"}
    track = _Track(board, meeting, {user for user, _ in joins})
    steps = [(at, 0, user) for user, at in leaves - joins]
    steps += [(at, 1, user) for user, at in joins - leaves]
    steps += [(at, -1, user) for user, at in joins & leaves]
    for at, kind, user in sorted(steps):
        (track.touch, track.leave, track.join)[kind + 1](at, user)
    return track.finish()


class _Track:
    """The state of one connection between two of its events."""

    def __init__(self, board: Board, meeting: Meeting, joiners: set[str]) -> None:
        self.board, self.meeting, self.joiners = board, meeting, joiners
        self.spells: list[Spell] = []
        self.since: int | None = None
        self.seen = 0
        self.joined: dict[str, int] = {}
        self.last_leave = meeting.opened

    def _see(self, at: int) -> None:
        if self.since is not None:
            self.spells.append((self.since, at, CLOSED))
            self.since = at
        self.seen = at

    def touch(self, at: int, _: str) -> None:
        """A visit of 0 s."""
        self._see(at)
        if self.since is None:
            self.last_leave = at

    def join(self, at: int, user: str) -> None:
        self._see(at)
        self.since = self.joined[user] = at

    def leave(self, at: int, user: str) -> None:
        if user in self.joiners:
            latest = max(self.joined.values(), default=0)
            if self.since is None or self.joined.get(user, -1) < latest:
                return
        if self.since is None:
            self.spells.append((self.last_leave, at, START_INFERRED))
        self._see(at)
        self.since, self.last_leave = None, at

    def finish(self) -> list[Spell]:
        if self.since is not None:
            bound = self.board.bound(self.meeting, self.seen)
            self.spells.append((self.seen, bound, END_INFERRED))
        begin, end = self.board.live(self.meeting)
        return [(max(a, begin), min(b, end), how) for a, b, how in self.spells]


def _touches_a_base(board: Board, meeting: Meeting, spells: Iterable[Spell]) -> bool:
    inside = union((a, b) for a, b, _ in spells)
    return any(
        intersect(inside, base)
        for session, base in zip(board.timetable.sessions, board.bases, strict=True)
        if session.number == meeting.number
    )


def _hall(board: Board, index: int, scans: Iterable[HallScan]) -> list[Spell]:
    """Rule I10: in to out; who is not seen going out stays to the official end."""
    found: list[Spell] = []
    since: int | None = None
    for at, kind in sorted((s.at, s.kind == "in") for s in scans if s.session == index):
        if since is not None:
            found.append((since, at, CLOSED))
        since = at if kind else None
    if since is not None:
        how = END_INFERRED if board.scenario.check_out_expected else CLOSED
        found.append((since, board.timetable.sessions[index].end, how))
    return found


def _decide(
    board: Board,
    zoom: Sequence[tuple[Meeting, Spell]],
    scans: Sequence[HallScan],
    unresolved: int,
) -> Outcome:
    by_session = []
    for n, session in enumerate(board.timetable.sessions):
        spells = [spell for meeting, spell in zoom if meeting.number == session.number]
        by_session.append(spells + _hall(board, n, scans))
    everything = _figures(board, by_session, START_INFERRED)
    verdict = "not_eligible"
    if _reached(board, everything):
        certain = _reached(board, _figures(board, by_session, END_INFERRED))
        verdict = "eligible" if certain else "needs_review"
    if board.unsettled:
        verdict = "needs_review"
    return Outcome(
        verdict,
        sum(row.present for row in everything),
        sum(row.base for row in everything),
        _required(board, everything),
        everything,
        unresolved,
    )


def _figures(
    board: Board, by_session: Sequence[Sequence[Spell]], worst: int
) -> tuple[SessionFigures, ...]:
    """Seconds that are known at least as well as `worst`."""
    rows = []
    for n, session in enumerate(board.timetable.sessions):
        inside = intersect(
            union((a, b) for a, b, how in by_session[n] if how <= worst),
            [(session.start, session.end)],
        )
        limit = board.scenario.latest_join
        if inside and limit is not None and inside[0][0] > session.start + limit:
            inside = []
        base = seconds(board.bases[n])
        present = seconds(intersect(inside, board.bases[n]))
        rows.append(SessionFigures(session.id, present, base, board.required(base)))
    return tuple(rows)


def _required(board: Board, rows: Sequence[SessionFigures]) -> int:
    if board.scenario.scope == "each_session":
        return sum(row.required for row in rows)
    return board.required(sum(row.base for row in rows))


def _reached(board: Board, rows: Sequence[SessionFigures]) -> bool:
    wanted = board.scenario.minimum_sessions
    if board.scenario.scope == "each_session":
        reached = sum(row.present >= row.required for row in rows)
        return reached >= (wanted or len(rows))
    enough = sum(row.present for row in rows) >= _required(board, rows)
    return enough and sum(row.present >= 1 for row in rows) >= (wanted or 0)
