"""When things happen: sessions, the meeting uuids in which they are held, and the host's mishaps."""

import random
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from deploy.simulator.people import digest, numbers
from deploy.simulator.scenario import Kind, Scenario

Role = Literal["main", "rehearsal", "flap", "stray"]


class Session(NamedTuple):
    """An official window and its breaks; half-open, epoch seconds."""

    id: str
    start: int
    end: int
    breaks: tuple[tuple[int, int], ...]
    number: str
    kind: Kind


class Meeting(NamedTuple):
    """One meeting uuid: `practice_ended` is when its rehearsal ended, if it held one."""

    order: int
    uuid: str
    number: str
    kind: Kind
    session: int
    opened: int
    closed: int
    role: Role = "main"
    practice_ended: int | None = None
    end_delivered: bool = True

    @property
    def doors(self) -> int:
        """When participants are let in: the opening, or some minutes after the rehearsal."""
        return self.opened if self.practice_ended is None else self.practice_ended + 300


class Life(NamedTuple):
    """One delivered `started` or `ended` of a meeting."""

    meeting: int
    name: Literal["started", "ended"]
    at: int
    practice: bool = False


@dataclass(frozen=True)
class Timetable:
    """Sessions in order, meetings in order of opening."""

    sessions: tuple[Session, ...]
    meetings: tuple[Meeting, ...]

    def mains(self, session: int) -> list[Meeting]:
        """The meetings in which a session is really held."""
        return [m for m in self.meetings if m.session == session and m.role == "main"]

    def rehearsals(self, session: int) -> list[Meeting]:
        """The practice sessions that have a uuid of their own."""
        return [m for m in self.meetings if m.session == session and m.role == "rehearsal"]

    def lives(self) -> Iterator[Life]:
        """The lifecycle events that are delivered."""
        for meeting in self.meetings:
            yield Life(meeting.order, "started", meeting.opened)
            if meeting.role == "rehearsal":
                yield Life(meeting.order, "ended", meeting.closed, practice=True)
                continue
            if meeting.practice_ended is not None:
                yield Life(meeting.order, "ended", meeting.practice_ended, practice=True)
                yield Life(meeting.order, "started", meeting.doors)
            if meeting.end_delivered:
                yield Life(meeting.order, "ended", meeting.closed)


def build(scenario: Scenario) -> Timetable:
    """The timetable of a scenario."""
    rng = random.Random(f"timetable {scenario.seed}")
    sessions = _sessions(scenario)
    meetings: list[Meeting] = []
    for n in range(len(sessions)):
        for meeting in _of_session(scenario, sessions, n, rng):
            meetings.append(
                meeting._replace(order=len(meetings), uuid=_uuid(scenario, len(meetings)))
            )
    mains = [m.order for m in meetings if m.role == "main"]
    return Timetable(
        sessions,
        tuple(
            m._replace(end_delivered=False)
            if m.order in mains[:-1] and rng.random() < scenario.rates.lost_ended
            else m
            for m in meetings
        ),
    )


def _sessions(scenario: Scenario) -> tuple[Session, ...]:
    found, start = [], scenario.start
    rooms = zip(scenario.session_seconds, numbers(scenario), scenario.kinds, strict=True)
    for n, (length, number, kind) in enumerate(rooms):
        middle, half = start + length // 2, scenario.break_seconds // 2
        breaks = ((middle - half, middle + half),) if half else ()
        found.append(Session(f"s{n + 1}", start, start + length, breaks, number, kind))
        start += length + scenario.pause_between
    return tuple(found)


def _of_session(
    scenario: Scenario, sessions: tuple[Session, ...], n: int, rng: random.Random
) -> Iterator[Meeting]:
    session, early = sessions[n], min(1200, max(60, scenario.pause_between // 3))
    whole = Meeting(
        0,
        "",
        session.number,
        session.kind,
        n,
        session.start - rng.randint(early // 4, early),
        session.end + rng.randint(30, 240),
    )
    if n == 0 and session.kind == "webinar":
        whole, before = _rehearsal(scenario, whole)
        yield from before
    yield from _with_restart(scenario, session, whole, rng) if n == 0 else [whole]
    gap = sessions[n + 1].start - session.end if n + 1 < len(sessions) else 3600
    if scenario.late_instance and gap >= 2400:
        opened = session.end + 600
        yield whole._replace(opened=opened, closed=opened + 150, role="stray", practice_ended=None)


def _rehearsal(scenario: Scenario, whole: Meeting) -> tuple[Meeting, list[Meeting]]:
    """The practice session: in a uuid of its own, or the first part of the real one."""
    begun, ended = whole.opened - 2400, whole.opened - 600
    if scenario.rehearsal == "own_uuid":
        practice = whole._replace(
            opened=begun, closed=ended, role="rehearsal", practice_ended=ended
        )
        return whole, [practice]
    if scenario.rehearsal == "same_uuid":
        return whole._replace(opened=begun, practice_ended=ended), []
    return whole, []


def _with_restart(
    scenario: Scenario, session: Session, whole: Meeting, rng: random.Random
) -> Iterator[Meeting]:
    if not scenario.restart:
        yield whole
        return
    length = session.end - session.start
    dropped = session.start + int(length * rng.uniform(0.3, 0.45))
    back = dropped + rng.randint(130, max(140, min(900, length // 8)))
    yield whole._replace(closed=dropped)
    if scenario.flap:
        yield whole._replace(
            opened=dropped + 20, closed=dropped + 60, role="flap", practice_ended=None
        )
    yield whole._replace(opened=back, practice_ended=None)


def _uuid(scenario: Scenario, index: int) -> str:
    """As Zoom makes them: base64 with `/`, `+` and `=`; the first begins with `/`."""
    text = b64encode(digest("uuid", scenario.seed, index)).decode()
    shapes = ("/" + text[1:], text[:4] + "//" + text[6:], text[:7] + "+" + text[8:], text)
    return shapes[index % len(shapes)]
