"""The api's view of reports: which reads there were, and where report and webhooks differ."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from services.attendance.domain.reading_plan import settled
from services.attendance.domain.reports import Read, confirmed
from shared.events.reports import ReportReadV1
from shared.records import Record
from shared.views import View
from shared.writes import Writes

PAGE = 1_000


class Listed(NamedTuple):
    """One user_id on which webhooks and report differ. `participant_id` is None where the
    connection is nobody's (yet)."""

    participant_id: str | None
    connection_id: str
    meeting_uuid: str
    user_id: str
    kind: str
    webhook: tuple[int | None, int | None]
    report: tuple[int | None, int | None]


def project_report(view: View, pipe: Writes, record: Record) -> None:
    """Reads are kept by Zoom number; pages are the worker's."""
    if isinstance(record.event, ReportReadV1) and record.value is not None:
        read = record.event
        field = f"{read.meeting_uuid}|{read.read}"
        pipe.hset(view.key("report-reads", read.zoom_number), field, record.value)


def project_difference(view: View, pipe: Writes, record: Record) -> None:
    """The list of a webinar, by person and connection."""
    event = record.event
    if event is None:
        return
    key = view.key("differences", event.webinar_id)
    field = f"{event.participant_id}|{event.connection_id}"
    if event.differences and record.value is not None:
        pipe.hset(key, field, record.value)
    else:
        pipe.hdel(key, field)


class ReportView:
    """What the routes read."""

    def __init__(self, view: View) -> None:
        self._view, self._redis = view, view.client

    def meetings(self, numbers: Iterable[str], reread: int) -> list[dict[str, Any]]:
        """Per meeting uuid: its reads, and whether its report is complete (rule Z1)."""
        found: dict[str, list[dict[str, Any]]] = {}
        for number in numbers:
            raw: Any = self._redis.hvals(self._view.key("report-reads", number))
            for one in map(orjson.loads, raw):
                found.setdefault(one["meeting_uuid"], []).append(one)
        return [_meeting(uuid, reads, reread) for uuid, reads in sorted(found.items())]

    def differences(self, webinar_id: str) -> Iterator[Listed]:
        """All that differs, some thousand at a time; in no order."""
        key = self._view.key("differences", webinar_id)
        for _, raw in self._redis.hscan_iter(key, count=PAGE):
            one = orjson.loads(raw)
            who = None if one["participant_id"].startswith("~") else one["participant_id"]
            for found in one["differences"]:
                yield Listed(
                    who, one["connection_id"], one["meeting_uuid"], found["user_id"],
                    found["kind"], tuple(found["webhook"]), tuple(found["report"]),
                )  # fmt: skip


def _meeting(uuid: str, raw: list[dict[str, Any]], reread: int) -> dict[str, Any]:
    raw.sort(key=lambda one: one["read"])
    reads = [Read(r["read"], r["at"], r["total_records"], r["rows"], r["digest"], r["problem"])
             for r in raw]  # fmt: skip
    sure = confirmed(reads, reread)
    return {
        "meeting_uuid": uuid,
        "zoom_number": raw[0]["zoom_number"],
        "complete": bool(sure),
        "settled": settled(reads, reread),
        "rows": next((r.rows for r in reads if sure and r.number == sure[-1].number), None),
        "reads": [{name: r[name] for name in ("read", "at", "rows", "total_records", "refused",
                                              "problem")} for r in raw],
    }  # fmt: skip
