"""One reading of one meeting's report: page by page onto the topic, never whole in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from services.attendance.domain.facts import Interval
from services.attendance.domain.reports import EMPTY, refusal
from services.attendance.reconcile.limits import LimitReached
from services.attendance.reconcile.zoom_client import Kind, NotThere, ZoomClient, ZoomProblem
from shared.events import Event
from shared.events.reports import ReportPageV1, ReportReadV1, ReportRow

Publish = Callable[[str, Event], Awaitable[None]]
"""Takes (key, event) and returns when the broker has it."""
Tag = Callable[[str], str]
"""Pseudonym of a value; '' stays ''."""
IN_MEETING, WAITING = "in_meeting", "in_waiting_room"


class Job(NamedTuple):
    """A uuid to be read; `around`: its first and last known second; `first`: the number of its first
    reading, 0 where there was none."""

    uuid: str
    number: str
    kind: Kind
    around: Interval | None = None
    first: int = 0


class Tally:
    """What a reading has come to so far. The digest says nothing of the order of rows."""

    def __init__(self) -> None:
        self.rows = self.refused = self.elsewhere = self._sum = 0
        self.total: int | None = None
        self.problem = ""

    def add(self, rows: Sequence[ReportRow]) -> None:
        """One page."""
        for row in rows:
            one = blake2b(orjson.dumps(row), digest_size=32).digest()
            self._sum = (self._sum + int.from_bytes(one)) % (1 << 256)
            self.refused += row[3] not in {IN_MEETING, WAITING}
            self.elsewhere += row[3] == "another_meeting"
        self.rows += len(rows)

    @property
    def digest(self) -> str:
        """Equal for the same rows in any order."""
        return f"rows:{self.rows}:{self._sum:064x}" if self.rows else EMPTY


async def read_report(client: ZoomClient, job: Job, publish: Publish, tag: Tag,
                      clock: Callable[[], float]) -> ReportReadV1:  # fmt: skip
    """Read all pages and say how it went; what broke off is said, too, and changes nothing.

    Raises:
        LimitReached: Zoom takes no more calls today; nothing is said.
    """
    number, tally = int(clock() * 1000), Tally()
    try:
        await _pages(client, job, publish, tag, number, tally)
    except NotThere:
        tally.total = tally.total or 0
    except LimitReached:
        raise
    except ZoomProblem as problem:
        tally.problem = problem.code
    if tally.elsewhere and tally.elsewhere == tally.rows:
        tally.problem = tally.problem or "another_meeting"
    read = ReportReadV1(
        meeting_uuid=job.uuid, zoom_number=job.number, read=number, at=int(clock()),
        total_records=tally.total or 0, rows=tally.rows, refused=tally.refused,
        digest=tally.digest, problem=tally.problem, first=job.first or number,
    )  # fmt: skip
    await publish(job.uuid, read)
    return read


async def _pages(client: ZoomClient, job: Job, publish: Publish, tag: Tag, number: int,
                 tally: Tally) -> None:  # fmt: skip
    token, page = "", 0
    while True:
        body = await client.report_page(job.kind, job.uuid, token)
        total, raws = body.get("total_records"), body.get("participants") or []
        if not (isinstance(total, int) and isinstance(raws, list)
                and all(isinstance(raw, dict) for raw in raws)):  # fmt: skip
            tally.problem = "malformed"
            return
        if tally.total is not None and total != tally.total:
            tally.problem = "total_changed"
            return
        tally.total = total
        rows = tuple(row_of(raw, job.around, tag) for raw in raws)
        tally.add(rows)
        await publish(job.uuid, ReportPageV1(meeting_uuid=job.uuid, zoom_number=job.number,
                                             read=number, page=page, rows=rows))  # fmt: skip
        token, page = body.get("next_page_token") or "", page + 1
        if not token:
            return
        if tally.rows > total or not rows:
            tally.problem = "endless"
            return


def row_of(raw: Mapping[str, Any], around: Interval | None, tag: Tag) -> ReportRow:
    """One row without names; what is no evidence says so in its status."""
    user_id, join, leave = (
        _text(raw, "user_id"),
        epoch(raw.get("join_time")),
        epoch(raw.get("leave_time")),
    )
    status = _text(raw, "status") or IN_MEETING
    if status != WAITING:
        status = refusal(user_id, join, leave, around) or IN_MEETING
    return (user_id, join, leave, status, _text(raw, "registrant_id"),
            tag(_text(raw, "user_email")), tag(_text(raw, "customer_key")))  # fmt: skip


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return str(value) if isinstance(value, str | int) else ""


def epoch(text: object) -> int | None:
    """Epoch second of an ISO time, fractions cut; None when missing or no time."""
    try:
        moment = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // 1)
