"""Zoom's participant report as Zoom would make it of the webhooks that it sent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from services.attendance.domain.webhook import Lifecycle, Participant, parse
from shared.crypto import identity_hmac
from shared.events.reports import ReportPageV1, ReportReadV1

REPORTED = 1_800_000_000
"""The second at which the first read of a test begins."""


class Stay(NamedTuple):
    """One row, before anybody read it."""

    uuid: str
    number: str
    user_id: str
    join: int
    leave: int
    registrant_id: str
    email: str


def stays(bodies: Iterable[bytes]) -> list[Stay]:
    """A row per user_id, from all webhooks that Zoom made, delivered or not."""
    seen: dict[tuple[str, str, str], list[Participant]] = defaultdict(list)
    ends: dict[str, int] = {}
    for body in bodies:
        event = parse(orjson.loads(body))
        if isinstance(event, Participant):
            seen[event.meeting_uuid, event.number, event.user_id].append(event)
        elif isinstance(event, Lifecycle) and event.kind == "ended":
            ends[event.meeting_uuid] = max(event.at, ends.get(event.meeting_uuid, 0))
    return [row for place, events in seen.items() if (row := _stay(place, events, ends))]


def _stay(place: tuple[str, str, str], events: list[Participant], ends: Any) -> Stay | None:
    uuid, number, user_id = place
    joins = [e.at for e in events if e.kind == "joined"]
    leaves = [e.at for e in events if e.kind == "left"]
    start, end = min(joins, default=None), max(leaves, default=ends.get(uuid))
    if start is None or end is None or end < start:
        return None
    registrant = max(e.registrant_id for e in events)
    return Stay(uuid, number, user_id, start, end, registrant, max(e.email for e in events))


def read(key: bytes, rows: Iterable[Stay], number: int, at: int, size: int = 50,
         total: int | None = None) -> Iterator[ReportPageV1 | ReportReadV1]:  # fmt: skip
    """The records of one reading of each uuid among the rows; `number` in milliseconds."""
    by_uuid: dict[str, list[Stay]] = defaultdict(list)
    for row in rows:
        by_uuid[row.uuid].append(row)
    for uuid, found in by_uuid.items():
        tuples = tuple(
            (r.user_id, r.join, r.leave, "in_meeting", r.registrant_id,
             identity_hmac(key, r.email), "")
            for r in found
        )  # fmt: skip
        for page, first in enumerate(range(0, len(tuples), size)):
            yield ReportPageV1(meeting_uuid=uuid, zoom_number=found[0].number, read=number,
                               page=page, rows=tuples[first : first + size])  # fmt: skip
        yield ReportReadV1(
            meeting_uuid=uuid, zoom_number=found[0].number, read=number, at=at,
            total_records=len(tuples) if total is None else total, rows=len(tuples),
            digest=sha256(orjson.dumps(sorted(tuples))).hexdigest(),
        )  # fmt: skip


def twice(key: bytes, rows: Iterable[Stay], begun: int = REPORTED
          ) -> list[ReportPageV1 | ReportReadV1]:  # fmt: skip
    """Two readings with the same rows, a minute and a half apart: the second confirms the first."""
    known = list(rows)
    first = read(key, known, begun * 1000, begun + 5)
    return [*first, *read(key, known, (begun + 90) * 1000, begun + 95)]
