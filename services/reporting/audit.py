"""Rule C4: counters rebuilt, and counters proven equal to a recount of the topics in memory."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kafka import TopicPartition

from services.reporting.domain.publishing import Book, due, wanted
from services.reporting.domain.quota import NOTHING, Cell, Counter, Counts, Part, Webinar, tally
from services.reporting.handlers import SOURCES, Learnt, parse_needed, read, source_of
from services.reporting.packing import pack, unpack
from services.reporting.programmes import Programmes
from services.reporting.publisher import absorb
from services.reporting.stores import CounterStore, Mark
from services.reporting.tail import Heard, Tail, fast_consumer, log_ends
from shared.provision import partitions_of
from shared.records import Poison, Record
from shared.settings import Settings
from shared.topics import PROGRAMMES, QUOTAS
from shared.views import connect

SETTLE_SECONDS = 15.0
"""How long worker and publisher are given to bring counters and topic up to date."""


class Difference(NamedTuple):
    """One figure that is not what the topics say. `where`: behind, counter or published."""

    where: str
    what: str
    found: Any
    expected: Any


class NotRebuilt(Exception):
    """The counters did not come back in time; the text is for the operator."""


def rebuild(settings: Settings, timeout: float = 600) -> float:
    """Drop the counters and wait until the worker has counted them anew; seconds it took.

    Raises:
        NotRebuilt: no worker runs, or it needs longer than `timeout` seconds.
    """
    store, begun = CounterStore(settings, connect(settings)), time.monotonic()
    ends = log_ends(settings, SOURCES)
    store.drop()
    while behind := _behind(store.mark(), ends):
        if time.monotonic() - begun > timeout:
            raise NotRebuilt(f"After {timeout:.0f} s the worker has not counted: {behind[0].what}.")
        time.sleep(0.2)
    return time.monotonic() - begun


def _behind(mark: Mark, ends: Mapping[str, int]) -> list[Difference]:
    return [
        Difference("behind", source, mark.position(source), end)
        for source, end in ends.items()
        if mark.position(source) < end
    ]


def audit(settings: Settings, settle: float = SETTLE_SECONDS) -> list[Difference]:
    """Recount everybody from the topics, as far as the counters are, and compare: first the
    counters, then what the quota topic says. Empty when all is equal.

    Counters are compared at their own positions, so events may flow meanwhile; what is published
    needs a quiet moment within `settle` seconds.
    """
    store = CounterStore(settings, connect(settings))
    ends, until = log_ends(settings, SOURCES), time.monotonic() + settle
    while behind := _behind(store.mark(), ends):
        if time.monotonic() > until:
            return behind
        time.sleep(0.2)
    with Recount(settings) as recount:
        return _counters(store, recount) or _published(settings, store, settle)


class Recount:
    """Everybody, counted from the source topics up to a mark; people are kept packed."""

    def __init__(self, settings: Settings) -> None:
        self._topics = {settings.topic(t): t for t in SOURCES}
        self._consumer = fast_consumer(settings)
        self._consumer.assign(
            [TopicPartition(name, partition) for name, topic in self._topics.items()
             for partition in range(partitions_of(topic, settings))]
        )  # fmt: skip
        self._people: dict[bytes, bytes] = {}
        self._waiting: list[Learnt] = []

    def __enter__(self) -> "Recount":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def upto(self, mark: Mark) -> dict[Counter, Counts]:
        """The counters as they should stand at the mark; marks must not go back."""
        self._learn_upto(mark)
        while self._before(mark):
            for tp, records in self._consumer.poll(timeout_ms=500).items():
                self._waiting.extend(self._readable(tp, records))
            self._learn_upto(mark)
        return tally(unpack(packed) for packed in self._people.values())

    def _before(self, mark: Mark) -> bool:
        return any(
            self._consumer.position(tp) < mark.position(self._source(tp))
            for tp in self._consumer.assignment()
        )

    def _learn_upto(self, mark: Mark) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if each.offset < mark.position(each.source):
                self._learn(each)
            else:
                self._waiting.append(each)

    def _source(self, tp: TopicPartition) -> str:
        return source_of(self._topics[tp.topic].name, tp.partition)

    def _readable(self, tp: TopicPartition, records: list[Any]) -> Iterator[Learnt]:
        topic = self._topics[tp.topic]
        for raw in records:
            headers, key = list(raw.headers or ()), (raw.key or b"").decode("utf-8", "replace")
            try:
                event = None if raw.value is None else parse_needed(topic, headers, raw.value)
                record = Record(topic, tp.partition, raw.offset, key, event, 0, None, ())
                yield read(record)
            except Poison:
                continue  # the worker has set it aside as a dead letter

    def _learn(self, each: Learnt) -> None:
        person = unpack(self._people.get(each.person_id, b""))
        person[each.webinar_id] = each.applied(person.get(each.webinar_id, Part()))
        self._people[each.person_id] = pack(person)


def _counters(store: CounterStore, recount: Recount) -> list[Difference]:
    mark, cells = store.all_cells()
    while True:
        expected = recount.upto(mark)
        ids = [counter.webinar_id for counter in expected if isinstance(counter, Webinar)]
        then, figures = store.webinars(ids)
        if then.raw == mark.raw:
            break
        mark, cells = store.all_cells()
    found: dict[Counter, Counts] = dict(cells.items())
    found.update((Webinar(webinar_id), counts) for webinar_id, counts in figures.items())
    return [
        Difference("counter", "|".join(map(str, counter)), found.get(counter, NOTHING),
                   expected.get(counter, NOTHING))
        for counter in sorted(found.keys() | expected.keys(), key=str)
        if found.get(counter, NOTHING) != expected.get(counter, NOTHING)
    ]  # fmt: skip


def _published(settings: Settings, store: CounterStore, settle: float) -> list[Difference]:
    book: Book = {}
    programmes = Programmes()

    def take(record: Heard) -> None:
        if record.topic is QUOTAS:
            absorb(book, record)
        else:
            programmes.take(record)

    tail = Tail(settings, (PROGRAMMES, QUOTAS), take)
    try:
        while not tail.caught_up():
            tail.step()
        until = time.monotonic() + settle
        while unsaid := _unsaid(store.all_cells()[1], programmes, book):
            if time.monotonic() > until:
                break
            tail.step(timeout=0.3)
        return unsaid
    finally:
        tail.close()


def _unsaid(
    counters: Mapping[Cell, Counts], programmes: Programmes, book: Book
) -> list[Difference]:
    cells = wanted(counters, programmes.quotas(), book)
    return [
        Difference("published", "|".join(map(str, cell)), book.get(cell), cells[cell])
        for cell in due(book, cells)
    ]
