"""Reconciliation with Zoom's report: how far it is, asking for a read, what differs (rules Z)."""

import csv
import io
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.attendance.pages.render import Language, Texts, page
from services.attendance.pages.sign_in import visitor
from services.attendance.report_view import Listed, ReportView
from services.attendance.routes.common import PREFIX, Organiser, Reader, view_of, webinar_of
from shared.audit import audited
from shared.events.reports import ReportAskedV1
from shared.http import Caller, Role
from shared.publish import AsyncPublisher, Outgoing
from shared.topics import ATTENDANCE_AUDIT, REPORTS

router = APIRouter(tags=["reconciliation"])
MOST = 500
"""Lines on a page or in one answer; the CSV has all."""
COLUMNS = ("external_id", "participant_id", "kind", "user_id", "webhook_join", "webhook_leave",
           "report_join", "report_leave", "meeting_uuid", "connection_id")  # fmt: skip
Visitor = Annotated[Caller, visitor(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]

TEXTS: Texts = {
    "title": ("Selisih dengan laporan Zoom", "Differences with Zoom's report"),
    "off": ("Rekonsiliasi dengan laporan Zoom tidak aktif untuk webinar ini.",
            "Reconciliation with Zoom's report is off for this webinar."),
    "none_read": ("Laporan Zoom belum dibaca.", "Zoom's report has not been read yet."),
    "meetings": ("Laporan yang dibaca", "Reports that were read"),
    "meeting": ("Pertemuan", "Meeting"),
    "state": ("Keadaan", "State"),
    "rows": ("Baris", "Rows"),
    "read_at": ("Terakhir dibaca", "Last read"),
    "complete": ("lengkap", "complete"),
    "waiting": ("belum dipastikan", "not confirmed yet"),
    "broken": ("terputus: {problem}", "broke off: {problem}"),
    "list": ("Selisih", "Differences"),
    "no_list": ("Tidak ada selisih.", "There are no differences."),
    "csv": ("Unduh semua sebagai CSV", "Download all as CSV"),
    "first": ("{shown} dari {all} ditampilkan; CSV memuat semuanya.",
              "{shown} of {all} are shown; the CSV has all."),
    "person": ("Peserta", "Participant"),
    "nobody": ("tidak dikenal", "unknown"),
    "kind": ("Jenis", "Kind"),
    "webhook": ("Menurut kiriman Zoom", "By webhooks"),
    "report": ("Menurut laporan", "By the report"),
    "lost": ("kiriman hilang", "webhooks were lost"),
    "closed": ("batas dari laporan", "bound from the report"),
    "differs": ("waktu berbeda", "times differ"),
    "unreported": ("tidak ada di laporan", "not in the report"),
}  # fmt: skip


class Ask(BaseModel):
    """Ask for a reading now: of all of the webinar's meetings, or of one."""

    reason: str = Field(min_length=3, max_length=500)
    meeting_uuid: str | None = None


@router.get(PREFIX + "/reconciliation", summary="Which of Zoom's reports were read, and how far")
def get_reconciliation(webinar_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """A report is complete when two reads agree and hold every row that Zoom says there is."""
    webinar = webinar_of(view_of(request), webinar_id)
    return {"webinar_id": webinar_id, "reconciliation": webinar["reconciliation"],
            "meetings": _meetings(request, webinar)}  # fmt: skip


@router.post(PREFIX + "/reconciliation", status_code=202, summary="Have Zoom's reports read now")
async def ask(webinar_id: str, body: Ask, request: Request, caller: Organiser) -> dict[str, Any]:
    """The reconciler reads as soon as it may; follow `GET …/reconciliation`."""
    view = await run_in_threadpool(view_of, request)
    await run_in_threadpool(webinar_of, view, webinar_id)
    asked = ReportAskedV1(asked_ms=int(time.time() * 1000), asked_by=caller.subject,
                          reason=body.reason, webinar_id=webinar_id,
                          meeting_uuid=body.meeting_uuid)  # fmt: skip
    publisher: AsyncPublisher = request.app.state.publisher
    await publisher.publish([
        Outgoing(REPORTS, body.meeting_uuid or webinar_id, asked),
        audited(ATTENDANCE_AUDIT, caller, "report-asked", body.meeting_uuid or webinar_id,
                webinar_id=webinar_id, reason=body.reason),
    ])  # fmt: skip
    return {"webinar_id": webinar_id, "asked_ms": asked.asked_ms}


@router.get(PREFIX + "/differences", summary="Where webhooks and Zoom's report differ")
def list_differences(
    webinar_id: str, request: Request, caller: Reader,
    limit: Annotated[int, Query(ge=1, le=10_000)] = MOST,
) -> dict[str, Any]:  # fmt: skip
    """Per user_id: what the webhooks said and what the report says. No names; `.csv` has all."""
    webinar_of(view_of(request), webinar_id)
    found = list(islice(_listed(request, webinar_id), limit + 1))
    items = sorted(_lines(request, webinar_id, found[:limit]), key=_order)
    return {"items": items, "more": len(found) > limit}


@router.get(PREFIX + "/differences.csv", summary="The same, all of it, as CSV",
            response_class=StreamingResponse)  # fmt: skip
def csv_of_differences(webinar_id: str, request: Request, caller: Reader) -> Response:
    """UTF-8, one line a user_id; times are RFC 3339 in UTC."""
    webinar_of(view_of(request), webinar_id)
    name = f'attachment; filename="differences-{webinar_id}.csv"'
    return StreamingResponse(
        _csv(request, webinar_id), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": name},
    )  # fmt: skip


@router.get("/webinars/{webinar_id}/differences", include_in_schema=False)
def show(webinar_id: str, request: Request, caller: Visitor, lang: Language = "id") -> Response:
    """The page."""
    webinar = webinar_of(view_of(request), webinar_id)
    found = list(_listed(request, webinar_id))
    lines = sorted(_lines(request, webinar_id, found[:MOST]), key=_order)
    return page(
        "differences.html", lang, TEXTS, webinar=webinar, lines=lines, all=len(found),
        meetings=[_shown(one) for one in _meetings(request, webinar)],
        csv=PREFIX.format(webinar_id=webinar_id) + "/differences.csv",
    )  # fmt: skip


def _meetings(request: Request, webinar: dict[str, Any]) -> list[dict[str, Any]]:
    numbers = sorted({s["zoom"]["number"] for s in webinar["sessions"] if s.get("zoom")})
    view = ReportView(request.app.state.view.view)
    return view.meetings(numbers, webinar["report_reread_seconds"])


def _shown(meeting: dict[str, Any]) -> dict[str, Any]:
    last = meeting["reads"][-1]
    return {**meeting, "last": last, "last_at": _time(last["at"])}


def _listed(request: Request, webinar_id: str) -> Iterator[Listed]:
    return ReportView(request.app.state.view.view).differences(webinar_id)


def _lines(request: Request, webinar_id: str, found: Iterable[Listed]) -> list[dict[str, Any]]:
    listed = list(found)
    people = {one.participant_id for one in listed if one.participant_id}
    enrolled = view_of(request).enrolled(webinar_id, people)
    return [_line(one, enrolled) for one in listed]


def _line(one: Listed, enrolled: dict[str, list[str]]) -> dict[str, Any]:
    known = enrolled.get(one.participant_id or "")
    return {
        "external_id": known[0] if known else None,
        "participant_id": one.participant_id,
        "kind": one.kind,
        "user_id": one.user_id,
        "webhook_join": _time(one.webhook[0]),
        "webhook_leave": _time(one.webhook[1]),
        "report_join": _time(one.report[0]),
        "report_leave": _time(one.report[1]),
        "meeting_uuid": one.meeting_uuid,
        "connection_id": one.connection_id,
    }


def _order(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["external_id"] or "~", line["connection_id"], line["user_id"]


def _time(second: int | None) -> str | None:
    return (
        None
        if second is None
        else datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _csv(request: Request, webinar_id: str) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\r\n"
    listed = _listed(request, webinar_id)
    while chunk := list(islice(listed, MOST)):
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS)
        for line in _lines(request, webinar_id, chunk):
            writer.writerow({name: _safe(value) for name, value in line.items()})
        yield text.getvalue()


def _safe(value: str | None) -> str:
    """No cell that a spreadsheet would take for a formula."""
    return f"'{value}" if value and value[0] in "=+-@\t\r" else value or ""
