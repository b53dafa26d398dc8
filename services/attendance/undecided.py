"""Who waits to be decided anew, each with the last fact that asked for it.

Of a million people most facts concern one; a clock concerns all, and those are left out whose decision
it cannot change.
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
        self.webinars: dict[str, Why] = {}
        """Those whose plan may be another one now."""
        self._written: Mapping[Who, Why] = {}
        """Whose decisions are being written: what stands on the topic says nothing of them."""

    def keep(self) -> dict[str, list[Any]]:
        """A copy of everything, as rows."""
        return {
            "undecided": [(*who, *why) for who, why in self.people.items()],
            "stale": [(webinar, *why) for webinar, why in self.webinars.items()],
        }

    def restore(self, rows: Mapping[str, list[Any]]) -> None:
        """What `keep` gave, to what was heard meanwhile."""
        for webinar_id, participant_id, kind, what in rows.get("undecided", ()):
            self.people.setdefault((webinar_id, participant_id), (Cause(kind), what))
        for webinar_id, kind, what in rows.get("stale", ()):
            self.webinars[webinar_id] = Cause(kind), what

    def waits(self) -> bool:
        """Whether anybody, or a plan, does."""
        return bool(self.people or self.webinars)

    def everybody(self, people: Iterable[Who], why: Why) -> None:
        """All of these."""
        self.people.update(dict.fromkeys(people, why))

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
        """Some of them, to be decided now; then `written` or `failed`."""
        people = self.people
        self._written = dict(people.popitem() for _ in range(min(most, len(people))))
        return self._written

    def written(self) -> None:
        """The decisions of those who were taken stand on the topic."""
        self._written = {}
        if not self.people:
            self.people = {}  # one that everybody was in keeps its room

    def failed(self) -> None:
        """They were not written: decide them once more."""
        self.people = {**self._written, **self.people}
        self._written = {}

    def waiting(self) -> Counter[str]:
        """How many wait, per webinar; a webinar whose plan waits is one more."""
        found = Counter(map(itemgetter(0), self.people))  # every second, of as many as wait
        found.update(
            self.webinars.keys()
        )  # of a mapping, a Counter would take the values as counts
        return found
