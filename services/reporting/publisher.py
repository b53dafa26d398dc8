"""The publisher of the quota topic: for each cell one, elected, who says only what is new.

Whoever the consumer group gives a partition of the quota topic is the publisher of its cells. It
reads that partition from the start, so it goes on from the last published values, also after a
crash; and it goes on reading, so it hears its own words back (it says nothing more until it has)
and everybody else's: a foreign record, such as a zombie's last word, is answered by a higher
version with the true values. It is silent until the counters have reached the ends that the source
logs had when it was elected, and again whenever they fall behind what it has seen (a lost store).
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaError
from redis.exceptions import RedisError

from services.reporting.domain.publishing import (
    Book,
    Said,
    Values,
    due,
    heard,
    holds_back,
    wanted,
    wiped,
)
from services.reporting.domain.quota import Cell, Counts
from services.reporting.handlers import SOURCES
from services.reporting.programmes import Programmes
from services.reporting.stores import CounterStore, Floor, Mark
from services.reporting.tail import Heard, Tail, fast_consumer, log_ends
from services.reporting.tail import heard as read_record
from shared.envelope import rfc3339
from shared.events.registration import Category
from shared.events.reporting import QuotaCellCountedV1
from shared.keys import partition_of
from shared.publish import Outgoing, Publisher
from shared.settings import Settings
from shared.telemetry import QUOTA_CELLS
from shared.topics import PROGRAMMES, QUOTAS

log = structlog.get_logger()
GROUP = "reporting.publisher"
INTERVAL = 1.0
"""Seconds between two looks: at most one version of a cell in a second. Each looks at all cells."""


def key_of(cell: Cell) -> str:
    """The record key of a cell."""
    return f"{cell.year}|{cell.region_code}|{cell.category}"


def cell_of(event: QuotaCellCountedV1) -> Cell:
    """The cell that an event counts."""
    return Cell(event.year, event.region_code, event.category.value)


def values_of(event: QuotaCellCountedV1) -> Values:
    """What an event says of its cell."""
    return Values(
        event.quota, Counts(event.registered, event.attended, event.eligible, event.certified)
    )


def event_of(cell: Cell, said: Said, as_of: str) -> QuotaCellCountedV1:
    """The event that says it."""
    return QuotaCellCountedV1(
        year=cell.year,
        level="regency" if "." in cell.region_code else "province",
        region_code=cell.region_code,
        category=Category(cell.category),
        quota=said.values.quota,
        **said.values.counts._asdict(),
        version=said.version,
        as_of=as_of,
    )


def absorb(book: Book, record: Heard) -> None:
    """Take one record of the quota topic into the book."""
    if record.event is not None:
        heard(book, cell_of(record.event), record.event.version, values_of(record.event))
        return
    year, _, rest = record.key.partition("|")
    code, _, category = rest.partition("|")
    if year.isdigit():
        wiped(book, Cell(int(year), code, category))


class QuotaPublisher:
    """A group member that publishes the cells of the partitions it is given."""

    def __init__(
        self, settings: Settings, store: CounterStore, publisher: Publisher,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._settings, self._store, self._publisher, self._now = settings, store, publisher, now
        self._book: Book = {}
        self._ends: dict[TopicPartition, int] = {}
        self._mine: tuple[TopicPartition, ...] = ()
        self._floor: Floor | None = None
        self._generation, self._next, self._heard = 0, 0.0, 0
        self._said, self._counted = 0.0, 0
        self._settled: tuple[bytes, int, int] | None = None
        self._programmes = Programmes()
        self._tail = Tail(settings, (PROGRAMMES,), self._programmes.take)
        # Nothing is ever committed, so every assignment is read from the start.
        self._consumer = fast_consumer(settings, group=GROUP)
        self._consumer.subscribe([settings.topic(QUOTAS)])

    def step(self) -> None:
        """Listen for a moment, then say what is new."""
        polled = self._consumer.poll(timeout_ms=int(INTERVAL * 1000 / 2))
        if self._consumer.generation != self._generation:
            self._begin_anew()
        for records in polled.values():
            for raw in records:
                self._heard += 1
                absorb(self._book, read_record(QUOTAS, raw))
        self._tail.step(timeout=0)
        if self._mine and time.monotonic() >= self._next and self._heard_all():
            self._next = time.monotonic() + INTERVAL
            self._say_what_is_new()

    def _begin_anew(self) -> None:
        self._generation = self._consumer.generation
        self._mine = tuple(self._consumer.assignment())
        self._book, self._ends, self._floor, self._settled = {}, {}, None, None

    def _heard_all(self) -> bool:
        if self._floor is None:
            self._floor = Floor(log_ends(self._settings, SOURCES))
            self._ends = dict(self._consumer.end_offsets(list(self._mine)))
        heard_back = all(self._consumer.position(tp) >= end for tp, end in self._ends.items())
        return heard_back and self._tail.caught_up()

    def _say_what_is_new(self) -> None:
        """Nothing is computed while counters, quotas and what was heard stay as they were."""
        mark = self._store.mark()
        state = (mark.raw, self._programmes.revision, self._heard)
        if state == self._settled or self._in_a_burst(mark):
            return
        mark, counters = self._store.all_cells()
        if self._floor is None or not self._floor.reached(mark):
            return
        self._say(self._new(counters))
        self._settled = state

    def _in_a_burst(self, mark: Mark) -> bool:
        before, self._counted = self._counted, sum(mark.positions.values())
        return holds_back(self._counted - before, time.monotonic() - self._said)

    def _new(self, counters: Mapping[Cell, Counts]) -> dict[Cell, Said]:
        partitions = {tp.partition for tp in self._mine}
        cells = wanted(counters, self._programmes.quotas(), self._book)
        mine = {
            cell: values
            for cell, values in cells.items()
            if partition_of(key_of(cell).encode(), self._settings.partitions) in partitions
        }
        return due(self._book, mine)

    def _say(self, new: dict[Cell, Said]) -> None:
        if not new:
            return
        self._said = time.monotonic()
        as_of = rfc3339(self._now())
        events = [Outgoing(QUOTAS, key_of(c), event_of(c, said, as_of)) for c, said in new.items()]
        for written in self._publisher.publish(events):
            tp = TopicPartition(self._settings.topic(QUOTAS), written.partition)
            self._ends[tp] = max(self._ends.get(tp, 0), written.offset + 1)
        QUOTA_CELLS.inc(len(events))

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. After a failed write it listens to the end again before it speaks."""
        while not stop.is_set():
            try:
                self.step()
            except (KafkaError, RedisError) as away:
                log.info("publishing_retried", because=type(away).__name__)
                self._floor = None
                stop.wait(1.0)
        self._consumer.close()
        self._tail.close()
