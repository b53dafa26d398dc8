"""Required items that people passed (rules D1, F): by API, or a CSV file of up to a million rows."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, ValidationError

from services.attendance.frames import event_frame
from services.attendance.items_file import Fault, Passed, UnreadableFile, judged, rows
from services.attendance.record_writer import RecordWriter
from services.attendance.routes.common import (
    PREFIX,
    Organiser,
    operators_of,
    view_of,
    webinar_of,
)
from services.attendance.stores import AttendanceView
from shared.audit import audited
from shared.envelope import rfc3339
from shared.events.attendance import ItemPassedV1
from shared.http import Caller, Problem
from shared.keys import partition_of, person_key
from shared.topics import ATTENDANCE_AUDIT

router = APIRouter(prefix=PREFIX, tags=["items"])
CHUNK, LISTED = 5_000, 10_000
MOST_BYTES = 128 * 1024 * 1024


class ItemIn(BaseModel):
    """Somebody passed something."""

    external_id: str = Field(max_length=200)
    item: str = Field(max_length=200)
    passed_at: str = ""


class ItemsIn(BaseModel):
    """Several at once."""

    items: list[ItemIn] = Field(max_length=10_000)


class ItemsAnswer(BaseModel):
    """The good rows went through; the others are listed (the first 10,000) and counted."""

    rows: int
    accepted: int
    rejected: list[dict[str, Any]]
    rejected_rows: int


_CSV = "external_id,item,passed_at\r\npeserta-0001,post-test,2026-01-09T11:30:00+07:00\r\n"
_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _CSV},
            "application/json": {
                "schema": ItemsIn.model_json_schema(),
                "example": {"items": [{"external_id": "peserta-0001", "item": "post-test"}]},
            },
        },
    }
}


@router.post("/items", response_model=ItemsAnswer, openapi_extra=_REQUEST,
             summary="Record passed items")  # fmt: skip
async def items(webinar_id: str, request: Request, caller: Organiser) -> Any:
    """A row is (participant, item); said again it changes nothing. Without `passed_at`: now. An item
    is one that the webinar's rule requires. A single item in JSON that is no good is refused (422)."""
    data = await _body(request)
    is_csv = request.headers.get("content-type", "").startswith("text/csv")
    found = rows(data) if is_csv else _of_json(data)
    answer = await record(webinar_id, found, request, caller)
    if not is_csv and (answer.rows, answer.rejected_rows) == (1, 1):
        (fault,) = answer.rejected
        raise Problem(422, fault["code"], "The item was not recorded", fault["message"],
                      errors=[{"pointer": f"/items/0/{fault['column']}",
                               "detail": fault["message"]}])  # fmt: skip
    return answer


async def record(webinar_id: str, found: Iterator[tuple[int, dict[str, str]]], request: Request,
                 caller: Caller) -> ItemsAnswer:  # fmt: skip
    """Judge and write rows of (number, cells).

    Raises:
        Problem: 404 without such a webinar, 422 when the rows cannot be read.
    """
    view = await run_in_threadpool(view_of, request)
    webinar = await run_in_threadpool(webinar_of, view, webinar_id)
    passed = Counter[str]()
    try:
        answer = await _take(webinar, found, passed, request, caller)
    except UnreadableFile as wrong:
        raise Problem(422, "file-unreadable", "The file cannot be read", str(wrong)) from wrong
    if answer.accepted:
        after = {"rows": answer.rows, "accepted": answer.accepted, "items": dict(passed)}
        done = audited(ATTENDANCE_AUDIT, caller, "items-passed", webinar_id,
                       webinar_id=webinar_id, after=after)  # fmt: skip
        await operators_of(request).publish([done])
    return answer


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise Problem(413, "too-large", "The file is too large", "Send it in parts.")
    return bytes(data)


def _of_json(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        body = ItemsIn.model_validate_json(data)
    except ValidationError as wrong:
        faults = [{"pointer": "/" + "/".join(map(str, e["loc"])), "detail": e["msg"]}
                  for e in wrong.errors()]  # fmt: skip
        raise Problem(422, "invalid", "The request is not valid", errors=faults) from wrong
    return iter([(row, item.model_dump()) for row, item in enumerate(body.items, 1)])


async def _take(webinar: dict[str, Any], found: Iterator[tuple[int, dict[str, str]]],
                passed: Counter[str], request: Request, caller: Caller) -> ItemsAnswer:  # fmt: skip
    """Chunk by chunk; `passed` counts what was written, by item."""
    writer: RecordWriter = request.app.state.events_writer
    webinar_id, settings = webinar["webinar_id"], request.app.state.settings
    view = await run_in_threadpool(view_of, request)
    count, accepted, faults = 0, 0, list[Fault]()
    rejected = 0
    while chunk := await run_in_threadpool(lambda: list(islice(found, CHUNK))):
        good, bad = await run_in_threadpool(_judged, chunk, view, webinar)
        await writer.write(_frames(webinar_id, good, caller, settings))
        passed.update(one.item for one in good)
        count, accepted, rejected = count + len(chunk), accepted + len(good), rejected + len(bad)
        faults += bad[: LISTED - len(faults)]
    listed = [fault._asdict() for fault in faults]
    return ItemsAnswer(rows=count, accepted=accepted, rejected=listed, rejected_rows=rejected)


def _judged(chunk: Sequence[tuple[int, dict[str, str]]], view: AttendanceView,
            webinar: dict[str, Any]) -> tuple[list[Passed], list[Fault]]:  # fmt: skip
    webinar_id, required = webinar["webinar_id"], webinar["rule"]["required_items"]
    now = int(time.time())
    return judged(chunk, lambda people: view.enrolled(webinar_id, people), required, now)


def _frames(webinar_id: str, good: Sequence[Passed], caller: Caller,
            settings: Any) -> Iterator[tuple[int, bytes]]:  # fmt: skip
    now = rfc3339(datetime.now(UTC))
    for one in good:
        key = person_key(webinar_id, one.participant_id)
        event = ItemPassedV1(webinar_id=webinar_id, participant_id=one.participant_id,
                             item=one.item, at=one.at, by=caller.subject)  # fmt: skip
        frame = event_frame(event.type, settings.source, key, event.model_dump(), now)
        yield partition_of(key.encode(), settings.partitions), frame
