"""The dashboard at `/`: rendered on the server, complete without scripts, updated live with them."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment

from services.reporting.api import STREAM_HEADERS, Year
from services.reporting.domain.summary import LEVELS
from services.reporting.domain.tiles import COLUMNS, ROWS, TILES
from services.reporting.marks import STEPS, Shown
from services.reporting.packing import CATEGORIES
from services.reporting.texts import Language, text
from shared.http import Problem
from shared.pages import templates
from shared.regions import provinces

router = APIRouter(tags=["dashboard"], include_in_schema=False)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
CategoryName = Literal["", "asn", "tni", "polri", "prosecutor", "legislator", "public"]


@cache
def _templates() -> Environment:
    return templates(Path(__file__).with_name("templates"))


@router.get("/")
async def page(
    request: Request, year: Year = None, lang: Language = "id", category: CategoryName = ""
) -> HTMLResponse:
    """The page of one year, in one language, of all categories or one."""
    reporting = request.app.state.reporting
    if not reporting.ready:
        template = _templates().get_template("starting.html")
        return HTMLResponse(template.render(lang=lang, t=_sentences(lang)), 503,
                            {**HEADERS, "Retry-After": "2"})  # fmt: skip
    years = reporting.board.years() or [reporting.today().year]
    shown = Shown(year or _default(years, reporting.today().year), lang, category or None)
    html = _templates().get_template("dashboard.html").render(_context(reporting, shown, years))
    return HTMLResponse(html, headers=HEADERS)


def _default(years: list[int], current: int) -> int:
    return current if current in years else years[0]


def _sentences(language: Language) -> Any:
    return lambda key, **values: text(language, key, **values)


def _context(reporting: Any, shown: Shown, years: list[int]) -> dict[str, Any]:
    marks = reporting.pages.marks(shown)
    targets = reporting.board.programmes.targets(shown.year)
    counted = {c for c in CATEGORIES if f"c.{c}.certified" in marks}
    return {
        "t": _sentences(shown.language),
        "m": marks,
        "lang": shown.language,
        "year": shown.year,
        "years": sorted({*years, shown.year}, reverse=True),
        "category": shown.category or "",
        "categories": ("", *CATEGORIES),
        "counted": [c for c in CATEGORIES if c in counted or (c in targets and not shown.category)],
        "steps": STEPS,
        "provinces": provinces(),
        "tiles": TILES,
        "columns": COLUMNS,
        "rows": ROWS,
        "levels": range(LEVELS + 1),
    }


@router.get("/live")
async def live(
    request: Request, year: Annotated[int, Query(ge=2000, le=2999)], lang: Language = "id",
    category: CategoryName = "", last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """The page's changing figures as server-sent events."""
    reporting = request.app.state.reporting
    reporting.require_ready()
    if year not in {*reporting.board.years(), reporting.today().year}:
        raise Problem(404, "not-found", "No figures for this year")
    events = reporting.pages.follow(Shown(year, lang, category or None), last_event_id)
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)
