"""Proctors' lists: people before one screen (rule I11)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field

from services.attendance.operators import Deed, common
from services.attendance.routes.bodies import Person, Reason, Word, Words
from services.attendance.routes.common import (
    PREFIX,
    Door,
    IfMatch,
    Reader,
    answered,
    new_id,
    operators_of,
    session_of,
    view_of,
    webinar_of,
)
from services.attendance.stores import AttendanceView
from shared.events.rulings import PeopleListedV1
from shared.http import Caller, Problem

router = APIRouter(prefix=PREFIX, tags=["proctor lists"])
ROUTE = "/proctor-lists/{list_id}"


class Room(BaseModel):
    """The room's own personal link."""

    zoom_number: str = Field(pattern=r"^\d{9,12}$")
    registrant_id: str = Field(min_length=1, max_length=100)


class ListIn(BaseModel):
    """The whole list. `start` and `end` are the hours on it; `room` the link of its screen. With
    both, the time when the room was connected within the hours counts."""

    session_id: str
    people: list[Person] = Field(max_length=2_000)
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    room: Room | None = None
    reason: Reason = "daftar pengawas"


class ListAnswer(Word):
    """The list as it stands; `parked`: people on it who have no enrolment (0 s and a case)."""

    parked: list[str] = []


@router.get("/proctor-lists", response_model=Words, summary="The proctors' lists of a webinar")
def lists(webinar_id: str, request: Request, caller: Reader) -> Any:
    """The highest version of each."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    return {"items": view.rulings.lists(webinar_id)}


@router.put(ROUTE, response_model=ListAnswer, status_code=201, summary="Set a proctor's list")
async def put_list(webinar_id: str, list_id: str, body: ListIn, request: Request,
                   response: Response, caller: Door, if_match: IfMatch = None) -> Any:  # fmt: skip
    """The next version of the list; it replaces the one before. `If-Match` names the version that
    was read: 412 when somebody changed it meanwhile."""
    word, before = await run_in_threadpool(
        _word, request, webinar_id, list_id, body, caller, if_match
    )
    if before is not None and _same(before, word):
        response.headers["ETag"] = f'"{before["version"]}"'
        response.status_code = 200
        return {**before, "parked": await run_in_threadpool(_parked, request, word)}
    counted = None if before is None else {
        "version": before["version"], "people": len(before["participant_ids"])
    }  # fmt: skip
    after = {"version": word.version, "people": len(word.participant_ids)}
    said = await operators_of(request).say(
        caller, [word], Deed("people-listed", list_id, counted, after)
    )
    response.headers["ETag"] = f'"{word.version}"'
    parked = await run_in_threadpool(_parked, request, word)
    return {**answered(response, said), "parked": parked}


def _word(request: Request, webinar_id: str, list_id: str, body: ListIn, caller: Caller,
          if_match: str | None) -> tuple[PeopleListedV1, dict[str, Any] | None]:  # fmt: skip
    view = view_of(request)
    session_of(webinar_of(view, webinar_id), body.session_id)
    _checked(list_id, body)
    before = _before(view, webinar_id, body.session_id, list_id)
    version = 0 if before is None else before["version"]
    if if_match is not None and if_match.strip('" ') != str(version):
        raise Problem(412, "changed-meanwhile", "It was changed meanwhile",
                      f"It stands at version {version}; read it again before you change it.",
                      version=version)  # fmt: skip
    people = tuple(dict.fromkeys(person.id for person in body.people))
    bounds = (None if at is None else int(at.timestamp()) for at in (body.start, body.end))
    start, end = bounds
    ids = common(caller, webinar_id, new_id("lists", caller, None), body.reason)
    return PeopleListedV1(
        **ids, list_id=list_id, version=version + 1, session_id=body.session_id,
        participant_ids=people, start=start, end=end,
        zoom_number=body.room.zoom_number if body.room else None,
        registrant_id=body.room.registrant_id if body.room else None,
    ), before  # fmt: skip


def _checked(list_id: str, body: ListIn) -> None:
    if len(list_id) > 100 or "|" in list_id:
        raise Problem(422, "list-id", "The list's id is too long, or has a | in it")
    if body.start is None and body.end is None and body.room is None:
        raise Problem(422, "list-without-time", "Give the hours, or the room's link",
                      "Without either nobody can say when these people were there.")  # fmt: skip
    if body.start is not None and body.end is not None and body.start >= body.end:
        raise Problem(422, "interval-empty", "The time ends before it begins")


def _before(
    view: AttendanceView, webinar_id: str, session_id: str, list_id: str
) -> dict[str, Any] | None:
    for one in view.rulings.lists(webinar_id):
        if (one["session_id"], one["list_id"]) == (session_id, list_id):
            return one
    return None


def _same(before: dict[str, Any], word: PeopleListedV1) -> bool:
    """The list says already what is asked for: no new version (PUT is idempotent)."""
    said = word.model_dump(mode="json")
    names = ("participant_ids", "start", "end", "zoom_number", "registrant_id")
    return before["withdrawn_by"] is None and all(before[n] == said[n] for n in names)


def _parked(request: Request, word: PeopleListedV1) -> list[str]:
    enrolled = view_of(request).enrolled(word.webinar_id, word.participant_ids)
    return [p for p in word.participant_ids if p not in enrolled]
