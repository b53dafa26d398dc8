"""What an organiser settles: verdicts, a session's base, the webinar's cases, releases (D6, D8, I13)."""

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from services.attendance.operators import Deed, Said, common, figures
from services.attendance.routes.bodies import (
    Hours,
    IdempotencyKey,
    Person,
    Reason,
    Reasoned,
    Word,
)
from services.attendance.routes.common import (
    PREFIX,
    Operator,
    Organiser,
    Reader,
    answered,
    new_id,
    operators_of,
    session_of,
    view_of,
    webinar_of,
)
from services.attendance.state_client import WorkerStates
from shared.events.attendance import Verdict
from shared.events.rulings import (
    BaseSettledV1,
    CasesClosedV1,
    CertificatesReleasedV1,
    VerdictSettledV1,
)
from shared.http import Caller, Problem

router = APIRouter(prefix=PREFIX, tags=["settlements"])
AT_ONCE = 10_000
"""People in one record of a release."""


class VerdictIn(Person):
    """A verdict on the evidence that was seen: `digest` is that of the decision."""

    digest: str
    verdict: Literal["eligible", "not_eligible"]
    reason: Reason


class BaseIn(BaseModel):
    """The session's host gaps, as `GET …/base` lists them, sorted into those that count for nobody
    (`leaving`) and those that stay in the base."""

    leaving: list[Hours] = Field(default=[], max_length=100)
    staying: list[Hours] = Field(default=[], max_length=100)
    reason: Reason


class ReleaseIn(BaseModel):
    """Whose certificates go out; without a list, of all who are final and eligible now."""

    participant_ids: list[str] | None = Field(default=None, max_length=100_000)
    reason: Reason


class Released(BaseModel):
    """How many were released; who was not final and eligible is left out and listed."""

    released: int
    refused: list[str]
    ruling_ids: list[str]


