"""/v1/rule-changes/{webinar_id}: the rule that was previewed in attendance becomes the webinar's.

A browser brings the form of attendance's page on, with a pass (shared/passes.py) that holds exactly the
rule that was previewed, and is sent back there. Nothing in the form changes what the pass says.
"""

from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from services.registration.domain.webinar import webinar_faults
from services.registration.routes.bodies import RuleBody
from services.registration.routes.common import Parts, Work, refuse
from shared.events.registration import RuleV1, WebinarSetV1
from shared.http import Caller, Problem, Role
from shared.passes import NoPass, read

router = APIRouter(tags=["webinars"])
PATH = "/v1/rule-changes/{webinar_id}"
LARGEST, LONGEST_REASON = 64 * 1024, 1000


class Previewed(BaseModel):
    """What the pass says: whose it is, the rule, the webinar's version that it was computed for, what
    was shown to follow from it, and where the browser goes back to."""

    sub: str
    version: int
    rule: RuleBody
    host_down: Literal["exclude", "include"]
    previewed: dict[str, Any]
    back: str

    def applied_to(self, webinar: WebinarSetV1) -> WebinarSetV1:
        """The webinar under this rule."""
        rule = RuleV1.model_validate(self.rule.model_dump())
        return webinar.model_copy(update={"rule": rule, "host_down": self.host_down})


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["pass", "reason"],
                    "properties": {"pass": {"type": "string"}, "reason": {"type": "string"}},
                }
            }
        },
    }
}


@router.post(PATH, status_code=303, response_class=RedirectResponse, openapi_extra=_FORM,
             summary="Apply a previewed rule")  # fmt: skip
async def change(webinar_id: str, request: Request, work: Work) -> Response:
    """With a pass of attendance. Back to its page with `applied` (the webinar's version), or with
    `refused` (a problem's code) when the webinar was changed since the preview. Sent again, the rule
    stands already, and nothing changes."""
    form = await _form(request)
    try:
        found = read(work.settings.identity_key, "rule-change", webinar_id, form.get("pass", ""))
    except NoPass:
        raise Problem(401, "unauthorised", "Not signed in", "The preview is too old, or of "
                      "something else: preview the rule again.") from None  # fmt: skip
    reason = form.get("reason", "").strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Problem(422, "invalid", "The request is not valid", "A reason is needed.")
    told = Previewed.model_validate(found)
    try:
        version = await _apply(work, webinar_id, told, reason)
    except Problem as refused:
        code = str(refused.body["type"]).rpartition(":")[2]
        return _back(told, refused=code)
    return _back(told, applied=version)


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > LARGEST:
        raise Problem(413, "too-large", "The form is too large")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


async def _apply(work: Parts, webinar_id: str, told: Previewed, reason: str) -> int:
    """The webinar's version that has the rule."""
    now = await work.store.one("webinars", webinar_id, WebinarSetV1)
    if now is not None and told.applied_to(now) == now:
        return int(now.version)

    def wanted(before: WebinarSetV1) -> WebinarSetV1:
        after = told.applied_to(before)
        refuse(webinar_faults(after))
        return after

    def noted(before: WebinarSetV1, after: WebinarSetV1) -> tuple[str, dict[str, Any]]:
        more = {"reason": reason, "was": _rule(before), **_rule(after), "previewed": told.previewed}
        return "rule-applied", more

    caller = Caller(told.sub, frozenset({Role.ORGANISER}))
    done = await work.commands.edit_webinar(caller, webinar_id, f'"{told.version}"', wanted, noted)
    return int(done.event.version)


def _rule(webinar: WebinarSetV1) -> dict[str, Any]:
    return {"rule_version": webinar.rule_version, "rule": webinar.rule.model_dump(mode="json"),
            "host_down": webinar.host_down}  # fmt: skip


def _back(told: Previewed, **outcome: Any) -> Response:
    return RedirectResponse(f"{told.back}&{urlencode(outcome)}", 303)
