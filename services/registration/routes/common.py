"""What the routes share: who may read and write, what they work with, headers, 422 answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Header, Query, Request, Response

from services.registration.commands import Change, Commands
from services.registration.domain.programme import Fault
from services.registration.imports import Importer
from services.registration.jobs import Jobs
from services.registration.personal import Sealer
from services.registration.settings import RegistrationApiSettings
from services.registration.stores import Page, Store
from shared.http import Caller, Problem, Role, allowed
from shared.keys import derived_id

Reader = Annotated[Caller, allowed(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Organiser = Annotated[Caller, allowed(Role.ORGANISER)]
Limit = Annotated[int, Query(ge=1, le=1000, description="items a page")]
Cursor = Annotated[str, Query(description="from `next` of the page before", max_length=64)]
IfMatch = Annotated[str | None, Header(description="the ETag that was read; 412 if it changed")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="the same key from the same caller creates one resource only", max_length=200
    ),
]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with; made in wiring, kept in `app.state.parts`."""

    settings: RegistrationApiSettings
    store: Store
    commands: Commands
    importer: Importer
    jobs: Jobs
    sealer: Sealer


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Work = Annotated[Parts, Depends(_parts)]


def new_id(route: str, caller: Caller, key: str | None) -> str:
    """UUIDv5(route, caller, Idempotency-Key), or a random id without a key."""
    return derived_id(route, caller.subject, key) if key else str(uuid4())


def invalid(faults: Iterable[Fault]) -> Problem:
    """422 with every fault."""
    found = [fault._asdict() for fault in faults]
    return Problem(422, "invalid", "The request is not valid", errors=found)


def refuse(faults: Iterable[Fault]) -> None:
    """`invalid`, raised when there is a fault."""
    if found := list(faults):
        raise invalid(found)


def say(response: Response, change: Change, location: str = "") -> None:
    """ETag, and the status: 201 created, 200 otherwise, 202 when it can be read only in a moment."""
    response.headers["ETag"] = f'"{change.event.version}"'
    if location:
        response.headers["Location"] = location
    response.status_code = 201 if change.created else 200
    if not change.visible:
        response.status_code = 202


def paged(request: Request, response: Response, page: Page, limit: int) -> dict[str, Any]:
    """A page as it is answered, with `Link: rel="next"` while there is more."""
    if page.cursor:
        url = request.url.include_query_params(cursor=page.cursor, limit=limit)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return {"items": page.items, "next": page.cursor}
