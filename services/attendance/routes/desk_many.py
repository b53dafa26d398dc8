"""The page on which many people get one correction: what follows is shown, row by row, before it is
saved."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from services.attendance.desk.forms import Form, form_of, refusal, refusal_text
from services.attendance.desk.sheets import decision_line, sessions_of
from services.attendance.desk.texts import TEXTS
from services.attendance.pages.render import Language, page, sentence
from services.attendance.routes.bulk_corrections import (
    MOST,
    CorrectedRow,
    ManyIn,
    correct_many,
)
from services.attendance.routes.common import view_of, webinar_of
from services.attendance.routes.desk_corrections import times_of
from services.attendance.routes.desk_reviews import Operator, Visitor
from shared.http import Caller, Problem

router = APIRouter(tags=["pages"], include_in_schema=False)


@router.get("/corrections/many")
def show(request: Request, caller: Visitor, webinar: str, lang: Language = "id") -> Response:
    """The form."""
    return _page(request, webinar, lang, Form({}))


@router.post("/corrections/many")
async def change(
    request: Request, caller: Operator, webinar: str, lang: Language = "id"
) -> Response:
    """Show what would follow, or save it. A second press of the same form saves nothing more."""
    form = await form_of(request)
    preview = form.text("do") != "apply"
    more: dict[str, Any] = {"preview": preview}
    try:
        answer = await _said(request, caller, webinar, form, preview=preview)
        more["rows"] = _rows(answer.results, lang)
        if not preview:
            more["done"] = sentence(TEXTS, lang, "done_corrected_many", count=answer.accepted)
    except (Problem, ValidationError) as wrong:
        status, said = refusal(wrong, lang)
        more |= {"status": status, "wrong": said}
    return await run_in_threadpool(lambda: _page(request, webinar, lang, form, **more))


async def _said(request: Request, caller: Caller, webinar_id: str, form: Form, *,
                preview: bool) -> Any:  # fmt: skip
    times = await run_in_threadpool(times_of, request, webinar_id, form)
    names = [name.strip() for name in form.text("people").splitlines() if name.strip()]
    body = ManyIn.model_validate({**times, "people": [{"external_id": name} for name in names]})
    return await correct_many(body, request, caller, preview, form.or_none("key"))


def _rows(rows: Iterable[CorrectedRow], lang: Language) -> list[dict[str, Any]]:
    return [
        {"row": r.row, "name": r.id, "wrong": refusal_text(r.problem, lang) if r.problem else "",
         "before": decision_line(r.before, lang), "after": r.after and decision_line(r.after, lang)}
        for r in rows
    ]  # fmt: skip


def _page(request: Request, webinar_id: str, lang: Language, filled: Form, *, status: int = 200,
          wrong: str = "", done: str = "", preview: bool = False,
          rows: list[dict[str, Any]] | None = None) -> Response:  # fmt: skip
    webinar = webinar_of(view_of(request), webinar_id)
    rows = rows or []
    return page(
        "corrections-many.html", lang, TEXTS, status=status, wrong=wrong, done=done, webinar=webinar,
        sessions=sessions_of(webinar, lang), filled=Form({}) if done else filled, rows=rows,
        preview=preview and any(not row["wrong"] for row in rows), most=MOST,
        # the same key for preview and saving; a new one when it was saved
        key=filled.text("key") if filled.text("key") and not done else str(uuid4()),
    )  # fmt: skip
