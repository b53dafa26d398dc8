"""Corrections of a person's time (rule F2), and taking any word back."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel

from services.attendance.knowledge import second
from services.attendance.operators import Deed, common, figures
from services.attendance.routes.bodies import (
    IdempotencyKey,
    Person,
    Reason,
    Reasoned,
    Word,
    Words,
)
from services.attendance.routes.common import (
    PREFIX,
    Operator,
    Reader,
    answered,
    enrolled_or_refused,
    new_id,
    operators_of,
    session_of,
    view_of,
    webinar_of,
)
from services.attendance.state_client import WorkerStates
from services.attendance.stores import AttendanceView
from shared.events.rulings import RulingWithdrawnV1, TimeCorrectedV1
from shared.http import Caller, Problem, not_ready

router = APIRouter(tags=["corrections"])
CORRECTION = "time-corrected"
WITHDRAWAL = "ruling-withdrawn"


class TimesIn(BaseModel):
    """Time to add, or to take away; without session_id, in every session."""

    webinar_id: str
    session_id: str | None = None
    kind: Literal["add", "remove"]
    start: AwareDatetime
    end: AwareDatetime
    reason: Reason


class CorrectionIn(TimesIn, Person):
    """A person's time to correct."""


class Corrected(Word):
    """The word, and the decision before it. `after` is what follows from it: in a dry run always,
    otherwise read it from the person's attendance in a moment."""

    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


@router.post("/v1/corrections", response_model=Corrected, status_code=201,
             summary="Correct a person's time")  # fmt: skip
async def correct(
    body: CorrectionIn, request: Request, response: Response, caller: Operator,
    dry_run: Annotated[bool, Query(description="show before and after; decide nothing")] = False,
    idempotency_key: IdempotencyKey = None,
) -> Any:  # fmt: skip
    """The last word stands over all evidence. It can be withdrawn."""
    word = await run_in_threadpool(_word, request, body, caller, idempotency_key)
    before, after = (await outcomes(request, [word]))[word.ruling_id]
    if dry_run:
        if after is None:
            raise not_ready("The evidence cannot be read at the moment.")
        response.status_code = 200
        return {**word.model_dump(mode="json"), "type": CORRECTION, "before": before,
                "after": after}  # fmt: skip
    said = await operators_of(request).say(caller, [word], deed_of(word, before, after))
    return {**answered(response, said), "before": before, "after": after}


