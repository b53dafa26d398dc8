"""Check-ins at the door, and the codes that people show there."""

import time
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.attendance.check_in import CheckIns, ScanIn, ScannerIn, ScanResult, code_of
from services.attendance.knowledge import to_webinar
from services.attendance.routes.common import PREFIX, Door, Organiser, view_of, webinar_of
from shared.events.registration import WebinarSetV1

log = structlog.get_logger()
router = APIRouter(prefix=PREFIX, tags=["attendance"])


class CheckInRequest(BaseModel):
    """Scans of one scanner; at most 1,000 at once. Sending them again changes nothing."""

    scans: list[ScanIn] = Field(max_length=1_000)
    scanner: ScannerIn = ScannerIn(id="")


class CheckInAnswer(BaseModel):
    """One result per scan, in the order given."""

    results: list[ScanResult]


@router.post("/check-ins", response_model=CheckInAnswer, summary="Record QR scans at the door")
async def check_in(webinar_id: str, body: CheckInRequest, request: Request, caller: Door) -> Any:
    """Every scan gets its own result: accepted, duplicate, refused (with the problem) or parked
    (kept, but the person is not enrolled). A 200 means that what is accepted or parked is durable."""
    check_ins: CheckIns = request.app.state.check_ins
    view = await run_in_threadpool(view_of, request)
    webinar = await run_in_threadpool(webinar_of, view, webinar_id)
    known = to_webinar(WebinarSetV1.model_validate(webinar))
    results = await check_ins.record(known, body.scans, body.scanner, int(time.time()))
    log.info("checked_in", by=caller.subject, webinar=webinar_id, scans=len(results))
    return {"results": results}


@router.get("/check-in-codes", summary="The texts of personal QR codes for the door, in pages")
def list_codes(
    webinar_id: str,
    request: Request,
    caller: Organiser,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Whoever is enrolled, by participant id; a code is valid for this webinar only."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    key: bytes = request.app.state.settings.code_key
    people = view.people(webinar_id, cursor, limit)
    enrolled = view.enrolled(webinar_id, people)
    items = [
        {"participant_id": p, "external_id": e[0], "code": code_of(key, webinar_id, p)}
        for p, e in enrolled.items()
    ]
    return {"items": items, "next": people[-1] if len(people) == limit else None}
