"""/v1/programmes: yearly programmes and their quotas."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from services.registration.commands import existing
from services.registration.domain.programme import (
    Fault,
    next_programme,
    ordered,
    programme_faults,
    quota_faults,
)
from services.registration.routes.answers import Programme, Programmes, programme_dict, programme_of
from services.registration.routes.bodies import ProgrammeBody
from services.registration.routes.common import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    Organiser,
    Reader,
    Work,
    new_id,
    paged,
    refuse,
    say,
)
from services.registration.routes.examples import JAMBI
from shared.events.registration import ProgrammeSetV1, RegionQuota

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])
QuotasBody = Annotated[list[RegionQuota], Body(examples=[[JAMBI]])]


@router.post("", response_model=Programme, status_code=201, summary="Create a programme")
async def create(body: ProgrammeBody, work: Work, caller: Organiser, response: Response,
                 idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """Quotas are set afterwards, by PUT …/quotas."""
    refuse(programme_faults(body.year, body.name, body.targets))
    programme_id = new_id("programmes", caller, idempotency_key)
    wanted = ProgrammeSetV1(programme_id=programme_id, version=1, **body.model_dump())
    change = await work.commands.create_programme(caller, wanted)
    say(response, change, f"/v1/programmes/{programme_id}")
    return programme_of(change.event)


@router.get("", response_model=Programmes, summary="Programmes, in pages")
async def list_all(request: Request, response: Response, work: Work, caller: Reader,
                   cursor: Cursor = "", limit: Limit = 100) -> Any:  # fmt: skip
    """In the order of their ids."""
    page = await work.store.page(("programmes",), ("programmes", "order"), cursor, limit)
    items = [programme_dict(item) for item in page.items]
    return paged(request, response, page._replace(items=items), limit)


@router.get("/{programme_id}", response_model=Programme, summary="One programme with its quotas")
async def get(programme_id: str, work: Work, caller: Reader, response: Response) -> Any:
    """With its version as ETag."""
    found = await work.store.one("programmes", programme_id, ProgrammeSetV1)
    event = existing(found, "programmes")
    response.headers["ETag"] = f'"{event.version}"'
    return programme_of(event)


@router.put("/{programme_id}", response_model=Programme, summary="Change a programme")
async def put(programme_id: str, body: ProgrammeBody, work: Work, caller: Organiser,
              response: Response, if_match: IfMatch = None) -> Any:  # fmt: skip
    """The year is fixed: every enrolment carries it. Quotas stay as they are."""
    refuse(programme_faults(body.year, body.name, body.targets))

    def change(before: ProgrammeSetV1) -> ProgrammeSetV1:
        if body.year != before.year:
            refuse([Fault("/year", "Tahun tidak dapat diubah. / The year cannot be changed.")])
        return next_programme(before, name=body.name, targets=body.targets)

    done = await work.commands.edit_programme(caller, programme_id, if_match, change)
    say(response, done)
    return programme_of(done.event)


@router.put("/{programme_id}/quotas", response_model=Programme, summary="Set a programme's quotas")
async def put_quotas(programme_id: str, body: QuotasBody, work: Work, caller: Organiser,
                     response: Response, if_match: IfMatch = None) -> Any:  # fmt: skip
    """All of them: what is not in the list has no quota. Codes of provinces or regencies."""
    refuse(quota_faults(body))
    done = await work.commands.edit_programme(
        caller, programme_id, if_match, lambda before: next_programme(before, quotas=ordered(body))
    )
    say(response, done)
    return programme_of(done.event)
