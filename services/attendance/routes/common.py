"""What the attendance routes share: who may call, the view, a webinar that must exist."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Header, Request, Response

from services.attendance.operators import Operators, Said
from services.attendance.stores import AttendanceView
from shared.http import Caller, Problem, Role, allowed, not_ready
from shared.keys import derived_id, participant_id_of

PREFIX = "/v1/webinars/{webinar_id}"
Reader = Annotated[Caller, allowed(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Door = Annotated[Caller, allowed(Role.DOOR, Role.ORGANISER, Role.OPERATOR)]
Organiser = Annotated[Caller, allowed(Role.ORGANISER, Role.OPERATOR)]
Operator = Annotated[Caller, allowed(Role.OPERATOR)]
Auditor = Annotated[Caller, allowed(Role.AUDITOR)]
IfMatch = Annotated[str | None, Header(description="the ETag that was read; 412 if it changed")]
ENROL_FIRST = "Enrol the person first; scans and lists that name them then count by themselves."


def view_of(request: Request) -> AttendanceView:
    """The view.

    Raises:
        Problem: 503 while it is being rebuilt.
    """
    view: AttendanceView = request.app.state.view
    if not view.view.ready():
        raise not_ready("The attendance view is being rebuilt from the topics.")
    return view


def operators_of(request: Request) -> Operators:
    """What says operators' words."""
    operators: Operators = request.app.state.operators
    return operators


def new_id(route: str, caller: Caller, key: str | None) -> str:
    """UUIDv5(route, caller, Idempotency-Key), or a random id without a key."""
    return derived_id(route, caller.subject, key) if key else str(uuid4())


def answered(response: Response, said: Said) -> Any:
    """201 for a new word, 200 for one that stood there, 202 while it cannot be read yet."""
    response.status_code = (201 if said.visible else 202) if said.new else 200
    return said.words[0]


def enrolled_or_refused(view: AttendanceView, webinar_id: str, people: Iterable[str],
                        given: Iterable[str | None] = ()) -> None:  # fmt: skip
    """Raises Problem 422 when somebody never had an enrolment in the webinar; it names those of the
    external ids `given` that were meant."""
    wanted = set(people)
    unknown = sorted(wanted - view.enrolled(webinar_id, wanted).keys())
    if unknown:
        named = sorted({e for e in given if e and participant_id_of(e) in unknown})
        raise Problem(422, "participant-unknown", "Somebody has no enrolment in this webinar",
                      ENROL_FIRST, participant_ids=unknown, external_ids=named)  # fmt: skip


def some_enrolled(view: AttendanceView, webinar_id: str, cursor: str,
                  limit: int) -> tuple[dict[str, list[str]], str | None]:  # fmt: skip
    """A page of enrolments, as the view has them, and the cursor of the next one (None = the last)."""
    people = view.people(webinar_id, cursor, limit)
    return view.enrolled(webinar_id, people), people[-1] if len(people) == limit else None


def session_of(webinar: dict[str, Any], session_id: str) -> dict[str, Any]:
    """A session of a webinar; raises Problem 422 when there is none."""
    for session in webinar["sessions"]:
        if session["id"] == session_id:
            return dict(session)
    raise Problem(422, "session-unknown", "This webinar has no such session",
                  session_ids=[s["id"] for s in webinar["sessions"]])  # fmt: skip


def webinar_of(view: AttendanceView, webinar_id: str) -> dict[str, Any]:
    """The webinar's event.

    Raises:
        Problem: 404 when there is none.
    """
    webinar = view.webinar(webinar_id)
    if webinar is None:
        raise Problem(404, "webinar-unknown", "There is no such webinar")
    return webinar
