"""/v1/webinars/{id}/enrolments and /v1/participants: people's places, and who they are."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from services.registration.commands import Change, audit, existing
from services.registration.domain.people import Person, Webinar, as_person, cell_problems
from services.registration.domain.problems import sentence
from services.registration.domain.programme import Fault
from services.registration.domain.webinar import zoom_numbers
from services.registration.routes.answers import Enrolled, Enrolment, Enrolments, Participant
from services.registration.routes.bodies import EnrolmentBody
from services.registration.routes.common import (
    Cursor,
    IfMatch,
    Limit,
    Organiser,
    Parts,
    Reader,
    Work,
    paged,
    refuse,
    say,
)
from shared.crypto import CannotOpen
from shared.events.registration import EnrolledV1, Link, ParticipantRegisteredV1, WebinarSetV1
from shared.http import Caller, Problem

router = APIRouter(tags=["enrolments"])
ENROLMENTS = "/v1/webinars/{webinar_id}/enrolments"


@router.get(ENROLMENTS, response_model=Enrolments, summary="A webinar's enrolments, in pages")
async def list_all(webinar_id: str, request: Request, response: Response, work: Work,
                   caller: Reader, cursor: Cursor = "", limit: Limit = 100) -> Any:  # fmt: skip
    """Pseudonymous: `external_id` is the organiser's own id."""
    await existing_webinar(work, webinar_id)
    page = await work.store.page(("enrolments", webinar_id), ("order", webinar_id), cursor, limit)
    return paged(request, response, page, limit)


@router.post(ENROLMENTS, response_model=Enrolled, status_code=201, summary="Enrol one person")
async def enrol(webinar_id: str, body: EnrolmentBody, work: Work, caller: Organiser,
                response: Response) -> Any:  # fmt: skip
    """Like a row of an import; the same again changes nothing."""
    webinar = await existing_webinar(work, webinar_id)
    return await enrolled(work, webinar, body, "enrolment", caller, response)


@router.get(ENROLMENTS + "/{participant_id}", response_model=Enrolment, summary="One enrolment")
async def get(webinar_id: str, participant_id: str, work: Work, caller: Reader,
              response: Response) -> Any:  # fmt: skip
    """With its version as ETag."""
    found = await work.store.one(f"enrolments:{webinar_id}", participant_id, EnrolledV1)
    event = existing(found, "enrolments")
    response.headers["ETag"] = f'"{event.version}"'
    return event.model_dump()


@router.post(
    ENROLMENTS + "/{participant_id}:cancel", response_model=Enrolment, summary="Cancel an enrolment"
)
async def cancel(webinar_id: str, participant_id: str, work: Work, caller: Organiser,
                 response: Response, if_match: IfMatch = None) -> Any:  # fmt: skip
    """It stays listed, as cancelled; enrolling or importing the person again brings it back."""
    done = await work.commands.cancel(caller, webinar_id, participant_id, if_match)
    say(response, done)
    return done.event.model_dump()


@router.get("/v1/participants/{participant_id}", response_model=Participant, tags=["participants"],
            summary="Who a person is (personal data)")  # fmt: skip
async def participant(
    participant_id: str, work: Work, caller: Organiser, response: Response
) -> Any:
    """Every look is audited. 410 after an erasure."""
    view = work.store.view
    wrapped, raw = await work.store.read(
        ("HGET", view.key("keys"), participant_id), ("HGET", view.key("people"), participant_id)
    )
    await work.commands.note(audit(caller, "participant-read", participant_id, None, None))
    if raw is None:
        raise Problem(404, "participant-unknown", "There is no such person")
    if wrapped is None:
        raise Problem(410, "participant-erased", "The person's data was erased")
    sealed = ParticipantRegisteredV1.parse(raw).sealed
    try:
        personal = work.sealer.open(participant_id, wrapped.decode(), sealed)
    except CannotOpen:
        detail = "Import the person again to write it anew."
        raise Problem(500, "unreadable", "The personal data cannot be opened", detail) from None
    response.headers["Cache-Control"] = "no-store"
    return {"participant_id": participant_id, **personal.model_dump()}


async def existing_webinar(work: Parts, webinar_id: str) -> WebinarSetV1:
    """The webinar, or 404."""
    return existing(await work.store.one("webinars", webinar_id, WebinarSetV1), "webinars")


async def enrolled(work: Parts, webinar: WebinarSetV1, body: EnrolmentBody, what: str,
                   caller: Caller, response: Response) -> dict[str, Any]:  # fmt: skip
    """Enrol one person and answer; the audit trail calls it `what`."""
    webinar_id = webinar.webinar_id
    person = person_of(body, webinar)
    outcome, event, visible = await work.importer.enrol_one(webinar, person)
    who, change = event.participant_id, Change(event, outcome == "created", visible)
    say(response, change, f"/v1/webinars/{webinar_id}/enrolments/{who}")
    if outcome != "unchanged":
        done = audit(caller, f"{what}-{outcome}", who, None, event.version, webinar_id)
        await work.commands.note(done)
    return {**event.model_dump(), "outcome": outcome}


def person_of(body: EnrolmentBody, webinar: WebinarSetV1) -> Person:
    """The person whom a body describes, or 422 with all that is wrong."""
    known = Webinar(zoom_numbers(webinar), datetime.now(UTC).year)
    said = {k: v.strip() for k, v in body.model_dump(exclude={"links"}).items() if v is not None}
    faults = [Fault(f"/{column}", sentence(code)) for column, code in cell_problems(said, known)]
    links = list(body.links or [])
    for place, link in enumerate(links):
        cells = {**said, **link.model_dump()}
        faults += [
            Fault(f"/links/{place}/{column}", sentence(code))
            for column, code in cell_problems(cells, known)
            if column in ("zoom_number", "registrant_id")
        ]
    refuse(faults)
    person = as_person(said, known)
    return person if body.links is None else person._replace(links=_all(person.links, links))


def _all(one: tuple[Link, ...] | None, more: list[Link]) -> tuple[Link, ...] | None:
    every = tuple(dict.fromkeys([*(one or ()), *more]))
    return every or None
