"""What each person did: connections in meetings, scans at the door. Nothing of delivery is here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from deploy.simulator.board import Board
from deploy.simulator.intervals import after, seconds
from deploy.simulator.people import Person
from deploy.simulator.scenario import Scenario
from deploy.simulator.timetable import Meeting, Session

Says = Literal["registrant", "email", "nothing", "phone", "host", "staff"]
"""What a connection's joins say about who it is."""


SPEAKERS = 0.02
"""Share of the participants who are in a rehearsal."""


class Segment(NamedTuple):
    """A stay in one room under one user_id."""

    user: str
    room: str
    joined: int
    left: int


class Connection(NamedTuple):
    """One participant_uuid: one or more segments, each beginning when the last one ends."""

    meeting: Meeting
    uuid: str
    segments: tuple[Segment, ...]
    says: Says
    link: int = 0
    bound_to: str = ""
    """The app leg's user_id of a phone leg."""

    @property
    def joined(self) -> int:
        return self.segments[0].joined

    @property
    def left(self) -> int:
        return self.segments[-1].left


class HallVisit(NamedTuple):
    """One scan at a gate."""

    session: int
    kind: Literal["in", "out"]
    at: int
    gate: str


class Deeds(NamedTuple):
    """Everything that one person did."""

    connections: tuple[Connection, ...]
    scans: tuple[HallVisit, ...]
    spotless: bool = False
    """Every event of theirs is delivered: their seconds are exact on purpose."""


Stay = tuple[int, int]


@dataclass
class Actor:
    """Acts for one person; every draw comes from their own generator."""

    scenario: Scenario
    board: Board
    rng: random.Random
    index: int
    users: int = 0

    def chance(self, rate: float) -> bool:
        return rate > 0 and self.rng.random() < rate

    def user(self) -> str:
        """A fresh user_id: Zoom gives a new one on every join and every change of room."""
        self.users += 1
        return str(16_778_240 + self.index * 64 + self.users)

    def connect(
        self, meeting: Meeting, stay: Stay, says: Says, link: int = 0, bound_to: str = ""
    ) -> Connection:
        uuid = str(UUID(int=self.rng.getrandbits(128))).upper()
        whole = Segment(self.user(), "", *stay)
        return Connection(meeting, uuid, (whole,), says, link, bound_to)


def deeds_of(actor: Actor, person: Person) -> Deeds:
    """A participant's day."""
    rates = actor.scenario.rates
    if actor.chance(rates.absent):
        return Deeds((), ())
    if actor.chance(rates.just_enough) and actor.scenario.scope == "all":
        exact = _just_enough(actor)
        if exact is not None:
            return exact
    sessions = list(range(len(actor.board.timetable.sessions)))
    if actor.chance(rates.one_session_only):
        sessions = [actor.rng.choice(sessions)]
    in_hall = _goes_to_the_hall(actor, person)
    connections: list[Connection] = []
    scans: list[HallVisit] = []
    for n in sessions:
        if in_hall:
            scans += _scans(actor, n)
        if not in_hall or actor.chance(rates.hall_and_online):
            connections += _online(actor, n, len(person.links))
    return Deeds(tuple(connections), tuple(scans))


def _goes_to_the_hall(actor: Actor, person: Person) -> bool:
    """The hall is full in expectation when everybody comes whom it can hold."""
    expected = actor.scenario.participants * (actor.scenario.hall_share + 0.05)
    room = min(1.0, actor.scenario.hall_capacity / max(1.0, expected))
    wants = person.mode == "onsite" or (person.mode == "either" and actor.chance(0.5))
    return wants and actor.chance(room)


def _just_enough(actor: Actor) -> Deeds | None:
    """Exactly what the rule asks over all sessions, or one second less; None where it cannot be."""
    bases = actor.board.bases
    missing = actor.board.required(sum(map(seconds, bases))) - actor.rng.choice((0, 1))
    connections = []
    for n, base in enumerate(bases):
        mains = actor.board.timetable.mains(n)
        begin = actor.board.timetable.sessions[n].start - 5
        until = after(base, min(missing, seconds(base))) if missing > 0 else begin
        if missing > 0 and mains[0].doors > begin:
            return None
        missing -= min(missing, seconds(base))
        connections += [
            actor.connect(m, (max(begin, m.doors), min(until, m.closed)), "registrant")
            for m in mains
            if max(begin, m.doors) < min(until, m.closed)
        ]
    return Deeds(tuple(connections), (), spotless=True)


def _online(actor: Actor, n: int, links: int) -> Iterator[Connection]:
    session, mains = actor.board.timetable.sessions[n], actor.board.timetable.mains(n)
    begin, end = _arrival(actor, session, mains[0]), _departure(actor, session, mains[-1])
    if mains[0].practice_ended is not None and actor.chance(SPEAKERS):
        begin = mains[0].opened + 20
    for practice in actor.board.timetable.rehearsals(n):
        if actor.chance(SPEAKERS):
            yield actor.connect(practice, (practice.opened + 20, practice.closed), "registrant")
    says: Says = "email" if actor.chance(actor.scenario.rates.anonymous_join) else "registrant"
    link = actor.rng.randrange(links)
    for k, meeting in enumerate(mains):
        opened = meeting.opened + (int(actor.rng.expovariate(1 / 30)) + 2 if k else 0)
        stay = max(begin, opened), min(end, meeting.closed)
        if stay[1] - stay[0] >= 60:
            yield from _in_one_meeting(actor, meeting, stay, says, link)


