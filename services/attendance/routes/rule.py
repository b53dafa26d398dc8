"""What another rule would do: who falls and who rises, before anybody applies it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.attendance.pages.render import Language, page
from services.attendance.pages.rule_texts import TEXTS
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.common import PREFIX, Reader, view_of, webinar_of
from services.attendance.rule_preview import SUMS
from services.attendance.state_client import WorkerStates
from services.attendance.why.naming import lasted
from shared.http import Caller, Problem, Role
from shared.regions import provinces

router = APIRouter(tags=["rules"])
Visitor = Annotated[Caller, visitor(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Change = Literal["", "falls", "rises"]


class RuleChange(BaseModel):
    """Fields of the rule that would be different; null takes the default."""

    minimum_share: int | None = Field(default=None, ge=0, le=10_000, examples=[7000])
    scope: Literal["all", "each_session"] | None = None
    minimum_sessions: int | None = Field(default=None, ge=1)
    latest_join: int | None = Field(default=None, ge=0, description="seconds after the start")
    required_items: tuple[str, ...] | None = None


class RulePreview(BaseModel):
    """The same words as a PATCH of the webinar; what is not said stays as it is."""

    rule: RuleChange = RuleChange()
    host_down: Literal["exclude", "include"] | None = None
    only: Change = Field(default="", description="list only who falls, or only who rises")
    cursor: str = ""
    limit: int = Field(default=100, ge=1, le=1000)


DEFAULTS = {"minimum_share": 8000, "scope": "all", "minimum_sessions": None, "latest_join": None,
            "required_items": ()}  # fmt: skip


@router.post(PREFIX + "/rule:preview", summary="Who would fall and rise under another rule")
async def preview(
    webinar_id: str, body: RulePreview, request: Request, caller: Reader
) -> dict[str, Any]:
    """Against what is decided now (before the webinar is over: projected). It decides nothing. The
    first page is computed anew; further ones (`cursor`) are of the same computation."""
    webinar = await run_in_threadpool(lambda: webinar_of(view_of(request), webinar_id))
    return await _preview(request, webinar, body)


async def _preview(request: Request, webinar: dict[str, Any], body: RulePreview) -> dict[str, Any]:
    states: WorkerStates = request.app.state.states
    change = wanted(webinar, body)
    answers = await states.everywhere({
        "query": "preview", "webinar_id": webinar["webinar_id"], "change": change,
        "cursor": body.cursor, "only": body.only, "limit": body.limit + 1,
    })  # fmt: skip
    rows = sorted(
        (r for a in answers for r in a["rows"]), key=lambda row: str(row["participant_id"])
    )
    more, rows = len(rows) > body.limit, rows[: body.limit]
    view = view_of(request)
    known = await run_in_threadpool(
        view.enrolled, webinar["webinar_id"], [r["participant_id"] for r in rows]
    )
    items = [{**r, "external_id": known[r["participant_id"]][0] if r["participant_id"] in known else None}
             for r in rows]  # fmt: skip
    regions = summed([answer["regions"] for answer in answers])
    return {
        "webinar_id": webinar["webinar_id"],
        **change,
        **({} if body.cursor else {**_totals(regions), "regions": regions}),
        "items": items,
        "next": rows[-1]["participant_id"] if more else None,
    }


def wanted(webinar: dict[str, Any], body: RulePreview) -> dict[str, Any]:
    """The rule and the host-down policy as they would be.

    Raises:
        Problem: 422 when the webinar has fewer sessions.
    """
    said = body.rule.model_dump(exclude_unset=True)
    given = {name: DEFAULTS[name] if value is None else value for name, value in said.items()}
    rule = {**webinar["rule"], **given}
    if (rule["minimum_sessions"] or 0) > len(webinar["sessions"]):
        raise Problem(422, "invalid", "The request is not valid",
                      "The webinar has fewer sessions than minimum_sessions.")  # fmt: skip
    return {"rule": rule, "host_down": body.host_down or webinar["host_down"]}


def summed(answers: list[dict[str, list[int]]]) -> list[dict[str, Any]]:
    """Provinces in their order, then people without a region."""
    sums: dict[str, list[int]] = {}
    for answer in answers:
        for code, cell in answer.items():
            sums[code] = [a + b for a, b in zip(sums.get(code, [0] * len(cell)), cell, strict=True)]
    names = {region.code: region.name for region in provinces()}
    order = [*(c for c in names if c in sums), *sorted(sums.keys() - names)]
    return [
        {"region_code": code or None, "name": names.get(code), **dict(zip(SUMS, sums[code], strict=True))}
        for code in order
    ]  # fmt: skip


def _totals(regions: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(region[name] for region in regions) for name in SUMS}


@router.get("/webinars/{webinar_id}/rule", include_in_schema=False)
async def show(
    webinar_id: str, request: Request, caller: Visitor, lang: Language = "id",
    share: Annotated[float | None, Query(ge=0, le=100)] = None,
    scope: Literal["all", "each_session"] | None = None, minimum_sessions: str = "",
    latest_join: str = "", required_items: str = "",
    host_down: Literal["exclude", "include"] | None = None, only: Change = "", cursor: str = "",
) -> Response:  # fmt: skip
    """A form, and what the rule in it would do. Asking changes nothing, so it is a GET."""
    webinar = await run_in_threadpool(lambda: webinar_of(view_of(request), webinar_id))
    form, found, wrong = _form(webinar), None, ""
    if share is not None:
        form = {"share": share, "scope": scope or "all", "minimum_sessions": minimum_sessions,
                "latest_join": latest_join, "required_items": required_items,
                "host_down": host_down or webinar["host_down"]}  # fmt: skip
        try:
            body = _asked(form, only, cursor)
            found = await _preview(request, webinar, body)
        except (ValueError, Problem) as problem:
            wrong = "not_now" if getattr(problem, "status", 422) == 503 else "wrong"
    return page(
        "rule.html", lang, TEXTS, status=503 if wrong == "not_now" else 200, form=form, wrong=wrong,
        webinar=webinar["title"], webinar_id=webinar_id, sessions=len(webinar["sessions"]),
        found=found, only=only, cursor=cursor, lasted=lambda seconds: lasted(seconds, lang),
        url=lambda **more: str(request.url.include_query_params(**more).query),
    )  # fmt: skip


def _form(webinar: dict[str, Any]) -> dict[str, Any]:
    """The present rule, as the form shows it."""
    rule = webinar["rule"]
    return {
        "share": rule["minimum_share"] / 100,
        "scope": rule["scope"],
        "minimum_sessions": rule["minimum_sessions"] or "",
        "latest_join": "" if rule["latest_join"] is None else rule["latest_join"] // 60,
        "required_items": ", ".join(rule["required_items"]),
        "host_down": webinar["host_down"],
    }


def _asked(form: dict[str, Any], only: Change, cursor: str) -> RulePreview:
    items = tuple(word.strip() for word in form["required_items"].split(",") if word.strip())
    return RulePreview.model_validate({
        "rule": {
            "minimum_share": round(form["share"] * 100), "scope": form["scope"],
            "minimum_sessions": form["minimum_sessions"] or None,
            "latest_join": int(form["latest_join"]) * 60 if form["latest_join"] else None,
            "required_items": items,
        },
        "host_down": form["host_down"], "only": only, "cursor": cursor, "limit": 50,
    })  # fmt: skip
