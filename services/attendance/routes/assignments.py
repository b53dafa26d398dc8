"""Whose a connection is, said by an operator: of a review case, of cases alike, of any connection
(rules F2, W6)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field

from services.attendance.alike import EVIDENCE, groups
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
    answered,
    enrolled_or_refused,
    new_id,
    operators_of,
    view_of,
    webinar_of,
)
from services.attendance.routes.reviews import CASE, MOST, case_of, names_of
from services.attendance.state_client import WorkerStates
from services.attendance.why.naming import CONNECTIONS
from shared.events.rulings import ConnectionAssignedV1, Share
from shared.http import Caller, Problem

router = APIRouter(tags=["reviews"])


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


class OfConnection(Split):
    """A connection as timelines name it, and whose its parts are."""

    connection_id: str = Field(max_length=500, examples=["4444AAAiAAAAAiAiAiiAii==|F2E1"])


class SettleAlike(BaseModel):
    """Cases to settle alike: a `group` of the list, or `case_ids`. No person: they are nobody's."""

    group: str | None = None
    case_ids: list[str] | None = Field(default=None, max_length=MOST)
    participant_id: str | None = None
    external_id: str | None = None
    reason: Reason


@router.post(CASE + ":assign", response_model=Word, status_code=201, summary="It is this person")
async def assign(case_id: str, body: Assign, request: Request, response: Response, caller: Operator,
                 idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """The connection is this person's, whatever the evidence says (rule F2)."""
    shares = [Share(participant_id=body.id)]
    return await _settle(case_id, shares, body.reason, request, response, caller, idempotency_key,
                         [body.external_id])  # fmt: skip


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
    await run_in_threadpool(_inside, request, case_id, shares)
    return await _settle(case_id, shares, body.reason, request, response, caller, idempotency_key,
                         [share.external_id for share in body.shares])  # fmt: skip


@router.post(PREFIX + "/attendance/{participant_id}/connections:assign", response_model=Word,
             status_code=201, summary="Whose a connection of this person's timeline is")  # fmt: skip
async def assign_connection(
    webinar_id: str, participant_id: str, body: OfConnection, request: Request, response: Response,
    caller: Operator, idempotency_key: IdempotencyKey = None,
) -> Any:  # fmt: skip
    """Also of a connection that is no review case. One share: all of it is that person's (without a
    person: nobody's); several: it is split. What no share covers is nobody's; a later word replaces
    all of this, and withdrawing it leaves the connection to the evidence again."""
    shares = [share.share() for share in body.shares]
    _disjoint(shares)
    given = [share.external_id for share in body.shares]
    await run_in_threadpool(_all_enrolled, request, webinar_id, shares, given)
    states: WorkerStates = request.app.state.states
    found = await states.person(webinar_id, participant_id)
    bars = (bar for session in found["sessions"] for bar in session["bars"])
    if not any(b["source"] == body.connection_id and b["kind"] in CONNECTIONS for b in bars):
        raise Problem(404, "connection-unknown", "This person's timeline has no such connection")
    of = {"webinar_id": webinar_id, "connection_id": body.connection_id,
          "meeting_uuid": body.connection_id.partition("|")[0]}  # fmt: skip
    word = _word(of, shares, body.reason, caller, idempotency_key)
    deed = Deed("connection-assigned", body.connection_id, {"participant_id": participant_id},
                _after(shares))  # fmt: skip
    return answered(response, await operators_of(request).say(caller, [word], deed))


def _all_enrolled(request: Request, webinar_id: str, shares: Sequence[Share],
                  given: Sequence[str | None] = ()) -> None:  # fmt: skip
    view = view_of(request)
    webinar_of(view, webinar_id)
    people = [s.participant_id for s in shares if s.participant_id is not None]
    enrolled_or_refused(view, webinar_id, people, given)


@router.post(PREFIX + "/reviews:settle-alike", response_model=BulkAnswer,
             summary="Settle many cases alike")  # fmt: skip
async def settle_alike(webinar_id: str, body: SettleAlike, request: Request, caller: Operator,
                       idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """One word per case (rule W6). What cannot be settled so is listed; the rest goes through."""
    if not body.group and not body.case_ids:
        raise Problem(422, "cases-not-named", "Name the cases", "Give group or case_ids.")
    nobody = body.participant_id is None and body.external_id is None
    named = Person(participant_id=body.participant_id, external_id=body.external_id)
    share = Share(participant_id=None if nobody else named.id)
    cases = await run_in_threadpool(_alike, request, webinar_id, body, share)
    results = [_row(row, case, share, body.reason, caller, idempotency_key)
               for row, case in enumerate(cases, 1)]  # fmt: skip
    commands = [(word, _deed(case, [share]))
                for (_, word), case in zip(results, cases, strict=True) if word]  # fmt: skip
    await operators_of(request).say_each(caller, commands)
    return BulkAnswer.of([row for row, _ in results])


def _alike(
    request: Request, webinar_id: str, body: SettleAlike, share: Share
) -> list[dict[str, Any]]:
    view = view_of(request)
    webinar_of(view, webinar_id)
    people = [share.participant_id] if share.participant_id else []
    enrolled_or_refused(view, webinar_id, people, [body.external_id])
    cases = {c["case_id"]: c for c in view.reviews(webinar_id)}
    if body.case_ids is not None:
        return [cases.get(i, {"case_id": i}) for i in dict.fromkeys(body.case_ids)]
    group = groups(webinar_id, cases.values()).get(body.group or "")
    if group is None:
        raise Problem(404, "group-unknown", "No open cases look like that (any more)")
    return [cases[i] for i in group["case_ids"][:MOST]]


def _row(row: int, case: Mapping[str, Any], share: Share, reason: str, caller: Caller,
         key: str | None) -> tuple[RowResult, ConnectionAssignedV1 | None]:  # fmt: skip
    name = case["case_id"]
    try:
        word = _word(case, [share], reason, caller, key and f"{key}|{name}")
    except Problem as refused:
        return RowResult(row=row, id=name, status="refused", problem=refused.body), None
    return RowResult(row=row, id=name, status="accepted", ruling_id=word.ruling_id), word


async def _settle(case_id: str, shares: Sequence[Share], reason: str, request: Request,
                  response: Response, caller: Caller, key: str | None,
                  given: Sequence[str | None] = ()) -> Any:  # fmt: skip
    case = await run_in_threadpool(_checked, request, case_id, shares, given)
    word = _word(case, shares, reason, caller, key and f"{key}|{case_id}")
    said = await operators_of(request).say(caller, [word], _deed(case, shares))
    return answered(response, said)


def _checked(request: Request, case_id: str, shares: Sequence[Share],
             given: Sequence[str | None]) -> dict[str, Any]:  # fmt: skip
    case = case_of(view_of(request), case_id)
    _of_connection(case)
    _all_enrolled(request, case["webinar_id"], shares, given)
    return case


def _word(case: Mapping[str, Any], shares: Sequence[Share], reason: str, caller: Caller,
          key: str | None) -> ConnectionAssignedV1:  # fmt: skip
    if "connection_id" not in case:
        raise Problem(404, "case-unknown", "There is no such review case")
    _of_connection(case)
    ids = common(caller, case["webinar_id"], new_id("reviews", caller, key), reason)
    return ConnectionAssignedV1(**ids, **names_of(case), shares=tuple(shares))


def _of_connection(case: Mapping[str, Any]) -> None:
    """Raises Problem 409 when the case is a person's own evidence: there is nobody to find."""
    if not case["connection_id"].startswith(EVIDENCE):
        return
    if case["problem"] == "not_enrolled":
        raise Problem(409, "case-not-enrolled", "The person of this case is not enrolled",
                      "Enrol the person; the case then settles by itself, and what it holds counts. "
                      "If it was a mistake, leave the case or close the webinar's cases.")  # fmt: skip
    raise Problem(409, "case-of-evidence", "This case is a person's own evidence",
                  "It is known whose it is: correct the person's time.")  # fmt: skip


def _deed(case: Mapping[str, Any], shares: Sequence[Share]) -> Deed:
    before = {"status": case["status"], "problem": case["problem"], "seconds": case["seconds"]}
    return Deed("connection-assigned", case["case_id"], before, _after(shares))


def _after(shares: Sequence[Share]) -> dict[str, Any]:
    return {"shares": [share.model_dump() for share in shares]}


def _inside(request: Request, case_id: str, shares: Sequence[Share]) -> None:
    """Of a case whose times are known, each share must give away some of them."""
    times: Sequence[Sequence[int]] = case_of(view_of(request), case_id)["times"]
    if not times:
        return
    first, last = min(start for start, _ in times), max(end for _, end in times)
    for share in shares:
        starts_late = share.start is not None and share.start >= last
        ends_early = share.end is not None and share.end <= first
        if starts_late or ends_early:
            raise Problem(422, "share-outside", "A share lies outside of the connection",
                          "It would give nobody a second.", times=times)  # fmt: skip


def _disjoint(shares: Sequence[Share]) -> None:
    bounds = sorted((s.start or 0, 1 << 62 if s.end is None else s.end) for s in shares)
    if any(start >= end for start, end in bounds):
        raise Problem(422, "share-empty", "A share ends before it begins")
    if any(a[1] > b[0] for a, b in pairwise(bounds)):
        raise Problem(422, "shares-overlap", "Two shares overlap",
                      "Each second of a connection can be given to one person only.")  # fmt: skip
