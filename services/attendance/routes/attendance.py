"""Decisions and their reasons, and how far a webinar is."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from services.attendance.progress import Ends, progress
from services.attendance.routes.common import PREFIX, Reader, view_of, webinar_of
from services.attendance.stores import AttendanceView, WorkerProgress
from shared.events.attendance import Verdict
from shared.settings import KafkaSettings

router = APIRouter(prefix=PREFIX, tags=["attendance"])
SCAN = 1000
"""People whose decisions are looked at together."""


class Progress(BaseModel):
    """How far a webinar is; `settled` = nothing that is known is still under way.

    `reports_missing`: meetings whose Zoom report is waited for; if none comes (no reconciler runs),
    decisions wait for the clock `report_deadline`.
    """

    webinar_id: str
    facts_seen: int
    lag: int
    open_reviews: int
    pending_clocks: list[str]
    reports_missing: list[str] = []
    enrolled: int
    decisions: int
    final: int
    certificates: int
    settled: bool


@router.get("/progress", response_model=Progress, summary="Is everything that is known worked off?")
def get_progress(webinar_id: str, request: Request, caller: Reader) -> Any:
    """Counts and lags; wait for `settled`."""
    view = view_of(request)
    webinar = webinar_of(view, webinar_id)
    worker: WorkerProgress = request.app.state.worker_progress
    ends: Ends = request.app.state.ends
    settings: KafkaSettings = request.app.state.settings
    return progress(webinar, view, worker, ends, settings.partitions)


@router.get("/attendance", summary="Decisions of a webinar, in pages")
def list_attendance(
    webinar_id: str, request: Request, response: Response, caller: Reader,
    verdict: Annotated[Verdict | None, Query(description="only decisions with this one")] = None,
    cursor: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Everybody who is enrolled or decided, by participant id; `Link: rel="next"` while there is more."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    if verdict:
        people = list(islice(decided_as(view, webinar_id, verdict, cursor), limit + 1))
    else:
        people = view.people(webinar_id, cursor, limit + 1)
    more, people = len(people) > limit, people[:limit]
    if more:
        url = request.url.include_query_params(cursor=people[-1], limit=limit)
        response.headers["Link"] = f'<{url}>; rel="next"'
    return {"items": items_of(view, webinar_id, people), "next": people[-1] if more else None}


def decided_as(
    view: AttendanceView, webinar_id: str, verdict: Verdict, after: str = ""
) -> Iterator[str]:
    """Participant ids with this verdict, in order, after a cursor. Looks at everybody in turn: the
    view has no index of verdicts."""
    while people := view.people(webinar_id, after, SCAN):
        decisions = view.decisions(webinar_id, people)
        yield from (p for p in people if decisions.get(p, {}).get("verdict") == verdict)
        after = people[-1]


def items_of(view: AttendanceView, webinar_id: str, people: Sequence[str]) -> list[dict[str, Any]]:
    """Decisions with external_id, enrolment and certificate; without `verdict` while there is none
    (rule D3)."""
    enrolled = view.enrolled(webinar_id, people)
    decisions = view.decisions(webinar_id, people)
    certificates = view.certificate_statuses(webinar_id, people)
    return [
        {
            "webinar_id": webinar_id,
            "participant_id": p,
            "external_id": enrolled[p][0] if p in enrolled else None,
            "enrolment": enrolled[p][1] if p in enrolled else None,
            "certificate": certificates.get(p),
            **decisions.get(p, {}),
        }
        for p in people
    ]
