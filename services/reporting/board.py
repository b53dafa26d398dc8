"""What the api shows, in memory: the quota topic read like any other consumer would, and the small
topics of programmes and webinars. No viewer causes a query anywhere."""

import threading

import structlog
from kafka.errors import KafkaError

from services.reporting.domain.quota import Cell, Counts
from services.reporting.domain.summary import Row
from services.reporting.programmes import Programmes
from services.reporting.tail import Heard, Tail
from shared.events.registration import WebinarSetV1
from shared.events.reporting import QuotaCellCountedV1
from shared.settings import KafkaSettings
from shared.topics import PROGRAMMES, QUOTAS, WEBINARS

log = structlog.get_logger()


class Board:
    """Fed by one thread, read by all."""

    def __init__(self) -> None:
        self.programmes = Programmes()
        self.ready = False
        self.revision = 0
        self._cells: dict[Cell, QuotaCellCountedV1] = {}
        self._webinars: dict[str, WebinarSetV1] = {}
        self._changed: set[Cell] = set()
        self._lock = threading.Lock()

    def take(self, heard: Heard) -> None:
        """One record of any of its topics."""
        with self._lock:
            self.revision += 1
            if heard.topic is QUOTAS:
                self._count(heard.event)
            elif heard.topic is PROGRAMMES:
                self.programmes.take(heard)
            elif heard.event is not None:
                before = self._webinars.get(heard.key)
                if before is None or heard.event.version >= before.version:
                    self._webinars[heard.key] = heard.event

    def _count(self, event: QuotaCellCountedV1 | None) -> None:
        if event is None:
            return
        cell = Cell(event.year, event.region_code, event.category.value)
        before = self._cells.get(cell)
        if before is None or event.version > before.version:
            self._cells[cell] = event
            self._changed.add(cell)

    def cells(self, year: int | None = None) -> list[QuotaCellCountedV1]:
        """The cells, by key."""
        with self._lock:
            chosen = [c for c in self._cells if year is None or c.year == year]
            return [self._cells[cell] for cell in sorted(chosen)]

    def rows(self, year: int) -> list[Row]:
        """A year's cells, for summing."""
        return [as_row(event) for event in self.cells(year)]

    def changes(self) -> list[QuotaCellCountedV1]:
        """The cells that changed since the last call."""
        with self._lock:
            changed, self._changed = self._changed, set()
            return [self._cells[cell] for cell in sorted(changed)]

    def webinar(self, webinar_id: str) -> WebinarSetV1 | None:
        """A webinar as it stands."""
        return self._webinars.get(webinar_id)

    def years(self) -> list[int]:
        """The years with a programme or a cell, newest first."""
        with self._lock:
            return sorted({c.year for c in self._cells} | self.programmes.years(), reverse=True)

    def as_of(self, year: int) -> str | None:
        """When the year's newest cell was counted."""
        return max((event.as_of for event in self.cells(year)), default=None)


def as_row(event: QuotaCellCountedV1) -> Row:
    """A cell's event as figures."""
    counts = Counts(event.registered, event.attended, event.eligible, event.certified)
    return Row(Cell(event.year, event.region_code, event.category.value), event.quota, counts)


class BoardKeeper:
    """The thread that feeds a board."""

    def __init__(self, settings: KafkaSettings, board: Board) -> None:
        self._settings, self._board = settings, board
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End within a second or two."""
        self._stop.set()
        self._thread.join(timeout=3)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except KafkaError as away:
                log.warning("board_retried", because=type(away).__name__)
                self._stop.wait(1.0)

    def _follow(self) -> None:
        tail = Tail(self._settings, (PROGRAMMES, WEBINARS, QUOTAS), self._board.take)
        try:
            while not self._stop.is_set():
                tail.step()
                self._board.ready = self._board.ready or tail.caught_up()
        finally:
            tail.close()
