"""The counting worker: from batches of records to one guarded write each (see stores.py)."""

import threading
from collections.abc import Iterable, Mapping, Sequence

from services.reporting.domain.quota import (
    NOTHING,
    Cell,
    Counter,
    Counts,
    Crowds,
    Part,
    Person,
    move,
    summed,
)
from services.reporting.handlers import SOURCES, Learnt, parse_needed, read, source_of
from services.reporting.packing import Shelf, place_of, shelf_of
from services.reporting.stores import MOST_FIELDS, Change, CounterStore, Mark
from shared.consume import BatchConsumer, NotYet
from shared.fast_consumer import FastConsumer
from shared.records import Record
from shared.settings import Settings
from shared.topics import Topic
from shared.views import LostView

GROUP = "reporting.counters"
ATTEMPTS = 100
GATHER = 0.2
"""Seconds between two batches that are not full: a write costs more than a hundred records in it."""


class Counting:
    """A group member that brings its partitions into the counters.

    Every member may touch every person, so members contend by optimistic locking: any number is
    right, one is as fast as several; a second one stands by.
    """

    def __init__(self, settings: Settings, store: CounterStore) -> None:
        self.store = store
        self._expected: dict[str, int] = {}
        self.consumer = BatchConsumer(
            settings, group=GROUP, topics=SOURCES, handle=self.handle, position=self._start,
            instance=settings.instance, max_records=5_000, client=FastConsumer,
            parse=parse_needed, gather=GATHER,
        )  # fmt: skip

    def _start(self, topic: Topic, partition: int) -> int:
        source = source_of(topic.name, partition)
        self._expected[source] = self.store.mark().position(source)
        return self._expected[source]

    def handle(self, records: Sequence[Record]) -> None:
        """Count a batch; records that are in the counters already change nothing."""
        learnt = [read(record) for record in records]
        for some in _slices(learnt):
            self._advance(some)

    def _advance(self, learnt: Sequence[Learnt]) -> None:
        ids = list(dict.fromkeys(each.person_id for each in learnt))
        for _ in range(ATTEMPTS):
            mark, before = self.store.people(ids)
            self._check(mark)
            self._known(learnt)
            new = [each for each in learnt if each.offset >= mark.position(each.source)]
            after = _applied(before, new)
            moves = _moves(before, after)
            positions = _ends(learnt, mark)
            people = {i: person for i, person in after.items() if person != before[i]}
            change = Change(people, self._cells(mark, moves), self._webinars(moves))
            if self.store.advance(mark, mark.moved(positions, change.shelves), change):
                self._expected.update(positions)
                return
        raise NotYet("another worker was always faster")

    def _cells(self, mark: Mark, moves: Mapping[Counter, Counts]) -> Mapping[str, Shelf]:
        """The shelves with moved cells, whole."""
        moved = [(shelf_of(c.year, c.region_code), place_of(c), by)
                 for c, by in moves.items() if isinstance(c, Cell)]  # fmt: skip
        stand = self.store.shelves(mark, {name for name, _, _ in moved})
        shelves = {name: dict(shelf) for name, shelf in stand.items()}
        for name, place, by in moved:
            shelf = shelves[name]
            shelf[place] = [a + b for a, b in zip(shelf.get(place, NOTHING), by, strict=True)]
        return shelves

    def _webinars(self, moves: Mapping[Counter, Counts]) -> dict[str, Counts]:
        moved = {c.webinar_id: by for c, by in moves.items() if not isinstance(c, Cell)}
        _, stand = self.store.webinars(list(moved))
        return {webinar_id: stand[webinar_id].plus(by) for webinar_id, by in moved.items()}

    def _check(self, mark: Mark) -> None:
        for source, position in list(self._expected.items()):
            if mark.position(source) < position:
                self._expected.clear()
                raise LostView(f"{source} stands at {mark.position(source)}, not at {position}")

    def _known(self, learnt: Iterable[Learnt]) -> None:
        strange = {each.source for each in learnt} - self._expected.keys()
        if strange:  # its position could not be read when it was assigned
            raise LostView(f"nobody has said where {min(strange)} is taken up")

    def _idle(self) -> None:
        """Nothing to read: notice a lost store, and pass what the log holds but nobody can count
        (dead letters), so that the positions reach the ends of the logs."""
        mark = self.store.mark()
        self._check(mark)
        ahead = {
            source_of(topic.name, partition): position
            for (topic, partition), position in self.consumer.positions().items()
        }
        ahead = {s: p for s, p in ahead.items() if p > self._expected.get(s, p) == mark.position(s)}
        if ahead and self.store.advance(mark, mark.moved(ahead), Change()):
            self._expected.update(ahead)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        self.consumer.run(stop, idle=self._idle)


def _slices(learnt: Sequence[Learnt]) -> Iterable[Sequence[Learnt]]:
    """As many at a time as one write can hold: each may touch a person and a webinar."""
    if 2 * len(learnt) <= MOST_FIELDS:
        yield learnt
        return
    start = 0
    people: set[bytes] = set()
    webinars: set[str] = set()
    for at, each in enumerate(learnt):
        if len(people) + len(webinars) >= MOST_FIELDS:
            yield learnt[start:at]
            start = at
            people.clear()
            webinars.clear()
        people.add(each.person_id)
        webinars.add(each.webinar_id)
    yield learnt[start:]


def _applied(before: Mapping[bytes, Person], learnt: Iterable[Learnt]) -> dict[bytes, Person]:
    after = {person_id: dict(person) for person_id, person in before.items()}
    for each in learnt:
        person = after[each.person_id]
        person[each.webinar_id] = each.applied(person.get(each.webinar_id, Part()))
    return dict(after)


def _moves(before: Mapping[bytes, Person], after: Mapping[bytes, Person]) -> dict[Counter, Counts]:
    crowds: Crowds = {}
    for person_id, person in after.items():
        move(crowds, before[person_id], person)
    return summed(crowds)


def _ends(learnt: Iterable[Learnt], mark: Mark) -> dict[str, int]:
    ends: dict[str, int] = {}
    for each in learnt:
        ends[each.source] = max(ends.get(each.source, mark.position(each.source)), each.offset + 1)
    return ends
