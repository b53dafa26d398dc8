"""Quotas as JSON, CSV and a stream, and the figures of one webinar."""

import csv
import io
from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from kafka.errors import KafkaError
from pydantic import BaseModel
from redis.exceptions import RedisError

from services.reporting.texts import CSV_COLUMNS, LANGUAGES, Language
from shared.events.registration import Category
from shared.events.reporting import QuotaCellCountedV1
from shared.http import Problem, not_ready
from shared.regions import regions

quotas = APIRouter(prefix="/v1", tags=["quotas"])
webinars = APIRouter(prefix="/v1", tags=["webinars"])
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Year = Annotated[int | None, Query(ge=2000, le=2999, description="the programme's year")]
RegionCode = Annotated[
    str | None, Query(pattern=r"^\d\d(\.\d\d)?$", description="Kemendagri code", examples=["15"])
]
Level = Literal["province", "regency"]


class QuotaPage(BaseModel):
    """Cells by key. `recounting`: the store is being rebuilt; these are the last valid figures."""

    items: list[QuotaCellCountedV1]
    next: str | None = None
    recounting: bool


class WebinarSummary(BaseModel):
    """People of one webinar; a cancelled enrolment counts nothing."""

    webinar_id: str
    title: str | None = None
    year: int | None = None
    registered: int
    attended: int
    eligible: int
    certified: int


def _chosen(
    request: Request, year: Year = None, region: RegionCode = None,
    category: Category | None = None, level: Level | None = None,
) -> list[QuotaCellCountedV1]:  # fmt: skip
    reporting = request.app.state.reporting
    reporting.require_ready()
    return [
        event
        for event in reporting.board.cells(year)
        if region in (None, event.region_code)
        and category in (None, event.category)
        and level in (None, event.level)
    ]


def _place(event: QuotaCellCountedV1) -> tuple[str, ...]:
    return str(event.year), event.region_code, event.category.value


@quotas.get("/quotas")
def list_quotas(
    request: Request, response: Response, year: Year = None, region: RegionCode = None,
    category: Category | None = None, level: Level | None = None,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 20_000, cursor: str = "",
) -> QuotaPage:  # fmt: skip
    """The quota cells, as published on the quota topic. Sum provinces only (rule C3)."""
    after = tuple(cursor.split("|"))
    found = [e for e in _chosen(request, year, region, category, level) if _place(e) > after]
    items = found[:limit]
    following = "|".join(_place(items[-1])) if len(found) > limit else None
    if following:
        url = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    recounting = request.app.state.reporting.recounting
    return QuotaPage(items=items, next=following, recounting=recounting)


@quotas.get("/quotas.csv", response_class=Response)
def quotas_csv(
    request: Request, year: Year = None, region: RegionCode = None,
    category: Category | None = None, level: Level | None = None, lang: Language = "id",
) -> Response:  # fmt: skip
    """The same cells for a spreadsheet: semicolons and a byte-order mark, as Excel here wants."""
    rows = _csv(_chosen(request, year, region, category, level), lang)
    name = f"hadir-{'kuota' if lang == 'id' else 'quotas'}{f'-{year}' if year else ''}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + rows, media_type="text/csv; charset=utf-8", headers=headers)


def _csv(events: Iterable[QuotaCellCountedV1], language: Language) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([pair[LANGUAGES.index(language)] for pair in CSV_COLUMNS])
    for e in events:
        known = regions().get(e.region_code)
        writer.writerow([
            e.year, e.level, e.region_code, known.name if known else "", e.category.value,
            "" if e.quota is None else e.quota, e.registered, e.attended, e.eligible, e.certified,
            e.version, e.as_of,
        ])  # fmt: skip
    return out.getvalue()


@quotas.get("/quotas/stream", response_class=StreamingResponse)
async def quotas_stream(
    request: Request,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(description="as Last-Event-ID, for a first call")] = None,
) -> StreamingResponse:
    """Server-sent events: `snapshot` with all cells, then `cells` with those that changed, at most
    once a second. With a Last-Event-ID of the last five minutes only what was missed is sent."""
    reporting = request.app.state.reporting
    reporting.require_ready()

    def snapshot() -> Any:
        return [event.model_dump(mode="json") for event in reporting.board.cells()]

    events = reporting.cells.follow(last_event_id or after, snapshot)
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)


@webinars.get("/webinars/{webinar_id}/summary")
async def webinar_summary(request: Request, webinar_id: UUID) -> WebinarSummary:
    """How many people of this webinar are registered, attended, are eligible, are certified."""
    reporting = request.app.state.reporting
    reporting.require_ready()
    return await run_in_threadpool(_summary, reporting, webinar_id)


def _summary(reporting: Any, webinar_id: UUID) -> WebinarSummary:
    webinar = reporting.board.webinar(str(webinar_id))
    try:
        mark, counts = reporting.store.webinars([webinar_id.hex])
        complete = reporting.counters_stand(mark)
    except (RedisError, KafkaError) as away:
        raise not_ready("The counters cannot be read at the moment.") from away
    if not complete:
        raise not_ready("The counters are being rebuilt from the topics.")
    if webinar is None and not any(counts[webinar_id.hex]):
        raise Problem(404, "not-found", "No such webinar")
    return WebinarSummary(
        webinar_id=str(webinar_id),
        title=webinar and webinar.title,
        year=webinar and webinar.year,
        **counts[webinar_id.hex]._asdict(),
    )
