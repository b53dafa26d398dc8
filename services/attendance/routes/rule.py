"""What another rule would do: who falls and who rises, before anybody applies it (rule D1)."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.attendance.routes.common import PREFIX, Reader, view_of, webinar_of
from services.attendance.rule_preview import MARKS, SUMS
from services.attendance.state_client import WorkerStates
from shared.http import Problem
from shared.regions import provinces

router = APIRouter(tags=["rules"])
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
    first page is computed anew; further ones (`cursor`) are of the same computation. To apply it,
    PATCH the webinar in registration with `If-Match: "<webinar_version>"`."""
    webinar = await run_in_threadpool(lambda: webinar_of(view_of(request), webinar_id))
    return await previewed(request, webinar, body)


async def previewed(request: Request, webinar: dict[str, Any], body: RulePreview) -> dict[str, Any]:
    """The answer of `preview`. Its `digest` is of who falls and who rises: equal ones are equal lists."""
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
        "webinar_version": webinar["version"],
        **change,
        **(
            {}
            if body.cursor
            else {**_totals(regions), "digest": digest_of(answers), "regions": regions}
        ),
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
    rule["required_items"] = list(rule["required_items"])
    if (rule["minimum_sessions"] or 0) > len(webinar["sessions"]):
        raise Problem(422, "invalid", "The request is not valid",
                      "The webinar has fewer sessions than minimum_sessions.")  # fmt: skip
    return {"rule": rule, "host_down": body.host_down or webinar["host_down"]}


def digest_of(answers: list[dict[str, Any]]) -> str:
    """Of all workers' lists together, however people are spread over them."""
    return f"{sum(int(answer['mark'], 16) for answer in answers) % MARKS:032x}"


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