@router.get("/v1/corrections", response_model=Words, summary="Corrections of a webinar")
def list_corrections(
    webinar_id: str, request: Request, caller: Reader, participant_id: str = "", cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Any:  # fmt: skip
    """By person; withdrawn ones too, which say by which word."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    page = view.rulings.corrections(webinar_id, participant_id, cursor, limit)
    return {"items": page.items, "next": page.cursor}


@router.get(PREFIX + "/rulings", response_model=Words, summary="Everything that operators said")
def list_rulings(webinar_id: str, request: Request, caller: Reader) -> Any:
    """In the order in which the words apply."""
    view = view_of(request)
    webinar_of(view, webinar_id)
    return {"items": view.rulings.of_webinar(webinar_id)}


@router.post("/v1/corrections/{ruling_id}:withdraw", response_model=Word, status_code=201,
             summary="Take a correction back")  # fmt: skip
async def withdraw_correction(ruling_id: str, body: Reasoned, request: Request,
                              response: Response, caller: Operator) -> Any:  # fmt: skip
    """As if it had never been said; the person is decided on anew (rule D9 for certificates)."""
    return await _withdraw(ruling_id, body.reason, request, response, caller, CORRECTION)


@router.post("/v1/rulings/{ruling_id}:withdraw", response_model=Word, status_code=201,
             summary="Take any word back")  # fmt: skip
async def withdraw(ruling_id: str, body: Reasoned, request: Request, response: Response,
                   caller: Operator) -> Any:  # fmt: skip
    """An assignment, correction, settlement, release or list. A withdrawal cannot be withdrawn."""
    return await _withdraw(ruling_id, body.reason, request, response, caller, None)


async def _withdraw(ruling_id: str, reason: str, request: Request, response: Response,
                    caller: Caller, kind: str | None) -> Any:  # fmt: skip
    known = await run_in_threadpool(_withdrawable, request, ruling_id, kind)
    # one id for every withdrawal of a word: whoever takes it back again says nothing new
    ids = common(caller, known["webinar_id"], new_id("withdraw", caller, ruling_id), reason)
    word = RulingWithdrawnV1(**ids, withdraws=ruling_id)
    gone = {"withdrawn": known["withdrawn_by"] is not None, "type": known["type"]}
    said = await operators_of(request).say(
        caller, [word], Deed("ruling-withdrawn", ruling_id, gone, {"withdrawn": True})
    )
    return answered(response, said)


def _withdrawable(request: Request, ruling_id: str, kind: str | None) -> dict[str, Any]:
    view = view_of(request)
    known = view.rulings.ruling(ruling_id)
    if known is None or (kind is not None and known["type"] != kind):
        raise Problem(404, "ruling-unknown", "There is no such word of an operator")
    if known["type"] == WITHDRAWAL:
        raise Problem(409, "withdrawal-final", "A withdrawal cannot be withdrawn",
                      "Say the word anew.")  # fmt: skip
    if known["withdrawn_by"] is not None:
        raise Problem(409, "withdrawn-already", "It was withdrawn already",
                      withdrawn_by=known["withdrawn_by"])  # fmt: skip
    return known


def _word(request: Request, body: CorrectionIn, caller: Caller, key: str | None) -> TimeCorrectedV1:
    view = view_of(request)
    check_times(view, body)
    enrolled_or_refused(view, body.webinar_id, [body.id])
    return word_of(body, body.id, new_id("corrections", caller, key), caller)


def check_times(view: AttendanceView, body: TimesIn) -> None:
    """Raises Problem 404 or 422 when the times would correct nobody."""
    webinar = webinar_of(view, body.webinar_id)
    sessions = webinar["sessions"]
    if body.session_id is not None:
        sessions = [session_of(webinar, body.session_id)]
    start, end = int(body.start.timestamp()), int(body.end.timestamp())
    if start >= end:
        raise Problem(422, "interval-empty", "The time ends before it begins")
    if not any(start < second(s["end"]) and end > second(s["start"]) for s in sessions):
        raise Problem(422, "outside-session", "The time is outside of the session",
                      "It would change nothing.")  # fmt: skip


def word_of(body: TimesIn, participant_id: str, ruling_id: str, caller: Caller) -> TimeCorrectedV1:
    """The word that corrects one person's time."""
    ids = common(caller, body.webinar_id, ruling_id, body.reason)
    return TimeCorrectedV1(**ids, participant_id=participant_id, session_id=body.session_id,
                           kind=body.kind, start=int(body.start.timestamp()),
                           end=int(body.end.timestamp()))  # fmt: skip


def deed_of(word: TimeCorrectedV1, before: Any, after: Any) -> Deed:
    """What the audit trail keeps of a correction."""
    told = {"correction": word.kind, "start": word.start, "end": word.end, **(after or {})}
    return Deed("correction-made", word.participant_id, before, told)


Outcome = tuple[dict[str, Any] | None, dict[str, Any] | None]


async def outcomes(request: Request, words: Sequence[TimeCorrectedV1]) -> dict[str, Outcome]:
    """(before, after) by ruling_id, by the evidence that the workers hold; where they cannot be asked
    at the moment, before is the last decision, and after None."""
    states: WorkerStates = request.app.state.states
    if not words:
        return {}
    try:
        found = await states.corrected(words)
    except Problem:
        view: AttendanceView = request.app.state.view
        people = {w.participant_id for w in words}
        decisions = await run_in_threadpool(view.decisions, words[0].webinar_id, people)
        return {w.ruling_id: (figures(decisions.get(w.participant_id)), None) for w in words}
    return {i: (figures(one["before"]), figures(one["after"])) for i, one in found.items()}
