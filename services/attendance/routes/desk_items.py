"""The page on which passed items (a post-test, a form) are recorded: a CSV file, or one person."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from services.attendance.desk.forms import Form, refusal
from services.attendance.desk.texts import TEXTS
from services.attendance.items_file import rows
from services.attendance.pages.render import Language, page, sentence
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.common import view_of, webinar_of
from services.attendance.routes.desk_corrections import zoned
from services.attendance.routes.desk_reviews import Visitor
from services.attendance.routes.items import MOST_BYTES, ItemsAnswer, record
from shared.http import Caller, Problem, Role

router = APIRouter(tags=["pages"], include_in_schema=False)
Organiser = Annotated[Caller, visitor(Role.ORGANISER, Role.OPERATOR)]
SHOWN = 200
"""Rows that were left out, on the page; the rest are counted."""


@router.get("/items")
def show(request: Request, caller: Visitor, webinar: str, lang: Language = "id") -> Response:
    """What the rule requires, and two forms."""
    return _page(request, webinar, lang)


@router.post("/items")
async def take(
    request: Request, caller: Organiser, webinar: str, lang: Language = "id"
) -> Response:
    """A file, or one person; the same again changes nothing."""
    try:
        answer = await _recorded(request, caller, webinar)
    except (Problem, ValidationError) as wrong:
        status, said = refusal(wrong, lang)
        return await run_in_threadpool(_page, request, webinar, lang, status=status, wrong=said)
    return await run_in_threadpool(_page, request, webinar, lang, answer=answer)


async def _recorded(request: Request, caller: Caller, webinar_id: str) -> ItemsAnswer:
    if not 0 < int(request.headers.get("content-length", 0)) <= MOST_BYTES:
        raise Problem(413, "too-large", "The file is too large", "Send it in parts.")
    async with request.form(max_files=1, max_fields=10) as sent:
        file = sent.get("file")
        if isinstance(file, UploadFile):
            return await record(webinar_id, rows(await file.read()), request, caller)
        form = Form({name: [str(value)] for name, value in sent.items()})
    zone = await run_in_threadpool(zoned, request, webinar_id)
    at = form.instant("passed_at", zone)
    cells = {"external_id": form.text("external_id"), "item": form.text("item"),
             "passed_at": at.isoformat() if at else ""}  # fmt: skip
    return await record(webinar_id, iter([(1, cells)]), request, caller)


def _page(request: Request, webinar_id: str, lang: Language, *, status: int = 200, wrong: str = "",
          answer: ItemsAnswer | None = None) -> Response:  # fmt: skip
    webinar = webinar_of(view_of(request), webinar_id)
    done, left_out = "", list[dict[str, Any]]()
    if answer is not None:
        done = sentence(TEXTS, lang, "done_items", count=answer.accepted)
        left_out = answer.rejected[:SHOWN]
    return page(
        "items.html", lang, TEXTS, status=status, wrong=wrong, done=done, webinar=webinar,
        required=webinar["rule"]["required_items"], answer=answer, left_out=left_out,
        more=(answer.rejected_rows if answer else 0) - len(left_out),
    )  # fmt: skip
