"""One correction of many people's time: the good rows go through, the others say why not (rule F2)."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from services.attendance.routes.bodies import BulkAnswer, IdempotencyKey, Person, RowResult
from services.attendance.routes.common import ENROL_FIRST, Operator, new_id, operators_of, view_of
from services.attendance.routes.corrections import (
    TimesIn,
    check_times,
    deed_of,
    outcomes,
    word_of,
)
from shared.events.rulings import TimeCorrectedV1
from shared.http import Caller, Problem

router = APIRouter(tags=["corrections"])
MOST = 1_000


class ManyIn(TimesIn):
    """The same time and reason for each of these people."""

    people: list[Person] = Field(min_length=1, max_length=MOST)


class CorrectedRow(RowResult):
    """A row with the decision before, and what follows from the correction; `after` is null where the
    evidence cannot be read at the moment."""

    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class ManyCorrected(BulkAnswer):
    """As every bulk command answers; `id` is the person as the request names them."""

    results: list[CorrectedRow]


@router.post("/v1/corrections:bulk", response_model=ManyCorrected, summary="Correct many people's time")  # fmt: skip
async def correct_many(
    body: ManyIn, request: Request, caller: Operator,
    dry_run: Annotated[bool, Query(description="show before and after; decide nothing")] = False,
    idempotency_key: IdempotencyKey = None,
) -> Any:  # fmt: skip
    """One word, one audit record and one row per person, so each can be withdrawn alone. What is wrong
    with the times refuses all of it."""
    rows, words = await run_in_threadpool(_judged, request, body, caller, idempotency_key)
    shown = await outcomes(request, words)
    if not dry_run:
        commands = [(word, deed_of(word, *shown[word.ruling_id])) for word in words]
        await operators_of(request).say_each(caller, commands)
    return ManyCorrected.of([_with(row, shown, dry_run=dry_run) for row in rows])


def _with(row: CorrectedRow, shown: dict[str, Any], *, dry_run: bool) -> CorrectedRow:
    before, after = shown.get(row.ruling_id or "", (None, None))
    ruling_id = None if dry_run else row.ruling_id
    return row.model_copy(update={"before": before, "after": after, "ruling_id": ruling_id})


def _judged(request: Request, body: ManyIn, caller: Caller,
            key: str | None) -> tuple[list[CorrectedRow], list[TimeCorrectedV1]]:  # fmt: skip
    """All rows, and the words of the good ones."""
    view = view_of(request)
    check_times(view, body)
    people = [_named(person) for person in body.people]
    known = view.enrolled(body.webinar_id, {who for who in people if isinstance(who, str)})
    rows, words = list[CorrectedRow](), list[TimeCorrectedV1]()
    for number, (who, person) in enumerate(zip(people, body.people, strict=True), 1):
        name = person.external_id or person.participant_id or ""
        refused = who if isinstance(who, Problem) else _refused(who, known, words)
        if refused is not None:
            rows.append(CorrectedRow(row=number, id=name, status="refused", problem=refused.body))
            continue
        ruling_id = new_id("corrections", caller, key and f"{key}|{who}")
        words.append(word_of(body, str(who), ruling_id, caller))
        known.pop(str(who))
        rows.append(CorrectedRow(row=number, id=name, status="accepted", ruling_id=ruling_id))
    return rows, words


def _named(person: Person) -> str | Problem:
    try:
        return person.id
    except Problem as refused:
        return refused


def _refused(who: str, known: Collection[str], words: Iterable[TimeCorrectedV1]) -> Problem | None:
    """Why a person's row is left out; `known`: who is enrolled and in no row before."""
    if who in known:
        return None
    if any(word.participant_id == who for word in words):
        return Problem(422, "row-repeated", "This person is in a row before",
                       "Time is corrected once per command.")  # fmt: skip
    return Problem(422, "participant-unknown", "Somebody has no enrolment in this webinar",
                   ENROL_FIRST)  # fmt: skip