@router.post("/verdicts", response_model=Word, status_code=201, summary="Settle a verdict")
async def settle_verdict(webinar_id: str, body: VerdictIn, request: Request, response: Response,
                         caller: Operator, idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """Of a decision that needs review. 409 when the evidence is not the one that was seen; a verdict
    acts for that evidence only."""
    decision = await run_in_threadpool(_decision, request, webinar_id, body)
    ids = common(caller, webinar_id, new_id("verdicts", caller, idempotency_key), body.reason)
    word = VerdictSettledV1(**ids, participant_id=body.id, digest=body.digest,
                            verdict=Verdict(body.verdict))  # fmt: skip
    deed = Deed("verdict-settled", body.id, figures(decision), {"verdict": body.verdict})
    return answered(response, await operators_of(request).say(caller, [word], deed))


def _decision(request: Request, webinar_id: str, body: VerdictIn) -> dict[str, Any]:
    view = view_of(request)
    webinar_of(view, webinar_id)
    decision = view.decisions(webinar_id, [body.id]).get(body.id)
    if decision is None:
        raise Problem(404, "decision-unknown", "There is no decision on this person (yet)")
    if decision["digest"] != body.digest:
        raise Problem(409, "evidence-changed", "The evidence is not the one that was seen",
                      "Look at the decision again.", digest=decision["digest"],
                      verdict=decision["verdict"])  # fmt: skip
    settled = any(reason["code"] == "settled" for reason in decision["reasons"])
    if decision["verdict"] != "needs_review" and not settled:
        raise Problem(409, "nothing-to-settle", "This decision needs no review",
                      "Where the time is wrong, correct the time.")  # fmt: skip
    return decision


@router.get("/base", summary="Each session's base, its host gaps, and what is to be settled")
async def get_base(webinar_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """As the worker counts now; seconds since the epoch."""
    await run_in_threadpool(lambda: webinar_of(view_of(request), webinar_id))
    states: WorkerStates = request.app.state.states
    return await states.base(webinar_id)


@router.post("/sessions/{session_id}/base:settle", response_model=Word, status_code=201,
             summary="Settle a session's base")  # fmt: skip
async def settle_base(
    webinar_id: str, session_id: str, body: BaseIn, request: Request, response: Response,
    caller: Organiser, idempotency_key: IdempotencyKey = None,
) -> Any:  # fmt: skip
    """Every gap must be named; one that is found later asks again (rule I13)."""
    webinar = await run_in_threadpool(lambda: webinar_of(view_of(request), webinar_id))
    session_of(webinar, session_id)
    states: WorkerStates = request.app.state.states
    sessions = (await states.base(webinar_id))["sessions"]
    now: dict[str, Any] = next(
        (s for s in sessions if s["id"] == session_id), {"gaps": [], "base_seconds": 0}
    )
    leaving, staying = ([h.seconds for h in hours] for hours in (body.leaving, body.staying))
    _all_named({(a, b) for a, b in now["gaps"]}, leaving, staying)
    ids = common(caller, webinar_id, new_id(f"base/{session_id}", caller, idempotency_key),
                 body.reason)  # fmt: skip
    word = BaseSettledV1(**ids, session_id=session_id, leaving=tuple(leaving),
                         staying=tuple(staying))  # fmt: skip
    deed = Deed("base-settled", session_id, {"base_seconds": now["base_seconds"]},
                {"leaving": leaving, "staying": staying})  # fmt: skip
    return answered(response, await operators_of(request).say(caller, [word], deed))


def _all_named(gaps: set[tuple[int, int]], leaving: Sequence[tuple[int, int]],
               staying: Sequence[tuple[int, int]]) -> None:  # fmt: skip
    named = [*leaving, *staying]
    if len(named) != len(set(named)) or set(named) != gaps:
        raise Problem(422, "gaps-not-named", "Name each host gap of the session once",
                      "These gaps are known now.", gaps=sorted(gaps))  # fmt: skip


@router.post("/cases:close", response_model=Word, status_code=201, summary="Close the cases")
async def close_cases(webinar_id: str, body: Reasoned, request: Request, response: Response,
                      caller: Organiser, idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """Open cases hold nobody's decision up any more (rule D6); they can still be settled."""
    view = await run_in_threadpool(view_of, request)
    await run_in_threadpool(webinar_of, view, webinar_id)
    counts = await run_in_threadpool(view.counts, webinar_id)
    ids = common(caller, webinar_id, new_id("cases-close", caller, idempotency_key), body.reason)
    deed = Deed("cases-closed", webinar_id, {"open_reviews": counts["open_reviews"]}, None)
    return answered(response, await operators_of(request).say(caller, [CasesClosedV1(**ids)], deed))


@router.post("/certificates:release", response_model=Released, status_code=201,
             summary="Release certificates")  # fmt: skip
async def release(webinar_id: str, body: ReleaseIn, request: Request, response: Response,
                  caller: Organiser, idempotency_key: IdempotencyKey = None) -> Any:  # fmt: skip
    """Of a webinar whose policy is `on_release` (rule D8): who is final and eligible at this moment.
    Who becomes so later is released later."""
    key = f"release/{webinar_id}"
    people, refused = await run_in_threadpool(_final, request, webinar_id, body)
    if not people:
        return Released(released=0, refused=refused, ruling_ids=[])
    words = [
        CertificatesReleasedV1(
            **common(caller, webinar_id,
                     new_id(key, caller, idempotency_key and f"{idempotency_key}|{n}"), body.reason),
            participant_ids=tuple(people[n : n + AT_ONCE]),
        )
        for n in range(0, len(people), AT_ONCE)
    ]  # fmt: skip
    said = await _say_release(request, caller, words)
    answered(response, said)
    released = sum(len(word["participant_ids"]) for word in said.words)
    ids = [word["ruling_id"] for word in said.words]
    return Released(released=released, refused=refused, ruling_ids=ids)


async def _say_release(request: Request, caller: Caller,
                       words: Sequence[CertificatesReleasedV1]) -> Said:  # fmt: skip
    operators = operators_of(request)
    there = await run_in_threadpool(operators.view.rulings.ruling, words[0].ruling_id)
    if there is not None:  # the same command again; others may have become final meanwhile
        return Said([there], new=False)
    count = sum(len(word.participant_ids) for word in words)
    deed = Deed("certificates-released", words[0].webinar_id, None, {"people": count})
    return await operators.say(caller, words, deed)


def _final(request: Request, webinar_id: str, body: ReleaseIn) -> tuple[list[str], list[str]]:
    view = view_of(request)
    webinar = webinar_of(view, webinar_id)
    if webinar["certificates"] != "on_release":
        raise Problem(409, "not-on-release", "This webinar's certificates need no release",
                      policy=webinar["certificates"])  # fmt: skip
    final = view.certifiable(webinar_id)
    if body.participant_ids is None:
        return final, []
    known, wanted = set(final), list(dict.fromkeys(body.participant_ids))
    return [p for p in wanted if p in known], [p for p in wanted if p not in known]
