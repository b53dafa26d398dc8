"""What a door page downloads before a session: which halls there are, and who may come."""

import time
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from services.attendance.door_codes import code_of, mark_of
from services.attendance.knowledge import second
from services.attendance.routes.common import PREFIX, Door, some_enrolled, view_of, webinar_of
from shared.regions import regions

router = APIRouter(tags=["door"])
BEFORE, AFTER = 14 * 86_400, 3 * 86_400
"""Seconds before a session from which, and after it until which, its door can be opened."""


class DoorSession(BaseModel):
    """A session that is held in a hall."""

    id: str
    start: str
    end: str
    time_zone: str
    hall: str
    zoom_number: str | None


class DoorWebinar(BaseModel):
    """A webinar with a door."""

    webinar_id: str
    title: str
    sessions: list[DoorSession]


class DoorWebinars(BaseModel):
    """Those that are near in time, the next session first."""

    items: list[DoorWebinar]


class RosterPerson(BaseModel):
    """One person, pseudonymous. `mark`: SHA-256 of the text of the person's code, in hex."""

    participant_id: str
    external_id: str
    mark: str
    region: str
    mode: str
    status: str


class RosterPage(BaseModel):
    """A part of the roster; `total` is how many people there are in all, `next` the next cursor."""

    items: list[RosterPerson]
    total: int
    next: str | None


@router.get("/v1/door/webinars", response_model=DoorWebinars, summary="Webinars that have a door")
def list_webinars(request: Request, caller: Door) -> Any:
    """Open webinars with a session in a hall, from two weeks before it to three days after it."""
    now = time.time()
    found = [one for event in view_of(request).webinars() for one in _near(event, now)]
    return {"items": sorted(found, key=lambda w: (w["sessions"][0]["start"], w["webinar_id"]))}


def _near(event: dict[str, Any], now: float) -> Iterator[dict[str, Any]]:
    sessions = [
        {**{k: s[k] for k in ("id", "start", "end", "time_zone")}, "hall": s["hall"]["name"],
         "zoom_number": s["zoom"]["number"] if s.get("zoom") else None}
        for s in sorted(event["sessions"], key=lambda s: s["start"])
        if s.get("hall") and second(s["start"]) - BEFORE <= now <= second(s["end"]) + AFTER
    ]  # fmt: skip
    if sessions and event["state"] == "open":
        yield {"webinar_id": event["webinar_id"], "title": event["title"], "sessions": sessions}


@router.get(PREFIX + "/door-roster", response_model=RosterPage, summary="Who may come, in pages")
def door_roster(
    webinar_id: str, request: Request, caller: Door,
    cursor: str = "", limit: Annotated[int, Query(ge=1, le=2_000)] = 1_000,
) -> Any:  # fmt: skip
    """For a scanner that must tell people's codes without a network: it can check a code by its
    mark, and can make none. Names, e-mail addresses and NIPs are not in it."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    key: bytes = request.app.state.settings.code_key
    enrolled, after = some_enrolled(view, webinar_id, cursor, limit)
    items = [
        {"participant_id": p, "external_id": e[0], "mark": mark_of(code_of(key, webinar_id, p)),
         "region": _region(e[2]), "mode": e[3], "status": e[1]}
        for p, e in enrolled.items()
    ]  # fmt: skip
    return {"items": items, "total": view.enrolments(webinar_id), "next": after}


def _region(code: str) -> str:
    known = regions().get(code)
    return known.name if known else code
