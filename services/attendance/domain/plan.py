"""What is the same for everybody in a webinar: bases, bounds, questions, clocks to wait for.

Computed once for each state of (webinar, lifecycle facts, settlements), used for every person.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.attendance.domain.base import Base, Question, base_of
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import (
    BaseSettled,
    ClockPassed,
    Interval,
    MeetingTimes,
    Session,
    Webinar,
)
from services.attendance.domain.meetings import UNKNOWN, Life, instants, life


class SessionPlan(NamedTuple):
    """One session as everybody is measured by it; seconds. `meetings`: uuids that overlap it."""

    id: str
    start: int
    end: int
    number: str | None
    base: tuple[Interval, ...]
    base_seconds: int
    required_seconds: int
    host_down_seconds: int
    whole: bool  # the base is the window
    gaps: tuple[Interval, ...]
    meetings: tuple[str, ...]


class Windows(NamedTuple):
    """The sessions of one Zoom number (rule I4). `ends` and `starts` are in order."""

    sessions: tuple[tuple[int, int, int], ...]  # (index in the plan, start, end)
    ends: tuple[int, ...]  # official ends, also of other webinars' sessions of this number
    starts: tuple[tuple[int, str], ...]  # known starts of its meeting uuids

    def inferred_end(self, uuid: str, seen: int) -> int:
        """Where a visit that nothing ended is taken to end (rule I4), `seen` last at that second."""
        after = bisect_right(self.ends, seen)
        end = self.ends[after] if after < len(self.ends) else seen
        for start, other in self.starts[bisect_left(self.starts, (seen, "")) :]:
            if other != uuid:
                return min(end, start)
        return end


@dataclass(frozen=True, slots=True)
class Plan:
    """See the module. `required_seconds` is the webinar's, by the rule's scope (rule D2)."""

    webinar: Webinar
    sessions: tuple[SessionPlan, ...]
    index: dict[str, int]
    windows: dict[str, Windows]
    lives: dict[str, Life]
    questions: tuple[Question, ...]
    base_seconds: int
    required_seconds: int
    grace: ClockPassed
    retry_windows: frozenset[ClockPassed]
    usual: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """Decisions by all that they rest on but the plan itself (see `eligibility.project`)."""

    def life_of(self, uuid: str) -> Life:
        """The life of a uuid; of one of which nothing is known, the unknown life."""
        return self.lives.get(uuid, UNKNOWN)


def required(share: int, base: int) -> int:
    """Seconds that reach a share of basis points (rule D2), in integers."""
    return max(1, -(-share * base // 10_000))


def plan(
    webinar: Webinar,
    meetings: Sequence[MeetingTimes],
    others: Sequence[Session] = (),
    settlements: Sequence[BaseSettled] = (),
) -> Plan:
    """The plan of a webinar.

    `meetings`: all known uuids of its numbers. `others`: sessions of other webinars held in the
    same numbers. `settlements`: operators' words on bases; the last per session stands (rule F2).
    """
    numbers = {session.number for session in webinar.sessions if session.number}
    known = [times for times in meetings if times.number in numbers]
    lives = {times.uuid: life(times) for times in known}
    windows = windows_of(webinar, known, others)
    settled = last_settlements(settlements)
    bases = [
        base_of(
            webinar, s, [lives[m.uuid] for m in known if m.number == s.number], settled.get(s.id)
        )
        for s in webinar.sessions
    ]
    sessions = tuple(
        _session(webinar, session, base, known, windows)
        for session, base in zip(webinar.sessions, bases, strict=True)
    )
    total = sum(base.seconds for base in bases)
    return Plan(
        webinar,
        sessions,
        {session.id: index for index, session in enumerate(sessions)},
        windows,
        lives,
        tuple(question for base in bases for question in base.questions),
        total,
        _required_in_all(webinar, sessions, total),
        _grace(webinar),
        frozenset(_clock(webinar, session, ClockKind.RETRY_WINDOW) for session in webinar.sessions),
    )


def last_settlements(settlements: Sequence[BaseSettled]) -> dict[str, BaseSettled]:
    """Per session the last word that was not withdrawn (rule F2)."""
    gone = {settled.id for settled in settlements if settled.withdrawn}
    standing = [settled for settled in settlements if settled.id not in gone]
    return {settled.session_id: settled for settled in sorted(standing, key=_said)}


def presumed(times: MeetingTimes, windows: Windows) -> Interval | None:
    """When the uuid ran, as far as is known; None for a rehearsal or when nothing is known."""
    bounds = life(times)
    seen = instants(times)
    if bounds.rehearsal or not seen:
        return None
    start = min(seen) if bounds.start is None else bounds.start
    if bounds.end is not None:
        return start, bounds.end
    return start, max(windows.inferred_end(times.uuid, max(seen)), max(seen) + 1)


def overlapping(
    session: Session, meetings: Iterable[MeetingTimes], windows: Windows
) -> list[MeetingTimes]:
    """The uuids in which a session was held (rule I8)."""
    found = []
    for times in meetings:
        ran = presumed(times, windows) if times.number == session.number else None
        if ran is not None and ran[0] < session.end and ran[1] > session.start:
            found.append(times)
    return found


def windows_of(
    webinar: Webinar, meetings: Sequence[MeetingTimes], others: Sequence[Session] = ()
) -> dict[str, Windows]:
    """`Windows` of each of the webinar's numbers."""
    numbers = {session.number for session in webinar.sessions if session.number}
    return {number: _windows(number, webinar, meetings, others) for number in numbers}


def _windows(
    number: str, webinar: Webinar, meetings: Iterable[MeetingTimes], others: Iterable[Session]
) -> Windows:
    own = [(i, s.start, s.end) for i, s in enumerate(webinar.sessions) if s.number == number]
    ends = {end for _, _, end in own} | {s.end for s in others if s.number == number}
    starts = [
        (times.started, times.uuid)
        for times in meetings
        if times.number == number and times.started is not None
    ]
    return Windows(tuple(own), tuple(sorted(ends)), tuple(sorted(starts)))


def _session(
    webinar: Webinar,
    session: Session,
    base: Base,
    meetings: Sequence[MeetingTimes],
    windows: dict[str, Windows],
) -> SessionPlan:
    held = overlapping(session, meetings, windows[session.number]) if session.number else []
    return SessionPlan(
        session.id,
        session.start,
        session.end,
        session.number,
        base.intervals,
        base.seconds,
        required(webinar.rule.minimum_share, base.seconds),
        base.host_down,
        base.intervals == ((session.start, session.end),),
        base.gaps,
        tuple(sorted(times.uuid for times in held)),
    )


def _required_in_all(webinar: Webinar, sessions: Sequence[SessionPlan], base: int) -> int:
    if webinar.rule.scope == "all":
        return required(webinar.rule.minimum_share, base)
    return sum(session.required_seconds for session in sessions)


def _said(settled: BaseSettled) -> tuple[int, str]:
    return settled.made_at, settled.id


def _grace(webinar: Webinar) -> ClockPassed:
    last = max(webinar.sessions, key=lambda session: (session.end, session.id))
    return _clock(webinar, last, ClockKind.GRACE)


def _clock(webinar: Webinar, session: Session, kind: ClockKind) -> ClockPassed:
    return ClockPassed(webinar.id, session.id, session.end, kind)
