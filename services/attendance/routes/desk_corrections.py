"""The page on which a person's time is corrected: what follows is shown before it is saved."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from services.attendance.desk.forms import Form, back_to, done_text, form_of, incomplete, refusal
from services.attendance.desk.sheets import (
    candidates_of,
    decision_line,
    missing_items,
    sessions_of,
)
from services.attendance.desk.texts import TEXTS
from services.attendance.pages.render import Language, page, sentence
from services.attendance.routes import corrections, settlements
from services.attendance.routes.attendance import decided_as
from services.attendance.routes.bodies import Reasoned
from services.attendance.routes.common import view_of, webinar_of
from services.attendance.routes.desk_reviews import Operator, Visitor
from services.attendance.state_client import WorkerStates
from services.attendance.stores import AttendanceView
from services.attendance.why.naming import clock, day
from shared.events.attendance import Verdict
from shared.http import Caller, Problem
from shared.keys import participant_id_of

router = APIRouter(tags=["pages"], include_in_schema=False)
MOST = 200
"""Corrections of a person, or people who need review, that are listed."""


@router.get("/corrections")
async def show(request: Request, caller: Visitor, webinar: str, person: str = "", done: str = "",
               lang: Language = "id") -> Response:  # fmt: skip
    """A person's decision, their corrections, and forms for more. `person`: the external id."""
    return await _page(request, webinar, person, lang, done=done_text(done, "", lang))


@router.post("/corrections")
async def change(
    request: Request, caller: Operator, webinar: str, person: str, lang: Language = "id"
) -> Response:
    """Show what would follow, save it, take it back, or settle the verdict."""
    form = await form_of(request)
    more: dict[str, Any] = {}
    try:
        if form.text("do") == "preview":
            more = await _preview(request, caller, webinar, person, form, lang)
        else:
            done = await _DEEDS.get(form.text("do"), _unknown)(
                request, caller, webinar, person, form
            )
            return back_to("/corrections", webinar=webinar, person=person, lang=lang, done=done)
    except (Problem, ValidationError) as wrong:
        status, said = refusal(wrong, lang)
        more = {"status": status, "wrong": said, "filled": form}
    return await _page(request, webinar, person, lang, **more)


async def _preview(request: Request, caller: Caller, webinar_id: str, person: str, form: Form,
                   lang: Language) -> dict[str, Any]:  # fmt: skip
    body = await run_in_threadpool(_body, request, webinar_id, person, form)
    found = await corrections.correct(body, request, Response(), caller, True, None)
    shown = [decision_line(found[when], lang) for when in ("before", "after")]
    return {"preview": shown, "filled": form}


async def _apply(request: Request, caller: Caller, webinar_id: str, person: str, form: Form) -> str:
    body = await run_in_threadpool(_body, request, webinar_id, person, form)
    key = form.or_none("key")
    await corrections.correct(body, request, Response(), caller, False, key)
    return "corrected"


async def _withdraw(
    request: Request, caller: Caller, webinar_id: str, person: str, form: Form
) -> str:
    reason = Reasoned(reason=form.text("reason"))
    ruling = form.text("ruling")
    await corrections.withdraw_correction(ruling, reason, request, Response(), caller)
    return "withdrawn"


async def _verdict(
    request: Request, caller: Caller, webinar_id: str, person: str, form: Form
) -> str:
    body = settlements.VerdictIn(
        external_id=person, digest=form.text("digest"), reason=form.text("reason"),
        verdict=form.text("verdict"),
    )  # fmt: skip
    key = form.or_none("key")
    await settlements.settle_verdict(webinar_id, body, request, Response(), caller, key)
    return "verdict"


async def _unknown(*_: object) -> str:
    raise incomplete()


_DEEDS = {"apply": _apply, "withdraw": _withdraw, "verdict": _verdict}


def _body(request: Request, webinar_id: str, person: str, form: Form) -> corrections.CorrectionIn:
    times = times_of(request, webinar_id, form)
    return corrections.CorrectionIn.model_validate({**times, "external_id": person})


