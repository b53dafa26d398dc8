"""The attendance api: check-ins in, decisions, reasons and progress out."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.attendance.check_in import CheckIns, ScanIn, ScannerIn, ScanResult, code_of
from services.attendance.knowledge import to_webinar
from services.attendance.progress import Ends, progress
from services.attendance.stores import AttendanceView, WorkerProgress
from shared.events.registration import WebinarSetV1
from shared.http import Caller, Problem, Role, allowed, not_ready
from shared.settings import KafkaSettings

log = structlog.get_logger()
router = APIRouter(prefix="/v1/webinars/{webinar_id}", tags=["attendance"])
Reader = Annotated[Caller, allowed(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Door = Annotated[Caller, allowed(Role.DOOR, Role.ORGANISER, Role.OPERATOR)]


class CheckInRequest(BaseModel):
    """Scans of one scanner; at most 1,000 at once. Sending them again changes nothing."""

    scans: list[ScanIn] = Field(max_length=1_000)
    scanner: ScannerIn = ScannerIn(id="")


class CheckInAnswer(BaseModel):
    """One result per scan, in the order given."""

    results: list[ScanResult]


class Progress(BaseModel):
    """How far a webinar is; `settled` = nothing that is known is still under way."""

    webinar_id: str
    facts_seen: int
    lag: int
    open_reviews: int
    pending_clocks: list[str]
    enrolled: int
    decisions: int
    final: int
    certificates: int
    settled: bool


def _view(request: Request) -> AttendanceView:
    view: AttendanceView = request.app.state.view
    if not view.view.ready():
        raise not_ready("The attendance view is being rebuilt from the topics.")
    return view


def _webinar(view: AttendanceView, webinar_id: str) -> dict[str, Any]:
    webinar = view.webinar(webinar_id)
    if webinar is None:
        raise Problem(404, "webinar-unknown", "There is no such webinar")
    return webinar


@router.post("/check-ins", response_model=CheckInAnswer, summary="Record QR scans at the door")
async def check_in(webinar_id: str, body: CheckInRequest, request: Request, caller: Door) -> Any:
    """Every scan gets its own result: accepted, duplicate, refused (with the problem) or parked
    (kept, but the person is not enrolled). A 200 means that what is accepted or parked is durable."""
    check_ins: CheckIns = request.app.state.check_ins
    view = await run_in_threadpool(_view, request)
    webinar = await run_in_threadpool(_webinar, view, webinar_id)
    known = to_webinar(WebinarSetV1.model_validate(webinar))
    results = await check_ins.record(known, body.scans, body.scanner, int(time.time()))
    log.info("checked_in", by=caller.subject, webinar=webinar_id, scans=len(results))
    return {"results": results}


@router.get("/progress", response_model=Progress, summary="Is everything that is known worked off?")
def get_progress(webinar_id: str, request: Request, caller: Reader) -> Any:
    """Counts and lags; wait for `settled`."""
    view = _view(request)
    webinar = _webinar(view, webinar_id)
    worker: WorkerProgress = request.app.state.worker_progress
    ends: Ends = request.app.state.ends
    settings: KafkaSettings = request.app.state.settings
    return progress(webinar, view, worker, ends, settings.partitions)


@router.get("/attendance", summary="Decisions of a webinar, in pages")
def list_attendance(
    webinar_id: str, request: Request, response: Response, caller: Reader,
    cursor: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Everybody who is enrolled or decided, by participant id; `Link: rel="next"` while there is more."""
    view = _view(request)
    _webinar(view, webinar_id)
    people = view.people(webinar_id, cursor, limit + 1)
    more, people = len(people) > limit, people[:limit]
    if more:
        url = request.url.include_query_params(cursor=people[-1], limit=limit)
        response.headers["Link"] = f'<{url}>; rel="next"'
    return {"items": _items(view, webinar_id, people), "next": people[-1] if more else None}


@router.get("/attendance/{participant_id}", summary="One person's decision and its reasons")
def get_attendance(
    webinar_id: str, participant_id: str, request: Request, caller: Reader
) -> dict[str, Any]:
    """The decision with every version it went through."""
    view = _view(request)
    _webinar(view, webinar_id)
    (item,) = _items(view, webinar_id, [participant_id])
    if item["enrolment"] is None and "verdict" not in item:
        raise Problem(404, "participant-unknown", "Nobody of this id takes part in this webinar")
    return item


@router.get("/reviews", summary="Connections that nobody could be credited with")
def list_reviews(webinar_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """Review cases, the open ones first."""
    view = _view(request)
    _webinar(view, webinar_id)
    return {"items": view.reviews(webinar_id)}


def _items(view: AttendanceView, webinar_id: str, people: Sequence[str]) -> list[dict[str, Any]]:
    """Decisions with external_id, enrolment and certificate; without `verdict` while there is none
    (rule D3)."""
    enrolled = view.enrolled(webinar_id, people)
    decisions = view.decisions(webinar_id, people)
    certificates = view.certificate_statuses(webinar_id, people)
    return [
        {
            "webinar_id": webinar_id,
            "participant_id": p,
            "external_id": enrolled[p][0] if p in enrolled else None,
            "enrolment": enrolled[p][1] if p in enrolled else None,
            "certificate": certificates.get(p),
            **decisions.get(p, {}),
        }
        for p in people
    ]


@router.get("/check-in-codes", summary="The texts of personal QR codes for the door, in pages")
def list_codes(
    webinar_id: str,
    request: Request,
    caller: Annotated[Caller, allowed(Role.ORGANISER, Role.OPERATOR)],
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Whoever is enrolled, by participant id; a code is valid for this webinar only."""
    view = _view(request)
    _webinar(view, webinar_id)
    key: bytes = request.app.state.settings.code_key
    people = view.people(webinar_id, cursor, limit)
    enrolled = view.enrolled(webinar_id, people)
    items = [
        {"participant_id": p, "external_id": e[0], "code": code_of(key, webinar_id, p)}
        for p, e in enrolled.items()
    ]
    return {"items": items, "next": people[-1] if len(people) == limit else None}
