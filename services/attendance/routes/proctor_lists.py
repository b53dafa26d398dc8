"""Proctors' lists: people before one screen (rule I11)."""

from collections.abc import Mapping
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


class Unknown(BaseModel):
    """A row of the list (the first is 1), as it was given, whose person has no enrolment."""

    row: int
    participant_id: str
    external_id: str | None


class ListAnswer(Word):
    """The list as it stands; `parked`: people on it who have no enrolment (0 s and a case), and
    `unknown`: which rows name them."""

    parked: list[str] = []
    unknown: list[Unknown] = []


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
        return {**before, **await run_in_threadpool(_parked, request, word, body)}
    counted = None if before is None else {
        "version": before["version"], "people": len(before["participant_ids"])
    }  # fmt: skip
    after = {"version": word.version, "people": len(word.participant_ids)}
    said = await operators_of(request).say(
        caller, [word], Deed("people-listed", list_id, counted, after)
    )
    response.headers["ETag"] = f'"{word.version}"'
    return {**answered(response, said), **await run_in_threadpool(_parked, request, word, body)}


def _word(request: Request, webinar_id: str, list_id: str, body: ListIn, caller: Caller,
          if_match: str | None) -> tuple[PeopleListedV1, dict[str, Any] | None]:  # fmt: skip
    view = view_of(request)
    session = session_of(webinar_of(view, webinar_id), body.session_id)
    _checked(list_id, body)
    _in_its_room(session, body.room)
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


def _in_its_room(session: Mapping[str, Any], room: Room | None) -> None:
    """A room is connected to its own session's Zoom number; by another's link it was nowhere."""
    number = (session.get("zoom") or {}).get("number")
    if room is None or room.zoom_number == number:
        return
    held = f"is held under the Zoom number {number}" if number else "is not held in Zoom"
    raise Problem(422, "room-of-other-session", "The room's link is not of this session",
                  f"Session {session['id']} {held}; the list names {room.zoom_number}.")  # fmt: skip


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


def _parked(request: Request, word: PeopleListedV1, body: ListIn) -> dict[str, Any]:
    enrolled = view_of(request).enrolled(word.webinar_id, word.participant_ids)
    unknown = [
        Unknown(row=row, participant_id=person.id, external_id=person.external_id)
        for row, person in enumerate(body.people, 1) if person.id not in enrolled
    ]  # fmt: skip
    parked = [p for p in word.participant_ids if p not in enrolled]
    return {"parked": parked, "unknown": unknown}