def times_of(request: Request, webinar_id: str, form: Form) -> dict[str, Any]:
    """What a form says of a correction, its times being those of the session's zone."""
    webinar = webinar_of(view_of(request), webinar_id)
    sessions = sessions_of(webinar, "id")
    session_id = form.or_none("session")
    zone = next((s["zone"] for s in sessions if s["id"] == session_id), sessions[0]["zone"])
    return {
        "webinar_id": webinar_id, "session_id": session_id, "kind": form.text("kind"),
        "start": form.instant("start", zone), "end": form.instant("end", zone),
        "reason": form.text("reason"),
    }  # fmt: skip


def zoned(request: Request, webinar_id: str) -> str:
    """The zone of the webinar's first session."""
    zone: str = sessions_of(webinar_of(view_of(request), webinar_id), "id")[0]["zone"]
    return zone


async def _page(
    request: Request, webinar_id: str, person: str, lang: Language, **more: Any
) -> Response:
    so_far = await _so_far(request, webinar_id, person, lang) if person else None
    return await run_in_threadpool(
        lambda: _shown(request, webinar_id, person, lang, so_far=so_far, **more)
    )


async def _so_far(
    request: Request, webinar_id: str, person: str, lang: Language
) -> dict[str, str] | None:
    """What the worker has counted of somebody who is not decided on; None while it cannot be asked,
    and of everybody else."""
    view, who = await run_in_threadpool(view_of, request), participant_id_of(person)
    known = await run_in_threadpool(view.enrolled, webinar_id, [who])
    decided = await run_in_threadpool(view.decisions, webinar_id, [who])
    if decided or not known:
        return None
    states: WorkerStates = request.app.state.states
    try:
        return decision_line((await states.person(webinar_id, who))["now"], lang)
    except Problem:
        return None


def _shown(request: Request, webinar_id: str, person: str, lang: Language, *, status: int = 200,
           wrong: str = "", done: str = "", filled: Form | None = None,
           preview: list[Any] | None = None, so_far: dict[str, str] | None = None) -> Response:  # fmt: skip
    view = view_of(request)
    webinar = webinar_of(view, webinar_id)
    who = participant_id_of(person) if person else ""
    known = bool(who) and who in view.enrolled(webinar_id, [who])
    decision = view.decisions(webinar_id, [who]).get(who) if known else None
    sessions = sessions_of(webinar, lang)
    if person and not known and not wrong:
        status, wrong = 404, sentence(TEXTS, lang, "refused_participant-unknown")
    return page(
        "corrections.html", lang, TEXTS, status=status, wrong=wrong, done=done, webinar=webinar,
        person=person, who=who, known=known, sessions=sessions, filled=filled or Form({}),
        preview=preview, key=str(uuid4()), decision=decision_line(decision, lang),
        so_far=so_far, missing=missing_items(decision, lang),
        digest=(decision or {}).get("digest", ""),
        rows=_rows(request, webinar_id, who, sessions, lang) if known else [],
        waiting=None if person else _waiting(view, webinar_id, lang),
    )  # fmt: skip


def _waiting(view: AttendanceView, webinar_id: str, lang: Language) -> dict[str, Any]:
    """Whose verdict needs review: how many, and the first of them."""
    people = list(decided_as(view, webinar_id, Verdict.NEEDS_REVIEW))
    shown = candidates_of(view, webinar_id, people[:MOST], lang)
    return {"count": len(people), "people": shown, "more": len(people) - len(shown)}


def _rows(request: Request, webinar_id: str, who: str, sessions: list[dict[str, Any]],
          lang: Language) -> list[dict[str, Any]]:  # fmt: skip
    found = view_of(request).rulings.corrections(webinar_id, who, "", MOST).items
    zones = {s["id"]: s["zone"] for s in sessions}
    rows = []
    for word in found:
        zone = zones.get(word["session_id"], sessions[0]["zone"])
        line = sentence(TEXTS, lang, "correction_line", kind=sentence(TEXTS, lang, word["kind"]),
                        day=day(word["start"], zone), start=clock(word["start"], zone),
                        end=clock(word["end"], zone))  # fmt: skip
        rows.append({"id": word["ruling_id"], "line": line, "reason": word["reason"],
                     "by": word["made_by"], "gone": word["withdrawn_by"] is not None})  # fmt: skip
    return rows
