"""Imports: a file's people in chunks, each published before the next but one is begun.

A chunk works on top of the one before it, which the view may not have applied yet. What an import
has published stays, wherever it is interrupted; the same file again completes it and writes nothing
twice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import structlog

from services.registration.domain import people as checks
from services.registration.domain.people import Checked, Person
from services.registration.domain.problems import Rejection
from services.registration.domain.table import Outline
from services.registration.domain.webinar import zoom_numbers
from services.registration.enrolling import Enroller, Enrolments
from services.registration.personal import Sealer
from services.registration.stores import Places
from services.registration.writer import Writer, Writers, applied
from shared.events.registration import EnrolledV1, WebinarSetV1
from shared.http import not_ready
from shared.keys import participant_id_of
from shared.publish import AsyncPublisher

log = structlog.get_logger()
CHUNK = 1_000
LOCK_PATIENCE = 20.0
VIEW_PATIENCE = 60.0
LISTED = 10_000
"""So many problems are listed; the rest of them is only counted."""


@dataclass(slots=True)
class Result:
    """What has become of a file so far; created, updated and unchanged count people."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    rejected_rows: int = 0
    warnings: list[Rejection] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()
    visible: bool = True

    def count(self, outcomes: Iterable[str]) -> None:
        """Add a chunk's people."""
        for outcome in outcomes:
            setattr(self, outcome, getattr(self, outcome) + 1)

    def note(self, checked: Checked) -> None:
        """Add a row's or person's problems."""
        self.rejected_rows += len({problem.row for problem in checked.rejected})
        self.rejected += checked.rejected[: LISTED - len(self.rejected)]
        self.warnings += checked.warnings[: LISTED - len(self.warnings)]

    def as_dict(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [problem.as_dict() for problem in self.rejected],
            "rejected_rows": self.rejected_rows,
            "warnings": [problem.as_dict() for problem in self.warnings],
            "ignored_columns": list(self.ignored_columns),
        }


class Importer:
    """Brings people into webinars."""

    def __init__(self, publisher: AsyncPublisher, writers: Writers, sealer: Sealer,
                 identity_key: bytes) -> None:  # fmt: skip
        self._publisher, self._writers = publisher, writers
        self._sealer, self._identity_key = sealer, identity_key

    async def enrol_one(
        self, webinar: WebinarSetV1, person: Person
    ) -> tuple[str, EnrolledV1, bool]:
        """Enrol one person; (created | updated | unchanged, the enrolment, whether it is visible)."""
        async with self._writers.writer(people_of(webinar.webinar_id)) as writer:
            done = await self._enroller(webinar, writer).enrol([person], {}, now_ms())
            visible = await applied(writer.store, done.places)
        return done.outcomes[0], done.standing[participant_id_of(person.external_id)], visible

    async def run(self, webinar: WebinarSetV1, data: bytes, found: Outline, result: Result,
                  progress: Callable[[], Any] | None = None) -> None:  # fmt: skip
        """Import a whole file into `result`, calling `progress` after each chunk.

        Raises:
            shared.http.Problem: 503; what is published stays, and the same file completes it.
        """
        result.rows, result.ignored_columns = found.rows, found.ignored
        async with self._writers.writer(people_of(webinar.webinar_id), LOCK_PATIENCE) as writer:
            enroller = self._enroller(webinar, writer)
            ahead: Enrolments = {}
            places: Places = {}
            async for chunk in _chunks(checks.people(data, found, _known_of(webinar)), result):
                done = await enroller.enrol(chunk, ahead, now_ms())
                result.count(done.outcomes)
                if not await applied(writer.store, places, VIEW_PATIENCE):
                    raise not_ready("The view is behind; the same file again completes the import.")
                ahead, places = done.changed, done.places
                if progress:
                    progress()
            result.visible = await applied(writer.store, places)

    def _enroller(self, webinar: WebinarSetV1, writer: Writer) -> Enroller:
        return Enroller(self._publisher, self._sealer, self._identity_key, webinar, writer)


def people_of(webinar_id: str) -> str:
    """The lock under which a webinar's enrolments are written."""
    return f"people:{webinar_id}"


def _known_of(webinar: WebinarSetV1) -> checks.Webinar:
    return checks.Webinar(zoom_numbers(webinar), datetime.now(UTC).year)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _chunks(people: Iterator[Checked], result: Result) -> AsyncIterator[list[Person]]:
    """The people of the next rows; checking yields to other requests between chunks."""
    while checked := list(islice(people, CHUNK)):
        for one in checked:
            result.note(one)
        await asyncio.sleep(0)
        good = [one.person for one in checked if one.person]
        if good:
            yield good
