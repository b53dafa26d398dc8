"""The door page for phones: installable, complete without a network, no person's name in it."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from services.attendance.pages.door_files import MANIFEST, SCRIPTS, worker_script
from services.attendance.pages.door_texts import CATEGORIES, SCRIPT, TEXTS
from services.attendance.pages.render import Language, page, policy_with, sentence
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.common import PREFIX, Door, view_of, webinar_of
from services.attendance.settings import AttendanceApiSettings
from shared import passes
from shared.http import Caller, Problem, Role
from shared.regions import provinces, regions

router = APIRouter(tags=["door"])
PASS_SECONDS = 600
Crew = Annotated[Caller, visitor(Role.DOOR, Role.ORGANISER, Role.OPERATOR)]


@router.get("/door", include_in_schema=False)
async def show(request: Request, caller: Crew, lang: Language = "id") -> Response:
    """The page; what it needs of a webinar it asks the API for."""
    return _page(request, lang)


@router.get("/door-sw.js", include_in_schema=False)
async def service_worker(request: Request) -> Response:
    """Public: it holds nothing but our own scripts' names."""
    languages: tuple[Language, ...] = ("id", "en")
    pages = [bytes(_page(request, language).body) for language in languages]
    headers = {**_headers(request), "Cache-Control": "no-cache"}
    return Response(worker_script(*pages), media_type="text/javascript", headers=headers)


@router.get("/door.webmanifest", include_in_schema=False)
async def manifest() -> Response:
    """What a phone needs to put the page on its home screen."""
    return Response(orjson.dumps(MANIFEST), media_type="application/manifest+json")


@router.post(
    PREFIX + "/walk-in-pass", response_model=None, summary="May enrol walk-ins, for a while"
)
async def walk_in_pass_for(webinar_id: str, request: Request, caller: Door) -> dict[str, Any]:
    """A pass for `POST {url}/v1/walk-ins/{webinar_id}` of registration, and for nothing else, so
    that a walk-in's name goes from the phone to registration and never through attendance."""
    view = await run_in_threadpool(view_of, request)
    await run_in_threadpool(webinar_of, view, webinar_id)
    settings: AttendanceApiSettings = request.app.state.settings
    if not settings.registration_url:
        raise Problem(409, "no-walk-ins", "Di sini peserta baru tidak dapat didaftarkan.",
                      "HADIR_REGISTRATION_URL is not set: walk-ins cannot be enrolled here.")  # fmt: skip
    expires = int(time.time()) + PASS_SECONDS
    made = passes.make(settings.identity_key, "walk-ins", webinar_id, caller.subject, expires)
    return {"url": settings.registration_url.rstrip("/"), "pass": made, "expires": expires}


def _page(request: Request, lang: Language) -> HTMLResponse:
    settings: AttendanceApiSettings = request.app.state.settings
    words = {key: sentence_as_it_is(key, lang) for key in SCRIPT}
    script_texts = Markup(orjson.dumps(words).decode().replace("<", "\\u003c"))  # noqa: S704 - our own words
    return page(
        "door.html", lang, TEXTS, headers=_headers(request), scripts=SCRIPTS,
        script_texts=script_texts, walk_ins=bool(settings.registration_url),
        categories=[(code, sentence(CATEGORIES, lang, code)) for code in CATEGORIES],
        provinces=_provinces(),
    )  # fmt: skip


def sentence_as_it_is(key: str, lang: Language) -> str:
    """With its {names}: the script fills them in."""
    return SCRIPT[key][0 if lang == "id" else 1]


def _headers(request: Request) -> Mapping[str, str]:
    """The page may also talk to registration, and to nobody else."""
    settings: AttendanceApiSettings = request.app.state.settings
    return policy_with("connect-src", settings.registration_url)


def _provinces() -> list[dict[str, Any]]:
    """Each province with itself and its regencies to choose from."""
    found: dict[str, dict[str, Any]] = {
        p.code: {"name": p.name, "regions": [p]} for p in provinces()
    }
    for region in regions().values():
        if region.level == "regency":
            found[region.province_code]["regions"].append(region)
    return list(found.values())
