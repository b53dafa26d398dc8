"""The meetings of one webhooks partition: what is known of their times, and the clocks that wait
for them (a fold)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from services.attendance.domain import clocks
from services.attendance.domain.facts import ClockPassed, MeetingTimes, Webinar
from services.attendance.domain.meetings import merge, of_participant
from services.attendance.domain.webhook import Participant
from services.attendance.knowledge import Knowledge


class MeetingBook:
    """Takes what is said of meetings; answers by uuid and by Zoom number."""

    def __init__(self) -> None:
        self.of: dict[str, MeetingTimes] = {}
        self.by_number: dict[str, set[str]] = defaultdict(set)
        self._arrivals: dict[str, int] = {}
        self._quiet: dict[str, int] = {}
        """Of each webinar before when no clock is due: a year's webinars are not looked at each
        second. Whatever may make a clock due sooner takes it out; what delays one need not."""
        self._stirred: set[str] = set()
        """Zoom numbers of which something new is known that may make a clock due sooner."""

    def keep(self) -> dict[str, list[Any]]:
        """A copy of everything, as rows."""
        return {
            "meetings": list(self.of.values()),
            "numbers": [(number, uuid) for number, all_ in self.by_number.items() for uuid in all_],
            "arrivals": list(self._arrivals.items()),
        }

    def restore(self, rows: Mapping[str, list[Any]]) -> None:
        """What `keep` gave."""
        self.of = {row[0]: MeetingTimes(*row) for row in rows.get("meetings", ())}
        for number, uuid in rows.get("numbers", ()):
            self.by_number[number].add(uuid)
        self._arrivals = dict(rows.get("arrivals", ()))

    def arrived(self, uuid: str, at: int) -> None:
        """A webhook of a meeting came in at this epoch second (rule L2)."""
        if at > self._arrivals.get(uuid, 0):
            self._arrivals[uuid] = at

    def take(self, said: MeetingTimes) -> bool:
        """Whether what else is known must be told once more: a rehearsal ended (rule I9)."""
        known = self.of.get(said.uuid)
        after = said if known is None else merge(known, said)
        self.of[said.uuid] = after
        self.by_number[after.number].add(said.uuid)
        if after == known:
            return False
        self._stirred |= {after.number} if known is None else {after.number, known.number}
        return after.practice_ended is not None

    def noticed(self, event: Participant) -> bool:
        """As `take`, of what a join or leave says: most often that time went on, which makes no
        clock due sooner: a meeting that was there for longer can only hold up more of them."""
        known = self.of.get(event.meeting_uuid)
        if known is None or not _goes_on(known, event):
            return self.take(of_participant(event))
        joined = event.kind == "joined"
        last = known.last_join if joined else known.last_leave
        if last is not None and event.at <= last:
            return False
        join, leave = (event.at, known.last_leave) if joined else (known.last_join, event.at)
        self.of[known.uuid] = MeetingTimes(*known[:6], join, leave, first_seen=known.first_seen)
        return known.practice_ended is not None

    def of_webinar(self, webinar: Webinar) -> list[str]:
        """Every uuid of its numbers."""
        numbers = {s.number for s in webinar.sessions if s.number}
        return [uuid for n in numbers for uuid in self.by_number.get(n, ())]

    def webinar_changed(self) -> None:
        """Its own clocks, or those of others in its numbers, may be due sooner."""
        self._quiet.clear()

    def clocks_due(
        self, knowledge: Knowledge, known: Collection[ClockPassed], now: int
    ) -> list[ClockPassed]:
        """The clocks of all webinars whose length has passed, but for known ones (rule L2)."""
        for number in self._stirred:
            for webinar_id in knowledge.by_number.get(number, ()):
                self._quiet.pop(webinar_id, None)
        self._stirred.clear()
        found = list[ClockPassed]()
        for webinar in knowledge.webinars.values():
            if now >= self._quiet.get(webinar.id, 0):
                due, later = self._due(webinar, knowledge, known, now)
                self._quiet[webinar.id] = later
                found += due
        return found

    def _due(
        self, webinar: Webinar, knowledge: Knowledge, known: Collection[ClockPassed], now: int
    ) -> tuple[list[ClockPassed], int]:
        numbers = {s.number for s in webinar.sessions if s.number}
        meetings = [self.of[uuid] for uuid in self.of_webinar(webinar)]
        others = [s for n in numbers for s in knowledge.sessions_of(n, webinar.id)]
        return clocks.due(webinar, meetings, known, now, self._arrivals, others)


def _goes_on(known: MeetingTimes, event: Participant) -> bool:
    """Whether merging the event could change nothing but who joined or left last."""
    first = known.first_seen
    return first is not None and event.at >= first and event.number == known.number
