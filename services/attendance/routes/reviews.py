"""Review cases: whose connection it is, settled by an operator (rules W5, W6, F2)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field

from services.attendance.operators import Deed, common
from services.attendance.routes.bodies import (
    BulkAnswer,
    IdempotencyKey,
    Person,
    Reason,
    Reasoned,
    RowResult,
    Word,
)
from services.attendance.routes.common import (
    PREFIX,
    Operator,
    Reader,
    answered,
    enrolled_or_refused,
    new_id,
    operators_of,
    view_of,
    webinar_of,
)
from services.attendance.state_client import WorkerStates
from services.attendance.stores import AttendanceView
from shared.events.rulings import ConnectionAssignedV1, Share
from shared.http import Caller, Problem
from shared.keys import derived_id, partition_of
from shared.topics import WEBHOOKS

router = APIRouter(tags=["reviews"])
CASE = "/v1/reviews/{case_id}"
EVIDENCE = "@"  # a case of a person's own evidence begins so: there is nobody to find
MOST = 1_000


class Assign(Person):
    """Whose connection it is."""

    reason: Reason


class ShareIn(BaseModel):
    """A part of a connection; no person: nobody's. Without a bound: from its first or to its last."""

    participant_id: str | None = None
    external_id: str | None = None
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None

    def share(self) -> Share:
        """As the word has it; raises Problem 422."""
        nobody = self.participant_id is None and self.external_id is None
        named = Person(participant_id=self.participant_id, external_id=self.external_id)
        bounds = (None if at is None else int(at.timestamp()) for at in (self.start, self.end))
        start, end = bounds
        return Share(participant_id=None if nobody else named.id, start=start, end=end)


class Split(BaseModel):
    """Whose the parts of a connection are; what no share covers is nobody's."""

    shares: list[ShareIn] = Field(min_length=1, max_length=50)
    reason: Reason


class SettleAlike(BaseModel):
    """Cases to settle alike: a `group` of the list, or `case_ids`. No person: they are nobody's."""

    group: str | None = None
    case_ids: list[str] | None = Field(default=None, max_length=MOST)
    participant_id: str | None = None
    external_id: str | None = None
    reason: Reason


