"""Who is in now (rule V1): figures, a stream of them, and a page."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from redis.exceptions import RedisError

from services.attendance.live_pages import LiveStreams
from services.attendance.pages.live_texts import TEXTS
from services.attendance.pages.render import Language, page
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.common import PREFIX, Reader, view_of, webinar_of
from services.attendance.why.naming import clock, second, zone_name
from services.attendance.why.sheet import zones_of
from shared.http import Caller, Role, not_ready
from shared.regions import provinces

router = APIRouter(tags=["live"])
Visitor = Annotated[Caller, visitor(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
PLOT = 120
"""Pixels of the plot's height."""


@router.get(PREFIX + "/live", summary="Who is in now, in the room and online, by province")
async def get_live(webinar_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """As of 3 seconds ago (rule V1). `in` counts everybody once, `room` and `online` may overlap;
    `unrecognised` counts connections that nobody is credited with. `last_hour`: minute by minute."""
    await run_in_threadpool(_webinar, request, webinar_id)
    return await _now(request, webinar_id)


@router.get(
    PREFIX + "/live/stream", response_class=StreamingResponse, summary="The same as a stream"
)
async def stream(
    webinar_id: str, request: Request, caller: Reader,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """Server-sent events: `snapshot` first, then `live` whenever a figure changes; each holds all
    figures, as `GET …/live` has them."""
    await run_in_threadpool(_webinar, request, webinar_id)
    events = _streams(request).follow(webinar_id, last_event_id)
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM)


@router.get("/webinars/{webinar_id}/live", include_in_schema=False)
async def show(webinar_id: str, request: Request, caller: Visitor,
               lang: Language = "id") -> Response:  # fmt: skip
    """The page: complete without scripts, moving with them."""
    webinar = await run_in_threadpool(_webinar, request, webinar_id)
    live = await _now(request, webinar_id)
    zone = next(iter(zones_of(webinar).values()), "Asia/Jakarta")
    by_code = {region["region_code"]: region for region in live["regions"]}
    most = max([region["in"] for region in live["regions"]], default=0) or 1
    peak = max(point["in"] for point in live["last_hour"]) or 1
    return page(
        "live.html", lang, TEXTS, webinar=webinar["title"], webinar_id=webinar_id, live=live,
        rows=[(r.code, r.name, by_code.get(r.code)) for r in provinces()] + [("", None, by_code.get(None))],
        most=most, peak=peak, plot=PLOT, zone=zone, zone_name=zone_name(zone),
        as_of=clock(second(live["as_of"]), zone),
        hours=[clock(second(live["last_hour"][at]["at"]), zone, seconds=False) for at in (0, 30, 60)],
        figure=_figure(lang),
    )  # fmt: skip


def _figure(lang: Language) -> Any:
    return lambda count: f"{count:,}".replace(",", "." if lang == "id" else ",")


def _webinar(request: Request, webinar_id: str) -> Any:
    return webinar_of(view_of(request), webinar_id)


def _streams(request: Request) -> LiveStreams:
    streams: LiveStreams = request.app.state.live
    return streams


async def _now(request: Request, webinar_id: str) -> dict[str, Any]:
    try:
        return await _streams(request).now(webinar_id)
    except RedisError as away:
        raise not_ready("The live figures cannot be read at the moment.") from away
