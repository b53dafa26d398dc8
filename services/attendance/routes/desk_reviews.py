"""The review page: cases by cause, settled in bulk or one by one, without scripts."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from services.attendance.alike import groups
from services.attendance.desk.forms import Form, back_to, done_text, form_of, refusal
from services.attendance.desk.sheets import (
    SHOWN,
    candidates_of,
    case_rows,
    flag_rows,
    known_of,
    problem_text,
    sessions_of,
)
from services.attendance.desk.texts import TEXTS
from services.attendance.desk.words import word_rows
from services.attendance.pages.render import Language, page, sentence
from services.attendance.pages.sign_in import visitor
from services.attendance.routes import assignments, reviews
from services.attendance.routes.bodies import Reasoned
from services.attendance.routes.check_ins import flags_of
from services.attendance.routes.common import view_of, webinar_of
from services.attendance.why.naming import lasted
from services.attendance.why.sheet import zones_of
from shared.http import Caller, Problem, Role

router = APIRouter(tags=["pages"], include_in_schema=False)
Visitor = Annotated[Caller, visitor(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)]
Operator = Annotated[Caller, visitor(Role.OPERATOR)]
PARTS = 4
GROUPS = 40
MOST_FLAGS = 100


@router.get("/desk")
def desk(request: Request, caller: Visitor, lang: Language = "id") -> Response:
    """The webinars, each with what waits for a person."""
    view = view_of(request)
    rows = [
        {"id": w["webinar_id"], "title": w["title"], "open": view.counts(w["webinar_id"])["open_reviews"]}
        for w in sorted(view.webinars(), key=lambda w: w["sessions"][0]["start"], reverse=True)
    ]  # fmt: skip
    return page("desk.html", lang, TEXTS, rows=rows)


@router.get("/reviews")
def show(request: Request, caller: Visitor, webinar: str = "", done: str = "", count: str = "",
         lang: Language = "id") -> Response:  # fmt: skip
    """Open cases of a webinar, those that look alike together."""
    if not webinar:
        return desk(request, caller, lang)
    return _list(request, webinar, lang, done=done_text(done, count, lang))


@router.post("/reviews")
async def settle(
    request: Request, caller: Operator, webinar: str, lang: Language = "id"
) -> Response:
    """All cases that look alike at once."""
    form = await form_of(request)
    try:
        body = assignments.SettleAlike(
            group=form.text("group"), reason=form.text("reason"), **_who(form)
        )
        answer = await assignments.settle_alike(webinar, body, request, caller, form.or_none("key"))
    except (Problem, ValidationError) as wrong:
        status, said = refusal(wrong, lang)
        return await run_in_threadpool(_list, request, webinar, lang, status=status, wrong=said)
    return back_to("/reviews", webinar=webinar, lang=lang, done="settled", count=answer.accepted)


@router.get("/reviews/{case_id}")
def show_case(case_id: str, request: Request, caller: Visitor, lang: Language = "id") -> Response:
    """One case with its evidence."""
    return _case(request, case_id, caller, lang)


@router.post("/reviews/{case_id}")
async def settle_case(
    case_id: str, request: Request, caller: Operator, lang: Language = "id"
) -> Response:
    """It is this person, nobody, or several people."""
    form = await form_of(request)
    try:
        word = await _said(case_id, form, request, caller)
    except (Problem, ValidationError) as wrong:
        status, said = refusal(wrong, lang)
        return await run_in_threadpool(
            _case, request, case_id, caller, lang, status=status, wrong=said
        )
    return back_to("/reviews", webinar=word["webinar_id"], lang=lang, done="settled", count=1)


async def _said(case_id: str, form: Form, request: Request, caller: Caller) -> Any:
    reason, key, response = form.text("reason"), form.or_none("key"), Response()
    if form.text("do") == "split":
        zone = form.text("zone")
        shares = [
            assignments.ShareIn(external_id=who, start=form.instant(f"from{n}", zone),
                            end=form.instant(f"until{n}", zone))
            for n in range(PARTS)
            if (who := form.or_none(f"who{n}"))
        ]  # fmt: skip
        split = assignments.Split(shares=shares, reason=reason)
        return await assignments.split(case_id, split, request, response, caller, key)
    named = _who(form)
    if not named:
        nobody = Reasoned(reason=reason)
        return await assignments.reject(case_id, nobody, request, response, caller, key)
    assign = assignments.Assign(reason=reason, **named)
    return await assignments.assign(case_id, assign, request, response, caller, key)


def _who(form: Form) -> dict[str, str]:
    """Whom a form names: nothing means nobody.

    Raises:
        Problem: 422, it names no one and does not say nobody.
    """
    chosen = form.text("who")
    if chosen == "nobody":
        return {}
    if chosen == "other" and form.text("external_id"):
        return {"external_id": form.text("external_id")}
    if chosen and chosen != "other":
        return {"participant_id": chosen}
    raise Problem(422, "participant-not-named", "Name one person")


def _list(request: Request, webinar_id: str, lang: Language, *, status: int = 200,
          wrong: str = "", done: str = "") -> Response:  # fmt: skip
    view = view_of(request)
    webinar = webinar_of(view, webinar_id)
    cases = view.reviews(webinar_id)
    alike = list(groups(webinar_id, cases).values())
    own = [c for c in cases if c["status"] == "open" and c["connection_id"].startswith("@")]
    return page(
        "reviews.html", lang, TEXTS, status=status, webinar=webinar, wrong=wrong, done=done,
        groups=[_group(request, webinar, one, cases, lang) for one in alike[:GROUPS]],
        more=max(0, len(alike) - GROUPS), own=_own(request, webinar_id, own, lang),
        strangers=_strangers(request, webinar_id, own, lang),
        flags=flag_rows(flags_of(request, webinar_id)[:MOST_FLAGS], zones_of(webinar), lang),
    )  # fmt: skip


def _group(request: Request, webinar: dict[str, Any], group: dict[str, Any],
           cases: list[dict[str, Any]], lang: Language) -> dict[str, Any]:  # fmt: skip
    members = set(group["case_ids"])
    rows = [case for case in cases if case["case_id"] in members]
    said = sentence(
        TEXTS, lang, "cases_alike", count=len(rows), lasted=lasted(group["seconds"], lang)
    )
    return {
        "id": group["group"], "problem": problem_text(group["problem"], lang), "said": said,
        "count": len(rows), "more": max(0, len(rows) - SHOWN), "key": str(uuid4()),
        "candidates": candidates_of(view_of(request), webinar["webinar_id"], group["candidates"], lang),
        "cases": case_rows(rows[:SHOWN], sessions_of(webinar, lang), lang),
    }  # fmt: skip


def _own(
    request: Request, webinar_id: str, cases: list[dict[str, Any]], lang: Language
) -> list[Any]:
    """Cases of people's own evidence: their time is corrected, there is nobody to find."""
    people = sorted({c["candidates"][0] for c in cases})[:200]
    known = candidates_of(view_of(request), webinar_id, people, lang)
    problems = {p: sorted({problem_text(c["problem"], lang) for c in cases if c["candidates"][0] == p})
                for p in people}  # fmt: skip
    return [{**one, "problems": problems[one["id"]]} for one in known]


