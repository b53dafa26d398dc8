"""Decisions that earned a certificate which could not be issued yet, and from where to read again.

Memory of a worker, rebuilt from the decisions topic: the floor of a partition never passes a
decision that still waits, so a worker that starts anew meets it again.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class Who(NamedTuple):
    """One person in one webinar."""

    webinar_id: str
    participant_id: str


class Place(NamedTuple):
    """Where the decision was read."""

    partition: int
    offset: int


class Waiting:
    """The earned and not issued, by webinar."""

    def __init__(self) -> None:
        self._by_webinar: dict[str, dict[str, Place]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_webinar.values()))

    def earned(self, who: Who, place: Place) -> None:
        """A final, eligible decision."""
        self._by_webinar.setdefault(who.webinar_id, {})[who.participant_id] = place

    def partition(self, who: Who) -> int:
        """Of somebody who waits: the partition of the decision, and so of the person."""
        return self._by_webinar[who.webinar_id][who.participant_id].partition

    def drop(self, who: Who) -> None:
        """Issued, or not earned any more."""
        people = self._by_webinar.get(who.webinar_id, {})
        people.pop(who.participant_id, None)
        if not people:
            self._by_webinar.pop(who.webinar_id, None)

    def webinars(self) -> tuple[str, ...]:
        """Webinars with somebody waiting."""
        return tuple(self._by_webinar)

    def of(self, webinar_id: str) -> Iterator[Who]:
        """Who waits in a webinar."""
        return (Who(webinar_id, p) for p in tuple(self._by_webinar.get(webinar_id, ())))

    def forget(self, partitions: Iterable[int]) -> None:
        """These partitions are another worker's now, or are read anew."""
        gone = set(partitions)
        for who in [w for webinar in self.webinars() for w in self.of(webinar)]:
            if self._by_webinar[who.webinar_id][who.participant_id].partition in gone:
                self.drop(who)

    def floors(self, positions: Mapping[int, int]) -> dict[int, int]:
        """By partition, the offset from which a new worker must read decisions."""
        floors = dict(positions)
        for people in self._by_webinar.values():
            for partition, offset in people.values():
                floors[partition] = min(floors.get(partition, offset), offset)
        return floors
