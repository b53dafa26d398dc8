"""The page that tries a rule, shows who falls and who rises, and then applies exactly that rule.

Registration applies it: the browser takes the form there with a pass that holds the rule (DECISIONS, “A
previewed rule goes to registration in the operator's browser”).
"""

import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from services.attendance.desk.forms import form_of
from services.attendance.pages.render import Language, page, policy_with, sentence
from services.attendance.pages.rule_texts import TEXTS
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.common import view_of, webinar_of
from services.attendance.routes.rule import Change, RulePreview, previewed
from services.attendance.rule_applied import applied
from services.attendance.settings import AttendanceApiSettings
from services.attendance.why.naming import lasted
from shared import passes
from shared.http import Caller, Problem, Role

router = APIRouter(tags=["pages"], include_in_schema=False)
Visitor = Annotated[Caller, visitor(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Organiser = Annotated[Caller, visitor(Role.ORGANISER)]
PATH = "/webinars/{webinar_id}/rule"
PASS_SECONDS = 600
LONGEST_REASON = 1000
SHOWN = ("people", "falls", "rises", "digest")
"""What a preview's pass keeps of the outcome."""


class Asked(BaseModel):
    """The form as the page's address has it; without `share`, nothing is tried yet. `applied` and
    `refused` are what registration answered."""

    lang: Language = "id"
    share: float | None = Field(default=None, ge=0, le=100)
    scope: Literal["all", "each_session"] = "all"
    minimum_sessions: str = ""
    latest_join: str = ""
    required_items: str = ""
    host_down: Literal["exclude", "include"] | None = None
    only: Change = ""
    cursor: str = ""
    applied: int = 0
    refused: str = ""


Query_ = Annotated[Asked, Query()]


@router.get(PATH)
async def show(webinar_id: str, request: Request, caller: Visitor, asked: Query_) -> Response:
    """A form, and what the rule in it would do. Asking changes nothing, so it is a GET."""
    view = await run_in_threadpool(view_of, request)
    done = await applied(view, webinar_id, asked.applied, asked.lang)
    webinar = await run_in_threadpool(webinar_of, view, webinar_id)
    wrong = "refused_changed" if asked.refused == "changed-meanwhile" else "refused_other"
    return await _page(request, caller, webinar, asked, done=done,
                       wrong=wrong if asked.refused else "")  # fmt: skip


@router.post(PATH)
async def apply(webinar_id: str, request: Request, caller: Organiser, asked: Query_) -> Response:
    """On to registration, if what was previewed is still what would follow; else the page once more,
    with the list of now."""
    form = await form_of(request)
    webinar = await run_in_threadpool(lambda: webinar_of(view_of(request), webinar_id))
    settings: AttendanceApiSettings = request.app.state.settings
    try:
        offer = passes.read(settings.identity_key, "rule-change", webinar_id, form.text("pass"))
    except passes.NoPass:
        offer = {}
    wrong = await _objection(request, caller, webinar, offer, form.text("reason"),
                             anyway=bool(form.text("anyway")))  # fmt: skip
    if not wrong:
        at = f"{settings.registration_url.rstrip('/')}/v1/rule-changes/{webinar_id}"
        return RedirectResponse(at, 307)  # the browser posts the same form there
    status = 422 if wrong == "no_reason" else 409
    return await _page(request, caller, webinar, asked, status=status, wrong=wrong,
                       before=offer.get("previewed"), reason=form.text("reason"))  # fmt: skip


async def _objection(request: Request, caller: Caller, webinar: Mapping[str, Any],
                     offer: Mapping[str, Any], reason: str, *, anyway: bool) -> str:  # fmt: skip
    """Why a preview cannot be applied as it is; ''."""
    if offer.get("sub") != caller.subject:
        return "pass_over"
    if offer["version"] != webinar["version"]:
        return "refused_changed"
    if not 0 < len(reason) <= LONGEST_REASON:
        return "no_reason"
    body = RulePreview.model_validate({"rule": offer["rule"], "host_down": offer["host_down"]})
    try:
        found = await previewed(request, dict(webinar), body)
    except Problem:
        return "not_now"
    return "" if anyway or found["digest"] == offer["previewed"]["digest"] else "differs"


def _offer(
    request: Request, caller: Caller, webinar: Mapping[str, Any], found: Mapping[str, Any],
    lang: Language,
) -> str:  # fmt: skip
    """The pass with which this caller applies what is shown; '' where there is nothing to apply, or
    nobody to do it."""
    settings: AttendanceApiSettings = request.app.state.settings
    same = all(found[name] == webinar[name] for name in ("rule", "host_down"))
    if same or Role.ORGANISER not in caller.roles or not settings.registration_url:
        return ""
    here = f"//{request.url.netloc}{request.url.path}?lang={lang}"  # the scheme is the browser's
    return passes.make(
        settings.identity_key, "rule-change", webinar["webinar_id"], caller.subject,
        int(time.time()) + PASS_SECONDS, version=webinar["version"], rule=found["rule"],
        host_down=found["host_down"], previewed={name: found[name] for name in SHOWN}, back=here,
    )  # fmt: skip


async def _page(request: Request, caller: Caller, webinar: dict[str, Any], asked: Asked, *,
                status: int = 200, wrong: str = "", done: str = "", reason: str = "",
                before: Mapping[str, Any] | None = None) -> Response:  # fmt: skip
    lang, form, found = asked.lang, present(webinar), None
    if asked.share is not None:
        form = asked.model_dump() | {"host_down": asked.host_down or webinar["host_down"]}
        try:
            found = await previewed(request, webinar, wanted_of(form))
        except (ValueError, Problem) as problem:
            missing = getattr(problem, "status", 422) == 503
            wrong, status = ("not_now", 503) if missing else ("wrong", status)
    offer = _offer(request, caller, webinar, found, lang) if found and not asked.cursor else ""
    settings: AttendanceApiSettings = request.app.state.settings
    address = request.url.remove_query_params(["applied", "refused"])
    return page(
        "rule.html", lang, TEXTS, status=status, wrong=_sentence(wrong, before, found, lang),
        headers=policy_with("form-action", settings.registration_url), form=form, done=done,
        webinar=webinar["title"], webinar_id=webinar["webinar_id"], reason=reason,
        sessions=len(webinar["sessions"]), found=found, only=asked.only, cursor=asked.cursor,
        offer=offer, differs=wrong == "differs", lasted=lambda seconds: lasted(seconds, lang),
        url=lambda **more: str(address.include_query_params(**more).query),
    )  # fmt: skip


def _sentence(wrong: str, before: Mapping[str, Any] | None, found: Mapping[str, Any] | None,
              lang: Language) -> str:  # fmt: skip
    if wrong != "differs" or not before or not found:
        return sentence(TEXTS, lang, wrong) if wrong and wrong != "differs" else ""
    return sentence(TEXTS, lang, "differs", falls_before=before["falls"], rises_before=before["rises"],
                    falls=found["falls"], rises=found["rises"])  # fmt: skip


def present(webinar: Mapping[str, Any]) -> dict[str, Any]:
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


def wanted_of(form: Mapping[str, Any]) -> RulePreview:
    """The rule that the form says. Raises ValueError where it says none."""
    items = tuple(word.strip() for word in form["required_items"].split(",") if word.strip())
    return RulePreview.model_validate({
        "rule": {
            "minimum_share": round(form["share"] * 100), "scope": form["scope"],
            "minimum_sessions": form["minimum_sessions"] or None,
            "latest_join": int(form["latest_join"]) * 60 if form["latest_join"] else None,
            "required_items": items,
        },
        "host_down": form["host_down"], "only": form["only"], "cursor": form["cursor"], "limit": 50,
    })  # fmt: skip
