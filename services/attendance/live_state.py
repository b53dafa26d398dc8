"""Who is in now, of one events partition: counted when somebody changes, never by asking everybody.

A person is looked at when a fact about them comes, and again at the next second at which their own
intervals begin or end; so each tick costs what has changed, not how many there are.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import NamedTuple

from services.attendance.domain.evidence import Evidence
from services.attendance.domain.live import LAG, NOWHERE, There, over, there
from services.attendance.domain.plan import Plan

SLICE = 500
"""People looked at in one go: the event loop is another's, too."""
Who = tuple[str, str]


class Known(NamedTuple):
    """What the counts ask of the partition's state."""

    plan: Callable[[str], Plan | None]
    evidence: Callable[[str, str], Evidence]
    region: Callable[[str, str], str]
    everybody: Callable[[str], Collection[Who]]


class LiveCounts:
    """[people, in the room, online] by webinar and province; the key `~` counts connections that
    are nobody's yet."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._touched: set[Who] = set()
        self._due: list[tuple[int, Who]] = []
        self._next: dict[Who, int] = {}
        self._shown: dict[Who, tuple[str, bool, bool]] = {}
        self._at = 0
        """The second that they were brought to."""
        self.counts: dict[str, dict[str, list[int]]] = defaultdict(
            lambda: defaultdict(lambda: [0, 0, 0])
        )
        self.changed: set[str] = set()

    def touch(self, who: Who) -> None:
        """A fact about them came."""
        self._touched.add(who)

    def touch_all(self, webinar_id: str, now: int = 0) -> None:
        """What is the same for everybody changed: of a webinar that is over, for who is shown as in.
        `now`: epoch second, where the counts have not advanced yet."""
        plan = self._known.plan(webinar_id)
        if plan is None or over(plan, max(self._at, now - LAG)):
            self._touched.update(who for who in self._shown if who[0] == webinar_id)
        else:
            self._touched.update(self._known.everybody(webinar_id))
        self.changed.add(webinar_id)

    def backlog(self) -> int:
        """How many wait to be looked at."""
        return len(self._touched)

    def advance(self, now: float) -> bool:
        """Bring the counts to the second `now` − 3 s, some hundred people at a time; True when
        nobody is left to look at."""
        at = self._at = int(now) - LAG
        while self._due and self._due[0][0] <= at:
            _, who = heapq.heappop(self._due)
            self._next.pop(who, None)
            self._touched.add(who)
        for _ in range(min(SLICE, len(self._touched))):
            self._look(self._touched.pop(), at)
        return not self._touched

    def _look(self, who: Who, at: int) -> None:
        webinar_id, participant_id = who
        plan = self._known.plan(webinar_id)
        found = NOWHERE
        if plan is not None and not over(plan, at):
            found = there(plan, self._known.evidence(webinar_id, participant_id), at)
        self._show(who, found)
        if found.until is not None and found.until < self._next.get(who, found.until + 1):
            self._next[who] = found.until
            heapq.heappush(self._due, (found.until, who))

    def _show(self, who: Who, found: There) -> None:
        before = self._shown.get(who)
        webinar_id, participant_id = who
        after = None
        if found.room or found.online:
            nobody = participant_id.startswith("~")
            region = "~" if nobody else self._known.region(webinar_id, participant_id)[:2]
            after = (region, found.room, found.online)
        if before == after:
            return
        self.changed.add(webinar_id)
        if before is not None:
            del self._shown[who]
            self._count(webinar_id, before, -1)
        if after is not None:
            self._shown[who] = after
            self._count(webinar_id, after, 1)

    def _count(self, webinar_id: str, shown: tuple[str, bool, bool], by: int) -> None:
        region, room, online = shown
        cell = self.counts[webinar_id][region]
        cell[0] += by
        cell[1] += by * room
        cell[2] += by * online
        if cell == [0, 0, 0]:
            del self.counts[webinar_id][region]
