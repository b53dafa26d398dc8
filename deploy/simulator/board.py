"""What the truth is measured against: the base of each session, and when each meeting was live."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from deploy.simulator.intervals import Interval, Intervals, intersect, seconds, subtract, union
from deploy.simulator.scenario import Scenario
from deploy.simulator.timetable import Meeting, Session, Timetable

SHORT_MEETING, LONG_GAP = 120, 1800


@dataclass(frozen=True)
class Board:
    """What is the same for everyone: windows, bases, meetings."""

    scenario: Scenario
    timetable: Timetable

    @cached_property
    def bases(self) -> tuple[Intervals, ...]:
        """Rules I12 and I13 for each session."""
        return tuple(self._base(session)[0] for session in self.timetable.sessions)

    @cached_property
    def unsettled(self) -> bool:
        """Rule I13: an organiser has to say what the base is."""
        return any(self._base(session)[1] for session in self.timetable.sessions)

    def _base(self, session: Session) -> tuple[Intervals, bool]:
        whole = subtract([(session.start, session.end)], union(session.breaks))
        gaps = [intersect([gap], whole) for gap in self._gaps(session)]
        if self.scenario.host_down == "include":
            gaps = []
        down = [piece for gap in gaps if seconds(gap) <= LONG_GAP for piece in gap]
        base = subtract(whole, union(down))
        too_long = any(seconds(gap) > LONG_GAP for gap in gaps)
        return base, too_long or 2 * seconds(base) < seconds(whole)

    def _gaps(self, session: Session) -> list[Interval]:
        row = [m for m in self.timetable.meetings if self._counts_for_gaps(m, session)]
        return [
            (before.closed, after.opened) for before, after in pairwise(row) if before.end_delivered
        ]

    def _counts_for_gaps(self, meeting: Meeting, session: Session) -> bool:
        if meeting.number != session.number or meeting.role == "rehearsal":
            return False
        if meeting.end_delivered and meeting.closed - meeting.opened < SHORT_MEETING:
            return False
        over = meeting.end_delivered and meeting.closed <= session.start
        return meeting.opened < session.end and not over

    def bound(self, meeting: Meeting, last_seen: int) -> int:
        """Rule I4."""
        if meeting.end_delivered:
            return meeting.closed
        same = [s for s in self.timetable.sessions if s.number == meeting.number]
        ends = [s.end for s in same if s.end > last_seen]
        starts = [
            m.opened
            for m in self.timetable.meetings
            if m.number == meeting.number and m.opened >= last_seen and m.order != meeting.order
        ]
        return min([ends[0], *starts]) if ends else last_seen

    def live(self, meeting: Meeting) -> Interval:
        """The part of a meeting in which presence can count (rules I7, I9)."""
        begin = meeting.practice_ended if meeting.practice_ended is not None else 0
        return begin, meeting.closed if meeting.end_delivered else 1 << 40

    def required(self, base: int) -> int:
        """Rule D2."""
        return max(1, -(-self.scenario.minimum_share * base // 10000))
