"""What the attendance routes share: who may call, the view, a webinar that must exist."""

from typing import Annotated, Any

from fastapi import Request

from services.attendance.stores import AttendanceView
from shared.http import Caller, Problem, Role, allowed, not_ready

PREFIX = "/v1/webinars/{webinar_id}"
Reader = Annotated[Caller, allowed(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Door = Annotated[Caller, allowed(Role.DOOR, Role.ORGANISER, Role.OPERATOR)]
Organiser = Annotated[Caller, allowed(Role.ORGANISER, Role.OPERATOR)]


def view_of(request: Request) -> AttendanceView:
    """The view.

    Raises:
        Problem: 503 while it is being rebuilt.
    """
    view: AttendanceView = request.app.state.view
    if not view.view.ready():
        raise not_ready("The attendance view is being rebuilt from the topics.")
    return view


def webinar_of(view: AttendanceView, webinar_id: str) -> dict[str, Any]:
    """The webinar's event.

    Raises:
        Problem: 404 when there is none.
    """
    webinar = view.webinar(webinar_id)
    if webinar is None:
        raise Problem(404, "webinar-unknown", "There is no such webinar")
    return webinar
