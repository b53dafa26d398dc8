"""Why: one person's evidence, decision and versions, as an interface, a page, and their own page."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from services.attendance.desk.sheets import flag_rows
from services.attendance.pages.render import Language, page, sentence
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.attendance import items_of
from services.attendance.routes.check_ins import flags_of
from services.attendance.routes.common import (
    PREFIX,
    Organiser,
    Reader,
    some_enrolled,
    view_of,
    webinar_of,
)
from services.attendance.state_client import WorkerStates
from services.attendance.why.naming import names
from services.attendance.why.personal_link import PATH, link_code, read_link
from services.attendance.why.sheet import own_only, parked, sheet, zones_of
from services.attendance.why.texts import TEXTS
from services.attendance.why.trail import told, versions
from shared.audit import audited
from shared.http import Caller, Problem, Role
from shared.keys import person_key
from shared.topics import ATTENDANCE_AUDIT

router = APIRouter(tags=["attendance"])
SAME_SECONDS = 5.0
"""How long a personal page is shown again as it was: a link that is hammered costs one question."""
MOST_KEPT = 2_000
Visitor = Annotated[Caller, visitor(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]


@router.get(PREFIX + "/attendance/{participant_id}", summary="One person's decision, and why")
async def get_attendance(
    webinar_id: str, participant_id: str, request: Request, caller: Reader
) -> dict[str, Any]:
    """The decision with every version it went through and what made it, and the timeline: all
    evidence with what counted. The look is itself audited."""
    webinar, item = await run_in_threadpool(_known, request, webinar_id, participant_id)
    found = await _states(request).person(webinar_id, participant_id)
    await _note(request, caller, webinar_id, participant_id)
    called = names(found["sessions"])
    return {**item, "versions": versions(item, called),
            "timeline": told(found, zones_of(webinar))}  # fmt: skip


@router.get("/webinars/{webinar_id}/people/{participant_id}", include_in_schema=False)
async def show(webinar_id: str, participant_id: str, request: Request, caller: Visitor,
               lang: Language = "id") -> Response:  # fmt: skip
    """The page for those who run the webinar, and for auditors."""
    webinar, item = await run_in_threadpool(_known, request, webinar_id, participant_id)
    try:
        found = await _states(request).person(webinar_id, participant_id)
    except Problem as away:
        return _sentence_page("wait", lang, away.status, dict(away.headers))
    await _note(request, caller, webinar_id, participant_id)
    flags = await run_in_threadpool(flags_of, request, webinar_id, participant_id)
    context = sheet(webinar, item, found, lang) | {
        "flags": flag_rows(flags, zones_of(webinar), lang)
    }
    heading = sentence(TEXTS, lang, "title")
    return page("why.html", lang, TEXTS, heading=heading, person=item["external_id"], **context)


@router.get(PATH + "{code}", include_in_schema=False)
async def show_own(code: str, request: Request, lang: Language = "id") -> Response:
    """A person's own page, by the code that only they were given; it shows no name."""
    who = read_link(request.app.state.settings.code_key, code)
    if who is None:
        return _sentence_page("unknown", lang, 404)
    kept: dict[Any, tuple[float, Response]] = request.app.state.own_pages
    until, shown = kept.get((who, lang), (0.0, None))
    if shown is None or until < time.monotonic():
        shown = await _own_page(request, *who, lang)
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[who, lang] = (time.monotonic() + SAME_SECONDS, shown)
    return shown


async def _own_page(request: Request, webinar_id: str, participant_id: str, lang: Language) -> Response:  # fmt: skip
    try:
        webinar, item = await run_in_threadpool(_known, request, webinar_id, participant_id)
        found = await _states(request).person(webinar_id, participant_id)
    except Problem as away:
        missing = away.status == 404
        return _sentence_page(
            "unknown" if missing else "wait", lang, away.status, dict(away.headers)
        )
    context = sheet(webinar, item, own_only(found), lang) | {"parked": parked(found), "flags": []}
    heading = sentence(TEXTS, lang, "own_title")
    return page("why.html", lang, TEXTS, heading=heading, person=None, **context)


@router.get(PREFIX + "/attendance-links", summary="Everybody's personal link to their attendance, in pages")  # fmt: skip
def list_links(
    webinar_id: str, request: Request, caller: Organiser, cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Whoever is enrolled, by participant id. Whoever has a link sees that person's attendance."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    key: bytes = request.app.state.settings.code_key
    enrolled, after = some_enrolled(view, webinar_id, cursor, limit)
    items = [
        {"participant_id": p, "external_id": e[0], "path": PATH + link_code(key, webinar_id, p)}
        for p, e in enrolled.items()
    ]
    return {"items": items, "next": after}


def _known(request: Request, webinar_id: str, participant_id: str) -> tuple[Any, Any]:
    """(webinar, the person's item); Problem 404 when there is no such webinar or person in it."""
    view = view_of(request)
    webinar = webinar_of(view, webinar_id)
    (item,) = items_of(view, webinar_id, [participant_id])
    if item["enrolment"] is None and "verdict" not in item:
        raise Problem(404, "participant-unknown", "Nobody of this id takes part in this webinar")
    return webinar, item


def _states(request: Request) -> WorkerStates:
    states: WorkerStates = request.app.state.states
    return states


async def _note(request: Request, caller: Caller, webinar_id: str, participant_id: str) -> None:
    """Who looked at whom; written before anything is shown."""
    about = person_key(webinar_id, participant_id)
    record = audited(ATTENDANCE_AUDIT, caller, "attendance-looked-at", about, webinar_id=webinar_id)
    await request.app.state.publisher.publish([record])


def _sentence_page(key: str, lang: Language, status: int, headers: dict[str, str] | None = None) -> Response:  # fmt: skip
    return page("sentence.html", lang, TEXTS, status=status, headers=headers,
                heading=sentence(TEXTS, lang, key), words=sentence(TEXTS, lang, key + "_text"))  # fmt: skip
