"""/v1/webinars: webinars with sessions, rule and settings."""

import re
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import ValidationError

from services.registration.commands import existing
from services.registration.domain.programme import Fault
from services.registration.domain.webinar import webinar_faults
from services.registration.routes.answers import Webinar, Webinars, webinar_dict, webinar_of
from services.registration.routes.bodies import WebinarBody
from services.registration.routes.common import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    Organiser,
    Parts,
    Reader,
    Work,
    invalid,
    new_id,
    paged,
    refuse,
    say,
)
from shared.crypto import identity_hmac
from shared.events.registration import ProgrammeSetV1, WebinarSetV1
from shared.http import Caller

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
router = APIRouter(prefix="/v1/webinars", tags=["webinars"])
MergePatch = Annotated[
    dict[str, Any],
    Body(media_type="application/merge-patch+json", examples=[{"certificates": "on_release"}]),
]


@router.post("", response_model=Webinar, status_code=201, summary="Create a webinar")
async def create(body: WebinarBody, work: Work, caller: Organiser, response: Response,
                 idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """Its year is its programme's. Times may have any offset and are kept in UTC."""
    programme = await work.store.one("programmes", body.programme_id, ProgrammeSetV1)
    if programme is None:
        raise invalid([Fault("/programme_id", "Program tidak dikenal. / Unknown programme.")])
    webinar_id = new_id("webinars", caller, idempotency_key)
    wanted = _event(work, body, webinar_id=webinar_id, year=programme.year)
    refuse(webinar_faults(wanted))
    change = await work.commands.create_webinar(caller, wanted)
    say(response, change, f"/v1/webinars/{webinar_id}")
    return webinar_of(change.event)


@router.get("", response_model=Webinars, summary="Webinars, in pages")
async def list_all(request: Request, response: Response, work: Work, caller: Reader,
                   cursor: Cursor = "", limit: Limit = 100) -> Any:  # fmt: skip
    """In the order of their ids."""
    page = await work.store.page(("webinars",), ("webinars", "order"), cursor, limit)
    items = [webinar_dict(item) for item in page.items]
    return paged(request, response, page._replace(items=items), limit)


@router.get("/{webinar_id}", response_model=Webinar, summary="One webinar")
async def get(webinar_id: str, work: Work, caller: Reader, response: Response) -> Any:
    """With its version as ETag."""
    event = existing(await work.store.one("webinars", webinar_id, WebinarSetV1), "webinars")
    response.headers["ETag"] = f'"{event.version}"'
    return webinar_of(event)


@router.put("/{webinar_id}", response_model=Webinar, summary="Replace a webinar's settings")
async def put(webinar_id: str, body: WebinarBody, work: Work, caller: Organiser,
              response: Response, if_match: IfMatch = None) -> Any:  # fmt: skip
    """What is not sent takes its default; to change single fields use PATCH."""
    return await _edit(work, caller, response, webinar_id, if_match, lambda before: body)


@router.patch(
    "/{webinar_id}", response_model=Webinar, summary="Change some of a webinar's settings"
)
async def patch(webinar_id: str, body: MergePatch, work: Work, caller: Organiser,
                response: Response, if_match: IfMatch = None) -> Any:  # fmt: skip
    """JSON Merge Patch (RFC 7396): objects are merged, lists replaced, null takes the default."""

    def merged(before: WebinarSetV1) -> WebinarBody:
        try:
            return WebinarBody.model_validate(merge_patch(webinar_of(before), body))
        except ValidationError as wrong:
            faults = (Fault("/" + "/".join(map(str, e["loc"])), e["msg"]) for e in wrong.errors())
            raise invalid(faults) from wrong

    return await _edit(work, caller, response, webinar_id, if_match, merged)


async def _edit(work: Parts, caller: Caller, response: Response, webinar_id: str,
                if_match: str | None, body_of: Any) -> dict[str, Any]:  # fmt: skip
    def wanted(before: WebinarSetV1) -> WebinarSetV1:
        body: WebinarBody = body_of(before)
        if body.programme_id != before.programme_id:
            detail = "Program tidak dapat diubah. / The programme cannot be changed."
            refuse([Fault("/programme_id", detail)])
        after = _event(work, body, webinar_id=webinar_id, year=before.year)
        refuse(webinar_faults(after))
        return after

    done = await work.commands.edit_webinar(caller, webinar_id, if_match, wanted, _changes)
    say(response, done)
    return webinar_of(done.event)


def _changes(before: WebinarSetV1, after: WebinarSetV1) -> tuple[str, dict[str, Any]]:
    """What the audit trail keeps of an edit: the fields that differ, as they were and as they are."""
    was, now = _auditable(before), _auditable(after)
    names = [name for name in now if now[name] != was[name]]
    return "webinars-changed", {"was": {n: was[n] for n in names}, **{n: now[n] for n in names}}


def _auditable(webinar: WebinarSetV1) -> dict[str, Any]:
    """Without people: whoever signs is a digest, staff are the pseudonyms that they are already."""
    shown = webinar.model_dump(mode="json", exclude={"webinar_id", "version"})
    signatory = webinar.signatory
    shown["signatory"] = signatory and sha256(signatory.model_dump_json().encode()).hexdigest()[:16]
    return shown


def _event(work: Parts, body: WebinarBody, *, webinar_id: str, year: int) -> WebinarSetV1:
    """The first version; staff become pseudonyms, which is all that rule W6 compares."""
    staff = [_pseudonym(work.settings.identity_key, who.strip()) for who in body.staff]
    values = body.model_dump() | {"staff": sorted(set(staff) - {""})}
    return WebinarSetV1.model_validate(
        {**values, "webinar_id": webinar_id, "year": year, "version": 1}
    )


def _pseudonym(key: bytes, who: str) -> str:
    """An e-mail address or Zoom id as a pseudonym; what is one already comes back as it is."""
    return who if _PSEUDONYM.fullmatch(who) else identity_hmac(key, who)


def merge_patch(target: Any, change: Any) -> Any:
    """RFC 7396."""
    if not isinstance(change, dict):
        return change
    base = dict(target) if isinstance(target, dict) else {}
    for name, value in change.items():
        if value is None:
            base.pop(name, None)
        else:
            base[name] = merge_patch(base.get(name), value)
    return base
