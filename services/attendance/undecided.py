"""Who waits to be decided anew, each with the last fact that asked for it.

Of a million people most facts concern one; a clock concerns all, and those are left out whose decision
it cannot change. Those whom one fact about all of them asks for are the crowd: they are many at once,
and never more than there are people. Whom a fact of their own asks for is decided before them, so
that nobody waits for a webinar that is not theirs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from services.attendance.causes import Cause, Why
from services.attendance.knowledge import Knowledge
from services.attendance.outcomes import Who
from services.attendance.published import ELIGIBLE, FINAL, GOES_OUT, PublishedDecisions
from shared.keys import person_key


class Undecided:
    """Of one events partition."""

    def __init__(self, knowledge: Knowledge, published: PublishedDecisions) -> None:
        self._knowledge, self._published = knowledge, published
        self.people: dict[Who, Why] = {}
        """Whom a fact of their own asks for."""
        self.crowd: dict[Who, Why] = {}
        """Whom a fact about many asks for, and who is not among `people`."""
        self.webinars: dict[str, Why] = {}
        """Those whose plan may be another one now."""
        self._written: Mapping[Who, Why] = {}
        """Whose decisions are being written: what stands on the topic says nothing of them."""

    def keep(self) -> dict[str, list[Any]]:
        """A copy of everything, as rows."""
        return {
            "undecided": [(*who, *why) for who, why in self.people.items()],
            "crowd": [(*who, *why) for who, why in self.crowd.items()],
            "stale": [(webinar, *why) for webinar, why in self.webinars.items()],
        }

    def restore(self, rows: Mapping[str, list[Any]]) -> None:
        """What `keep` gave, to what was heard meanwhile."""
        for name, waiting in (("undecided", self.people), ("crowd", self.crowd)):
            for webinar_id, participant_id, kind, what in rows.get(name, ()):
                self._unless_asked(waiting, (webinar_id, participant_id), (Cause(kind), what))
        for webinar_id, kind, what in rows.get("stale", ()):
            self.webinars[webinar_id] = Cause(kind), what

    def waits(self) -> bool:
        """Whether anybody, or a plan, does."""
        return bool(self.people or self.crowd or self.webinars)

    def one(self, who: Who, why: Why) -> None:
        """By a fact of their own."""
        self.people[who] = why
        if self.crowd:
            self.crowd.pop(who, None)

    def everybody(self, people: Iterable[Who], why: Why) -> None:
        """All of these; whom a fact of their own asked for keeps their place, with this cause."""
        asked = dict.fromkeys(people, why)
        for who in self.people.keys() & asked.keys():
            self.people[who] = asked.pop(who)
        self.crowd.update(asked)

    def everybody_else(self, people: Iterable[Who], why: Why) -> None:
        """Those of these who do not wait."""
        for who in people:
            self._unless_asked(self.crowd, who, why)

    def _unless_asked(self, waiting: dict[Who, Why], who: Who, why: Why) -> None:
        if who not in self.people and who not in self.crowd:
            waiting[who] = why

    def changeable(self, people: Iterable[Who], clock: Cause) -> None:
        """Of these, whoever a clock can give another decision."""
        self.everybody((who for who in people if self._may_change(*who)), (clock, ""))

    def _may_change(self, webinar_id: str, participant_id: str) -> bool:
        """A decision that is final stays so (rule D6), but whether a certificate goes out may wait for
        reports (rule D8)."""
        marks = self._marks(webinar_id, participant_id)
        webinar = self._knowledge.webinars.get(webinar_id)
        waits = webinar is not None and webinar.certificates == "after_reconciliation"
        return not marks & FINAL or (waits and not marks & GOES_OUT)

    def is_eligible(self, webinar_id: str, participant_id: str) -> bool:
        """By the last decision, unless another one is on its way."""
        return bool(self._marks(webinar_id, participant_id) & ELIGIBLE)

    def _marks(self, webinar_id: str, participant_id: str) -> int:
        if (webinar_id, participant_id) in self._written:
            return 0
        return self._published.marks(person_key(webinar_id, participant_id))

    # --- while they are decided ---

    def take(self, most: int) -> Mapping[Who, Why]:
        """Some of them, to be decided now, the crowd last; then `written` or `failed`."""
        taken: dict[Who, Why] = {}
        for waiting in (self.people, self.crowd):
            while waiting and len(taken) < most:
                who, why = waiting.popitem()
                taken[who] = why
        self._written = taken
        return taken

    def written(self) -> None:
        """The decisions of those who were taken stand on the topic."""
        self._written = {}
        if not self.people:
            self.people = {}  # one that many were in keeps its room
        if not self.crowd:
            self.crowd = {}

    def failed(self) -> None:
        """They were not written: decide them once more, before the crowd."""
        for who, why in self._written.items():
            self._unless_asked(self.people, who, why)
        self._written = {}

    def waiting(self) -> Counter[str]:
        """How many wait, per webinar; a webinar whose plan waits is one more."""
        found = Counter(map(itemgetter(0), self.people))  # every second, of as many as wait
        found.update(map(itemgetter(0), self.crowd))
        found.update(
            self.webinars.keys()
        )  # of a mapping, a Counter would take the values as counts
        return found
