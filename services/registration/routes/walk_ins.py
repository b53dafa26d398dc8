"""/v1/walk-ins/{webinar_id}: people without an enrolment are enrolled by the crew at a hall's door.

The door page is attendance's: it brings a pass of attendance (shared/passes.py), and may come
from another origin. Only this route takes either. Its path is one that an ingress can tell from the rest.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.registration.routes.answers import Enrolled
from services.registration.routes.bodies import EnrolmentBody, WalkInBody
from services.registration.routes.common import Work
from services.registration.routes.enrolments import enrolled, existing_webinar
from shared.http import Caller, Problem, Role, caller_of
from shared.passes import NoPass, read

router = APIRouter(tags=["enrolments"])
PATH = "/v1/walk-ins/{webinar_id}"
Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="a walk-in pass, or a token with role door")),
]


class FromDoorPages:
    """Lets pages of these origins call the walk-ins route, without cookies; no other route."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._open = CORSMiddleware(app, allow_origins=origins, allow_methods=["POST"],
                                    allow_headers=["authorization", "content-type"])  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        ours = scope["type"] == "http" and scope["path"].startswith("/v1/walk-ins/")
        await (self._open if ours else self._app)(scope, receive, send)


def crew(webinar_id: str, request: Request, work: Work, given: Bearer) -> Caller:
    """Who enrols: the holder of a pass for this webinar, or of a token with a role of the door."""
    token = given.credentials if given else ""
    try:
        subject = read(work.settings.identity_key, "walk-ins", webinar_id, token)["sub"]
    except NoPass:
        caller = caller_of(request, token or None)
        if not caller.roles & {Role.DOOR, Role.ORGANISER, Role.OPERATOR}:
            raise Problem(403, "forbidden", "Not allowed",
                          "A role of the door is needed.") from None  # fmt: skip
        return caller
    return Caller(subject, frozenset({Role.DOOR}))


@router.post(PATH, response_model=Enrolled, status_code=201, summary="Enrol a walk-in at the door")
async def walk_in(webinar_id: str, body: WalkInBody, work: Work, response: Response,
                  caller: Annotated[Caller, Depends(crew)]) -> Any:  # fmt: skip
    """A new person, whose `external_id` is made of `walk_in_id`: the crew at a door can overwrite
    nobody who was enrolled otherwise. The same again changes nothing."""
    webinar = await existing_webinar(work, webinar_id)
    said = body.model_dump(exclude={"walk_in_id"})
    row = EnrolmentBody(external_id=f"walk-in-{body.walk_in_id}", mode="onsite", **said)
    return await enrolled(work, webinar, row, "walk-in", caller, response)