def _strangers(
    request: Request, webinar_id: str, cases: list[dict[str, Any]], lang: Language
) -> list[dict[str, str]]:
    """Cases of people who never had an enrolment: what was scanned or listed, as far as it is known."""
    known = view_of(request).enrolled(webinar_id, {c["candidates"][0] for c in cases})
    found = []
    for case in cases:
        if case["candidates"][0] not in known:
            what = reviews.evidence_of(case) or {"kind": "other", "id": case["case_id"]}
            key = f"stranger_{what['kind']}"
            text = sentence(TEXTS, lang, key if key in TEXTS else "stranger_other", id=what["id"])
            found.append({"case": case["case_id"], "what": text})
    return found


def _case(request: Request, case_id: str, caller: Caller, lang: Language, *, status: int = 200,
          wrong: str = "") -> Response:  # fmt: skip
    view = view_of(request)
    case = reviews.get_review(case_id, request, caller)
    webinar = webinar_of(view, case["webinar_id"])
    sessions = sessions_of(webinar, lang)
    (row,) = case_rows([case], sessions, lang)
    known = known_of(view, webinar, case["rulings"], [case], lang)
    return page(
        "review.html", lang, TEXTS, status=status, wrong=wrong, webinar=webinar, case=row,
        open=case["status"] == "open", problem=problem_text(case["problem"], lang), part_numbers=range(PARTS),
        candidates=candidates_of(view, case["webinar_id"], case["candidates"], lang),
        said=word_rows(case["rulings"], known), zone=sessions[0]["zone"],
        key=str(uuid4()), own=case["connection_id"].startswith("@"),
        stranger=case["problem"] == "not_enrolled",
    )  # fmt: skip
