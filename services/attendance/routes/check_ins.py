"""Check-ins at the door, the codes that people show there, and what looks odd about them."""

import time
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.attendance.check_in import CheckIns, pairs_at_two_gates
from services.attendance.door_codes import code_of
from services.attendance.knowledge import to_webinar
from services.attendance.pages.qr import qr_svg
from services.attendance.routes.common import (
    PREFIX,
    Door,
    Organiser,
    some_enrolled,
    view_of,
    webinar_of,
)
from services.attendance.scan_memory import Taken
from services.attendance.scans import ScanIn, ScannerIn, ScanResult
from shared.events.registration import WebinarSetV1
from shared.http import Caller, Problem, Role, allowed

log = structlog.get_logger()
router = APIRouter(prefix=PREFIX, tags=["attendance"])
DoorOrReader = Annotated[
    Caller, allowed(Role.DOOR, Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)
]


class CheckInRequest(BaseModel):
    """Scans of one scanner; at most 1,000 at once. Sending them again changes nothing."""

    scans: list[Annotated[ScanIn | Any, Field(union_mode="left_to_right")]] = Field(
        max_length=1_000, description="one that is not of this form is refused alone"
    )
    scanner: ScannerIn = ScannerIn(id="")


class CheckInAnswer(BaseModel):
    """One result per scan, in the order given; `skew`: seconds that the scanner's clock is ahead."""

    results: list[ScanResult]
    skew: int | None = None


class GateScan(BaseModel):
    """A scan in a flag."""

    scan_id: str
    gate: str
    scanner_id: str
    at: int


class GateFlag(BaseModel):
    """One code at two gates of a session at once; it changes no verdict."""

    kind: str = "code-at-two-gates"
    participant_id: str
    external_id: str | None
    session_id: str
    scans: list[GateScan]


class Flags(BaseModel):
    """What looks odd."""

    items: list[GateFlag]


@router.post("/check-ins", response_model=CheckInAnswer, summary="Record QR scans at the door")
async def check_in(webinar_id: str, body: CheckInRequest, request: Request, caller: Door) -> Any:
    """Every scan gets its own result: accepted, duplicate, refused (with the problem) or parked
    (kept, but the person is not enrolled). A 200 means that what is accepted or parked is durable."""
    check_ins: CheckIns = request.app.state.check_ins
    view = await run_in_threadpool(view_of, request)
    webinar = await run_in_threadpool(webinar_of, view, webinar_id)
    known = to_webinar(WebinarSetV1.model_validate(webinar))
    now = int(time.time())
    results = await check_ins.record(known, body.scans, body.scanner, now, caller)
    log.info("checked_in", by=caller.subject, webinar=webinar_id, scans=len(results))
    return {"results": results, "skew": body.scanner.skew(now)}


@router.get("/flags", response_model=Flags, summary="What looks odd about the check-ins")
def list_flags(
    webinar_id: str, request: Request, caller: DoorOrReader, participant_id: str = ""
) -> Any:
    """Codes that came in at two gates of a session within 120 seconds, without going out between."""
    webinar_of(view_of(request), webinar_id)
    return {"items": flags_of(request, webinar_id, participant_id)}


def flags_of(request: Request, webinar_id: str, participant_id: str = "") -> list[dict[str, Any]]:
    """Of one person, or ('') of everybody."""
    check_ins: CheckIns = request.app.state.check_ins
    memory = check_ins.memory
    taken = memory.of(webinar_id, [participant_id]) if participant_id else memory.all(webinar_id)
    pairs = pairs_at_two_gates(taken)
    enrolled = view_of(request).enrolled(webinar_id, pairs)
    by_id = {one.scan.scan_id: one for one in taken}
    return [
        {"participant_id": person, "external_id": enrolled.get(person, [None])[0],
         "session_id": pair.session_id,
         "scans": [_shown(by_id[s.scan_id]) for s in (pair.first, pair.second)]}
        for person, found in pairs.items() for pair in found
    ]  # fmt: skip


def _shown(taken: Taken) -> dict[str, Any]:
    scan = taken.scan
    return {
        "scan_id": scan.scan_id,
        "gate": scan.gate,
        "at": scan.at,
        "scanner_id": taken.scanner_id,
    }


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
    enrolled, after = some_enrolled(view, webinar_id, cursor, limit)
    items = [
        {"participant_id": p, "external_id": e[0], "code": code_of(key, webinar_id, p)}
        for p, e in enrolled.items()
    ]
    return {"items": items, "next": after}


@router.get("/check-in-codes/{participant_id}.svg", summary="A person's QR code as a picture",
            response_class=Response)  # fmt: skip
def picture_of_code(
    webinar_id: str, participant_id: str, request: Request, caller: Organiser
) -> Response:
    """For printing and for tests; not to be kept by caches."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    if participant_id not in view.enrolled(webinar_id, [participant_id]):
        raise Problem(404, "participant-unknown", "Nobody of this id takes part in this webinar")
    key: bytes = request.app.state.settings.code_key
    svg = qr_svg(code_of(key, webinar_id, participant_id))
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})