def _arrival(actor: Actor, session: Session, meeting: Meeting) -> int:
    """Most wait until the host lets them in; some trickle in before the start; some are late."""
    draw, length = actor.rng.random(), session.end - session.start
    if actor.scenario.joins_over:
        return meeting.doors + 1 + int(draw * actor.scenario.joins_over)
    if actor.chance(actor.scenario.rates.late_join):
        return session.start + int(actor.rng.uniform(0.02, 0.3) * length)
    if draw < 0.5:
        return meeting.doors + 1 + int(actor.rng.random() * 60)
    return actor.rng.randint(meeting.doors + 60, session.start + max(1, length // 30))


def _departure(actor: Actor, session: Session, meeting: Meeting) -> int:
    if actor.chance(actor.scenario.rates.leaves_early):
        return actor.rng.randint(session.start + 60, session.end)
    return meeting.closed - min(60, int(actor.rng.expovariate(1 / 15)))


def _in_one_meeting(
    actor: Actor, meeting: Meeting, stay: Stay, says: Says, link: int
) -> Iterator[Connection]:
    """The stay cut into connections, and what runs beside it."""
    rates = actor.scenario.rates
    for piece in _pieces(actor, stay):
        connection = actor.connect(meeting, piece, says, link)
        if actor.chance(rates.room_move):
            connection = _moved(actor, connection)
        yield connection
    if actor.chance(rates.second_device):
        begin = actor.rng.randint(stay[0], stay[1] - 1)
        yield actor.connect(meeting, (begin, actor.rng.randint(begin, stay[1])), "registrant", link)
    if actor.chance(rates.phone_leg):
        app = connection.segments[0].user
        begin = actor.rng.randint(connection.joined, connection.left)
        yield actor.connect(meeting, (begin, stay[1]), "phone", bound_to=app)


def _pieces(actor: Actor, stay: Stay) -> list[Stay]:
    begin, end = stay
    if end - begin > 400 and actor.chance(actor.scenario.rates.rejoin):
        cut = actor.rng.randint(begin + 60, end - 330)
        return [(begin, cut), (cut + actor.rng.randint(2, 300), end)]
    if end - begin > 400 and actor.chance(actor.scenario.rates.reconnect_overlap):
        cut = actor.rng.randint(begin + 60, end - 130)
        return [(begin, cut + actor.rng.randint(0, 91)), (cut, end)]
    return [stay]


def _moved(actor: Actor, connection: Connection) -> Connection:
    """To another room and back: leave and join in the same second, with a new user_id."""
    segment = connection.segments[0]
    length = segment.left - segment.joined
    if length < 120:
        return connection
    away = segment.joined + int(length * actor.rng.uniform(0.2, 0.5))
    back = segment.joined + int(length * actor.rng.uniform(0.6, 0.95))
    room = f"room{actor.rng.randint(1, 20)}"
    return connection._replace(
        segments=(
            segment._replace(left=away),
            Segment(actor.user(), room, away, back),
            Segment(actor.user(), "", back, segment.left),
        )
    )


def _scans(actor: Actor, n: int) -> Iterator[HallVisit]:
    session, rates = actor.board.timetable.sessions[n], actor.scenario.rates
    length = session.end - session.start
    arrived = session.start + int(actor.rng.triangular(-0.25, 0.3, -0.05) * length)
    gate = actor.rng.choice("ABCD")
    yield HallVisit(n, "in", arrived, gate)
    if actor.chance(rates.double_scan):
        yield HallVisit(n, "in", arrived + actor.rng.randint(1, 40), gate)
    leaves = 0.9 if actor.scenario.check_out_expected else rates.check_out
    if actor.chance(leaves):
        first = max(session.start, arrived + 60)
        gone = max(first, session.end + actor.rng.randint(-60, 300))
        if actor.chance(rates.leaves_early):
            gone = actor.rng.randint(first, max(first, session.end))
        yield HallVisit(n, "out", gone, gate)


def guest_deeds(actor: Actor) -> Deeds:
    """Somebody whom no identifier names; sometimes in a meeting that was opened again."""
    timetable = actor.board.timetable
    rooms = [m for m in timetable.meetings if m.role in ("main", "flap", "stray")]
    meeting = actor.rng.choice(rooms)
    begin = actor.rng.randint(meeting.opened, meeting.closed - 2)
    end = actor.rng.randint(begin + 1, meeting.closed)
    says: Says = "nothing" if actor.chance(0.5) else "email"
    return Deeds((actor.connect(meeting, (begin, end), says),), ())


def crew_deeds(actor: Actor, says: Says) -> Deeds:
    """The host, or staff: in every meeting from beginning to end, rehearsals too."""
    return Deeds(
        tuple(
            actor.connect(meeting, (meeting.opened + 1, meeting.closed), says)
            for meeting in actor.board.timetable.meetings
        ),
        (),
        spotless=True,
    )