@router.get(PREFIX + "/reviews", summary="Connections that nobody could be credited with")
def list_reviews(
    webinar_id: str, request: Request, caller: Reader, status: str = "all", group: str = "",
    cursor: str = "", limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> dict[str, Any]:  # fmt: skip
    """Review cases, the open ones first, with the people that each may be. `groups`: open cases that
    look alike – the same problem, candidates and identifiers."""
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
    case = _case(view, case_id)
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


@router.post(CASE + ":assign", response_model=Word, status_code=201, summary="It is this person")
async def assign(case_id: str, body: Assign, request: Request, response: Response, caller: Operator,
                 idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """The connection is this person's, whatever the evidence says (rule F2)."""
    shares = [Share(participant_id=body.id)]
    return await _settle(case_id, shares, body.reason, request, response, caller, idempotency_key)


@router.post(CASE + ":reject", response_model=Word, status_code=201, summary="It is nobody")
async def reject(case_id: str, body: Reasoned, request: Request, response: Response,
                 caller: Operator, idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """The connection is nobody's: it counts for no one and asks no more."""
    shares = [Share(participant_id=None)]
    return await _settle(case_id, shares, body.reason, request, response, caller, idempotency_key)


@router.post(CASE + ":split", response_model=Word, status_code=201, summary="It is several people")
async def split(case_id: str, body: Split, request: Request, response: Response, caller: Operator,
                idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """Parts of the connection are different people's. A later word on it replaces all of this."""
    shares = [share.share() for share in body.shares]
    _disjoint(shares)
    return await _settle(case_id, shares, body.reason, request, response, caller, idempotency_key)


@router.post(PREFIX + "/reviews:settle-alike", response_model=BulkAnswer,
             summary="Settle many cases alike")  # fmt: skip
async def settle_alike(webinar_id: str, body: SettleAlike, request: Request, caller: Operator,
                       idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """One word per case (rule W6). What cannot be settled so is listed; the rest goes through."""
    nobody = body.participant_id is None and body.external_id is None
    named = Person(participant_id=body.participant_id, external_id=body.external_id)
    share = Share(participant_id=None if nobody else named.id)
    cases = await run_in_threadpool(_alike, request, webinar_id, body, share)
    results = [await _row(row, case, share, body.reason, request, caller, idempotency_key)
               for row, case in enumerate(cases, 1)]  # fmt: skip
    good = sum(one.status == "accepted" for one in results)
    return BulkAnswer(accepted=good, refused=len(results) - good, results=results)


def _alike(
    request: Request, webinar_id: str, body: SettleAlike, share: Share
) -> list[dict[str, Any]]:
    view = view_of(request)
    webinar_of(view, webinar_id)
    enrolled_or_refused(view, webinar_id, [share.participant_id] if share.participant_id else [])
    cases = {c["case_id"]: c for c in view.reviews(webinar_id)}
    if body.case_ids is not None:
        return [cases.get(i, {"case_id": i}) for i in dict.fromkeys(body.case_ids)]
    group = groups(webinar_id, cases.values()).get(body.group or "")
    if group is None:
        raise Problem(404, "group-unknown", "No open cases look like that (any more)")
    return [cases[i] for i in group["case_ids"][:MOST]]


async def _row(row: int, case: Mapping[str, Any], share: Share, reason: str, request: Request,
               caller: Caller, key: str | None) -> RowResult:  # fmt: skip
    try:
        word = _word(case, [share], reason, caller, key and f"{key}|{case['case_id']}")
    except Problem as refused:
        return RowResult(row=row, id=case["case_id"], status="refused", problem=refused.body)
    said = await operators_of(request).say(caller, [word], _deed(case, [share]))
    ruling_id = said.words[0]["ruling_id"]
    return RowResult(row=row, id=case["case_id"], status="accepted", ruling_id=ruling_id)


async def _settle(case_id: str, shares: Sequence[Share], reason: str, request: Request,
                  response: Response, caller: Caller, key: str | None) -> Any:  # fmt: skip
    case = await run_in_threadpool(_checked, request, case_id, shares)
    word = _word(case, shares, reason, caller, key and f"{key}|{case_id}")
    said = await operators_of(request).say(caller, [word], _deed(case, shares))
    return answered(response, said)


def _checked(request: Request, case_id: str, shares: Sequence[Share]) -> dict[str, Any]:
    view = view_of(request)
    case = _case(view, case_id)
    people = [s.participant_id for s in shares if s.participant_id is not None]
    enrolled_or_refused(view, case["webinar_id"], people)
    return case


def _case(view: AttendanceView, case_id: str) -> dict[str, Any]:
    case = view.case(case_id)
    if case is None:
        raise Problem(404, "case-unknown", "There is no such review case")
    return case


def _word(case: Mapping[str, Any], shares: Sequence[Share], reason: str, caller: Caller,
          key: str | None) -> ConnectionAssignedV1:  # fmt: skip
    if "connection_id" not in case:
        raise Problem(404, "case-unknown", "There is no such review case")
    if case["connection_id"].startswith(EVIDENCE):
        raise Problem(409, "case-of-evidence", "This case is a person's own evidence",
                      "It is known whose it is: correct the person's time.")  # fmt: skip
    ids = common(caller, case["webinar_id"], new_id("reviews", caller, key), reason)
    return ConnectionAssignedV1(**ids, **_names(case), shares=tuple(shares))


def _names(case: Mapping[str, Any]) -> dict[str, str]:
    """How a word names the case's connection (rule W6)."""
    rest = case["connection_id"][len(case["meeting_uuid"]) + 1 :]
    stray = rest.startswith("~")
    return {
        "meeting_uuid": case["meeting_uuid"],
        "participant_uuid": "" if stray else rest,
        "user_id": rest[1:] if stray else "",
    }


def _speaks_of(word: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
    names = _names(case)
    by_uuid = names["participant_uuid"] and word["participant_uuid"] == names["participant_uuid"]
    return bool(by_uuid or (word["user_id"] and word["user_id"] in case["user_ids"]))


def _deed(case: Mapping[str, Any], shares: Sequence[Share]) -> Deed:
    before = {"status": case["status"], "problem": case["problem"], "seconds": case["seconds"]}
    after = {"shares": [share.model_dump() for share in shares]}
    return Deed("connection-assigned", case["case_id"], before, after)


def _disjoint(shares: Sequence[Share]) -> None:
    bounds = sorted((s.start or 0, 1 << 62 if s.end is None else s.end) for s in shares)
    if any(start >= end for start, end in bounds):
        raise Problem(422, "share-empty", "A share ends before it begins")
    if any(a[1] > b[0] for a, b in pairwise(bounds)):
        raise Problem(422, "shares-overlap", "Two shares overlap",
                      "Each second of a connection can be given to one person only.")  # fmt: skip


def groups(webinar_id: str, cases: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Open cases of connections that look alike, by the id of their group, the largest first."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in cases:
        if case["status"] == "open" and not case["connection_id"].startswith(EVIDENCE):
            likeness = [case["problem"], *case["candidates"], case.get("alike", "")]
            found[derived_id("group", webinar_id, *likeness)].append(case)
    shown = {group_id: _group(group_id, members) for group_id, members in found.items()}
    return dict(sorted(shown.items(), key=lambda g: (-g[1]["cases"], g[0])))


def _group(group_id: str, cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "group": group_id, "problem": cases[0]["problem"], "candidates": cases[0]["candidates"],
        "cases": len(cases), "seconds": sum(c["seconds"] for c in cases),
        "case_ids": sorted(c["case_id"] for c in cases),
    }  # fmt: skip


def _place(case: Mapping[str, Any]) -> str:
    return f"{case['status']}|{case['case_id']}"


def _with_people(
    view: AttendanceView, webinar_id: str, cases: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Cases with each candidate's external_id."""
    known = view.enrolled(webinar_id, {p for case in cases for p in case["candidates"]})
    return [
        {**case, "people": [
            {"participant_id": p, "external_id": known[p][0] if p in known else None}
            for p in case["candidates"]
        ]}
        for case in cases
    ]  # fmt: skip
