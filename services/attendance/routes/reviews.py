"""Review cases as they are read: whose connection it may be, with the evidence (rules W5, W6)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from services.attendance.alike import EVIDENCE, groups
from services.attendance.routes.common import PREFIX, Reader, view_of, webinar_of
from services.attendance.state_client import WorkerStates
from services.attendance.stores import AttendanceView
from shared.http import Problem
from shared.keys import partition_of
from shared.topics import WEBHOOKS

router = APIRouter(tags=["reviews"])
CASE = "/v1/reviews/{case_id}"
MOST = 1_000


@router.get(PREFIX + "/reviews", summary="Connections that nobody could be credited with")
def list_reviews(
    webinar_id: str, request: Request, caller: Reader,
    status: Literal["all", "open", "settled"] = "all", group: str = "",
    cursor: str = "", limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> dict[str, Any]:  # fmt: skip
    """Review cases, the open ones first, with the people that each may be. `groups`: open cases that
    look alike – the same problem, candidates and identifiers. `evidence`: the scan, list or other
    evidence of a person that a case is about; it is in no group, there is nobody to find."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    cases = [c for c in view.reviews(webinar_id) if status in {"all", c["status"]}]
    alike = groups(webinar_id, cases)
    if group:
        wanted = set(alike.get(group, {}).get("case_ids", ()))
        cases = [c for c in cases if c["case_id"] in wanted]
    rest = [c for c in cases if not cursor or _place(c) > cursor]
    page, more = rest[:limit], len(rest) > limit
    items = _with_people(view, webinar_id, page)
    listed = [{**one, "case_ids": one["case_ids"][:100]} for one in alike.values()]
    return {"items": items, "groups": listed, "next": _place(page[-1]) if more else None}


@router.get(CASE, summary="One review case with its evidence")
def get_review(case_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """Candidates, times and seconds at stake, where the raw webhooks are, and what was said of it."""
    view = view_of(request)
    case = case_of(view, case_id)
    (shown,) = _with_people(view, case["webinar_id"], [case])
    if case["connection_id"].startswith(EVIDENCE):
        return {**shown, "raw": None, "rulings": []}
    partitions: int = request.app.state.settings.partitions
    said = view.rulings.assigned(case["webinar_id"], case["meeting_uuid"])
    key = case["connection_id"]
    return {
        **shown,
        "raw": {"topic": WEBHOOKS.name, "key": key,
                "partition": partition_of(key.encode(), partitions)},
        "rulings": [word for word in said if _speaks_of(word, case)],
    }  # fmt: skip


@router.get(PREFIX + "/shared-links", summary="Links in use from two networks at once (rule W7)")
async def list_shared_links(webinar_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """Somebody else may have used a person's link. It changes no verdict: it is the person's time,
    once. `first` and `second` are connections, `seconds` how long both were there."""
    view = await run_in_threadpool(view_of, request)
    await run_in_threadpool(webinar_of, view, webinar_id)
    states: WorkerStates = request.app.state.states
    found = await states.shared_links(webinar_id)
    people = sorted({one["participant_id"] for one in found})
    known = await run_in_threadpool(view.enrolled, webinar_id, people)
    return {"items": [
        {**one, "external_id": known[p][0] if (p := one["participant_id"]) in known else None}
        for one in found
    ]}  # fmt: skip


def case_of(view: AttendanceView, case_id: str) -> dict[str, Any]:
    """A case.

    Raises:
        Problem: 404 when there is none.
    """
    case = view.case(case_id)
    if case is None:
        raise Problem(404, "case-unknown", "There is no such review case")
    return case


def names_of(case: Mapping[str, Any]) -> dict[str, str]:
    """How a word names the case's connection (rule W6)."""
    rest = case["connection_id"][len(case["meeting_uuid"]) + 1 :]
    stray = rest.startswith("~")
    return {
        "meeting_uuid": case["meeting_uuid"],
        "participant_uuid": "" if stray else rest,
        "user_id": rest[1:] if stray else "",
    }


def evidence_of(case: Mapping[str, Any]) -> dict[str, str] | None:
    """What a case of a person's own evidence is about; None for a connection, or once it is settled."""
    person, _, rest = case["connection_id"].partition("|")
    source = rest.partition("|")[2]
    if not person.startswith(EVIDENCE) or not source:
        return None
    kind, _, name = source.partition(":")
    known = kind in {"scan", "list", "room"}
    return {"kind": kind, "id": name} if known else {"kind": "connection", "id": source}


def _speaks_of(word: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
    names = names_of(case)
    by_uuid = names["participant_uuid"] and word["participant_uuid"] == names["participant_uuid"]
    return bool(by_uuid or (word["user_id"] and word["user_id"] in case["user_ids"]))


def _place(case: Mapping[str, Any]) -> str:
    return f"{case['status']}|{case['case_id']}"


def _with_people(
    view: AttendanceView, webinar_id: str, cases: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Cases with each candidate's external_id."""
    known = view.enrolled(webinar_id, {p for case in cases for p in case["candidates"]})
    return [
        {**case, "evidence": evidence_of(case), "people": [
            {"participant_id": p, "external_id": known[p][0] if p in known else None}
            for p in case["candidates"]
        ]}
        for case in cases
    ]  # fmt: skip
