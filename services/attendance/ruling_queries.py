"""What operators ask workers before they say a word: what it would change, what is to be settled."""

import asyncio
from collections.abc import Mapping
from typing import Any

from services.attendance.decide import DecideStage
from services.attendance.decisions import evidence_of, standing_of
from services.attendance.domain import sharing
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.eligibility import Decision, project
from services.attendance.domain.facts import Correction
from services.attendance.domain.plan import Plan
from services.attendance.domain.presence import measure
from services.attendance.person import Person
from services.attendance.state_queries import NotHere, Query

AT_ONCE = 200
"""People looked at before the event loop gets its turn."""


async def corrected(stages: Mapping[int, DecideStage], question: dict[str, Any]) -> dict[str, Any]:
    """Decisions as they are and as corrections would make them, by ruling_id; decides nothing. Of
    `words` (partition, `TimeCorrectedV1`) those whose partition is asked. Before the grace has passed
    they are projections (rule D3)."""
    found = {}
    for n, (partition, word) in enumerate(question["words"]):
        if n % AT_ONCE == 0:
            await asyncio.sleep(0)
        if partition in stages:
            found[word["ruling_id"]] = _corrected(stages[partition], word)
    return {"found": found}


def _corrected(stage: DecideStage, word: Mapping[str, Any]) -> dict[str, Any]:
    webinar_id, participant_id = word["webinar_id"], word["participant_id"]
    the_plan = _plan(stage, webinar_id)
    person = stage.state.person(webinar_id, participant_id)
    passed = stage.state.passed.get(webinar_id, frozenset())
    knowledge = stage.knowledge
    standing = standing_of(knowledge, webinar_id, participant_id, passed, person)
    evidence = evidence_of(knowledge, webinar_id, participant_id, person)
    more = Correction(word["ruling_id"], word["made_at"], word["session_id"], word["kind"],
                      word["start"], word["end"])  # fmt: skip
    with_it = evidence._replace(corrections=(*evidence.corrections, more))
    enrolled = standing.enrolment is Enrolment.ENROLLED
    before, after = (
        _figures(project(the_plan, measure(the_plan, known, enrolled=enrolled), standing))
        for known in (evidence, with_it)
    )
    return {"before": before, "after": after}


async def base(stages: Mapping[int, DecideStage], question: dict[str, Any]) -> dict[str, Any]:
    """Each session's base, every host gap, and the questions that keep verdicts open (rule I13)."""
    (stage,) = stages.values()
    the_plan = _plan(stage, question["webinar_id"])
    return {
        "sessions": [
            {"id": s.id, "start": s.start, "end": s.end, "base": s.base,
             "base_seconds": s.base_seconds, "host_down_seconds": s.host_down_seconds,
             "gaps": s.gaps, "questions": _questions(the_plan, s.id)}
            for s in the_plan.sessions
        ]
    }  # fmt: skip


async def shared_links(
    stages: Mapping[int, DecideStage], question: dict[str, Any]
) -> dict[str, Any]:
    """People one of whose links was in use from two networks at once (rule W7)."""
    found = []
    for stage in stages.values():
        the_plan = _plan(stage, question["webinar_id"])
        for n, who in enumerate(list(stage.state.people.get(the_plan.webinar.id, ()))):
            if n % AT_ONCE == 0:
                await asyncio.sleep(0)
            person = stage.state.person(the_plan.webinar.id, who) or Person()
            linked = [
                (s.connection, frozenset(s.links))
                for s in person.seen.values()
                if s.role == "owner"
            ]
            pairs = sharing.shared_links(the_plan, linked) if len(linked) > 1 else ()
            found += [{"participant_id": who, **pair._asdict()} for pair in pairs]
    return {"found": found}


def _plan(stage: DecideStage, webinar_id: str) -> Plan:
    the_plan = stage.plans.get(webinar_id)
    if the_plan is None:
        raise NotHere  # the webinar is not read yet
    return the_plan


def _questions(the_plan: Plan, session_id: str) -> list[dict[str, Any]]:
    mine = (q for q in the_plan.questions if q.session_id == session_id)
    return [{"code": q.code.value, "figures": q.figures} for q in mine]


def _figures(decision: Decision) -> dict[str, Any]:
    names = ("verdict", "provisional", "present_seconds", "required_seconds", "digest")
    return {name: getattr(decision, name) for name in names}


QUERIES: Mapping[str, Query] = {
    "corrected": corrected, "base": base, "shared_links": shared_links,
}  # fmt: skip
