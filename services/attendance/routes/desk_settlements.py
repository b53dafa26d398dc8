"""The page on which an organiser settles a base, closes the cases, and releases certificates."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from services.attendance.desk.forms import Form, back_to, done_text, form_of, incomplete, refusal
from services.attendance.desk.sheets import known_of, sessions_of
from services.attendance.desk.texts import TEXTS
from services.attendance.desk.words import word_rows
from services.attendance.pages.render import Language, page, sentence
from services.attendance.pages.sign_in import visitor
from services.attendance.routes import corrections, settlements
from services.attendance.routes.bodies import Hours, Reasoned
from services.attendance.routes.common import view_of, webinar_of
from services.attendance.routes.desk_reviews import Visitor
from services.attendance.state_client import WorkerStates
from services.attendance.stores import AttendanceView
from services.attendance.why.naming import clock, lasted, rfc3339
from shared.http import Caller, Problem, Role

router = APIRouter(tags=["pages"], include_in_schema=False)
Organiser = Annotated[Caller, visitor(Role.ORGANISER, Role.OPERATOR)]
MOST_WORDS = 100


@router.get("/settlements")
async def show(request: Request, caller: Visitor, webinar: str, done: str = "", count: str = "",
               lang: Language = "id") -> Response:  # fmt: skip
    """What the organiser settles for a whole webinar."""
    return await _page(request, webinar, lang, done=done_text(done, count, lang))


@router.post("/settlements")
async def settle(
    request: Request, caller: Organiser, webinar: str, lang: Language = "id"
) -> Response:
    """One of the page's forms."""
    form = await form_of(request)
    try:
        deed = _DEEDS.get(form.text("do"), _unknown)
        done, count = await deed(request, caller, webinar, form)
    except (Problem, ValidationError) as wrong:
        status, said = refusal(wrong, lang)
        return await _page(request, webinar, lang, status=status, wrong=said)
    return back_to("/settlements", webinar=webinar, lang=lang, done=done, count=count)


async def _close(request: Request, caller: Caller, webinar: str, form: Form) -> tuple[str, int]:
    reason, key = Reasoned(reason=form.text("reason")), form.or_none("key")
    await settlements.close_cases(webinar, reason, request, Response(), caller, key)
    return "closed", 1


async def _base(request: Request, caller: Caller, webinar: str, form: Form) -> tuple[str, int]:
    gaps: dict[str, list[Hours]] = {"leaving": [], "staying": []}
    for n in range(int(form.text("gaps") or "0")):
        if form.text(f"gap{n}") not in gaps:
            raise incomplete()
        start, end = (rfc3339(int(form.text(f"{name}{n}"))) for name in ("start", "end"))
        gaps[form.text(f"gap{n}")].append(Hours.model_validate({"start": start, "end": end}))
    body = settlements.BaseIn(**gaps, reason=form.text("reason"))
    session, key = form.text("session"), form.or_none("key")
    await settlements.settle_base(webinar, session, body, request, Response(), caller, key)
    return "base", 1


async def _release(request: Request, caller: Caller, webinar: str, form: Form) -> tuple[str, int]:
    body, key = settlements.ReleaseIn(reason=form.text("reason")), form.or_none("key")
    found = await settlements.release(webinar, body, request, Response(), caller, key)
    return "released", found.released


async def _withdraw(request: Request, caller: Caller, webinar: str, form: Form) -> tuple[str, int]:
    if Role.OPERATOR not in caller.roles:
        raise Problem(403, "forbidden", "Not allowed")
    reason = Reasoned(reason=form.text("reason"))
    await corrections.withdraw(form.text("ruling"), reason, request, Response(), caller)
    return "withdrawn", 1


async def _unknown(*_: object) -> tuple[str, int]:
    raise incomplete()


_DEEDS = {"close": _close, "base": _base, "release": _release, "withdraw": _withdraw}


async def _page(request: Request, webinar_id: str, lang: Language, *, status: int = 200,
                wrong: str = "", done: str = "") -> Response:  # fmt: skip
    view = await run_in_threadpool(view_of, request)
    webinar = await run_in_threadpool(webinar_of, view, webinar_id)
    counts = await run_in_threadpool(view.counts, webinar_id)
    words = await run_in_threadpool(_words, view, webinar, lang)
    sessions = sessions_of(webinar, lang)
    return page(
        "settlements.html", lang, TEXTS, status=status, wrong=wrong, done=done, webinar=webinar,
        counts=counts, key=str(uuid4()), on_release=webinar["certificates"] == "on_release",
        bases=await _bases(request, webinar_id, sessions, lang),
        shared=await _shared(request, webinar_id, lang),
        words=words,
    )  # fmt: skip


def _words(view: AttendanceView, webinar: dict[str, Any], lang: Language) -> list[dict[str, Any]]:
    words = view.rulings.of_webinar(webinar["webinar_id"])
    cases = view.reviews(webinar["webinar_id"])
    return word_rows(words[-MOST_WORDS:], known_of(view, webinar, words, cases, lang))


async def _bases(request: Request, webinar_id: str, sessions: list[dict[str, Any]],
                 lang: Language) -> list[dict[str, Any]]:  # fmt: skip
    """Each session's base and gaps; none while the worker cannot be asked."""
    states: WorkerStates = request.app.state.states
    try:
        known = {s["id"]: s for s in (await states.base(webinar_id))["sessions"]}
    except Problem:
        return []
    return [_one_base(s, known[s["id"]], lang) for s in sessions if s["id"] in known]


async def _shared(request: Request, webinar_id: str, lang: Language) -> list[dict[str, Any]]:
    """People whose link may have been used by somebody else; none while nobody can be asked."""
    states: WorkerStates = request.app.state.states
    try:
        found = (await states.shared_links(webinar_id))[:MOST_WORDS]
    except Problem:
        return []
    view = await run_in_threadpool(view_of, request)
    people = list(dict.fromkeys(one["participant_id"] for one in found))
    known = await run_in_threadpool(view.enrolled, webinar_id, people)
    return [
        {"id": p, "name": known[p][0],
         "lasted": lasted(sum(o["seconds"] for o in found if o["participant_id"] == p), lang)}
        for p in people
        if p in known
    ]  # fmt: skip


def _one_base(session: dict[str, Any], now: dict[str, Any], lang: Language) -> dict[str, Any]:
    zone, window = session["zone"], lasted(session["end"] - session["start"], lang)
    gaps = [
        {"start": a, "end": b, "line": sentence(TEXTS, lang, "gap", start=clock(a, zone),
         end=clock(b, zone), lasted=lasted(b - a, lang))}
        for a, b in now["gaps"]
    ]  # fmt: skip
    said = sentence(TEXTS, lang, "base_now", base=lasted(now["base_seconds"], lang), window=window)
    return {"id": session["id"], "line": session["line"], "said": said, "gaps": gaps,
            "asks": bool(now["questions"]), "key": str(uuid4())}  # fmt: skip
