"""From the domain's decision to the event: versions, history, sentences."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.eligibility import Decision, Standing, decide
from services.attendance.domain.evidence import Evidence
from services.attendance.domain.facts import ClockPassed
from services.attendance.domain.plan import Plan
from services.attendance.domain.presence import Measured, measure
from services.attendance.domain.reasons import sentences
from services.attendance.evidence_state import Person
from services.attendance.knowledge import Knowledge
from services.attendance.published import KEEP_VERSIONS, Published, says

NOTHING = Evidence()


def standing_of(knowledge: Knowledge, partition: int, webinar_id: str, participant_id: str,
                passed: Collection[ClockPassed]) -> Standing:  # fmt: skip
    """What besides presence bears on a person's decision."""
    people = knowledge.standing[partition].get(webinar_id, {})
    return Standing(
        enrolment=people.get(participant_id, Enrolment.NEVER),
        passed=frozenset(passed),
        certified=(webinar_id, participant_id) in knowledge.certificates,
    )


def decision_of(the_plan: Plan, participant_id: str, measured: Measured, standing: Standing,
                before: Published | None, now: float, cause: str = "") -> dict[str, Any] | None:  # fmt: skip
    """The next version of a person's decision, or None where there is none or nothing is new.

    `cause` (see `causes`): the fact that had it decided anew.
    """
    decided = decide(the_plan, measured, standing)
    if decided is None:
        return None
    event = _event(the_plan, participant_id, decided, before, now) | {"cause": cause}
    return None if before is not None and before.says == says(event) else event


def measured_of(the_plan: Plan, person: Person | None, standing: Standing) -> Measured:
    """One person's presence, from all that is known of them."""
    evidence = NOTHING if person is None else person.evidence()
    return measure(the_plan, evidence, enrolled=standing.enrolment is Enrolment.ENROLLED)


def _event(the_plan: Plan, participant_id: str, decided: Decision, before: Published | None,
           now: float) -> dict[str, Any]:  # fmt: skip
    history = () if before is None else (*before.history, before.last)[-KEEP_VERSIONS:]
    return {
        "webinar_id": the_plan.webinar.id,
        "participant_id": participant_id,
        "version": 1 if before is None else before.version + 1,
        "verdict": decided.verdict.value,
        "provisional": decided.provisional,
        "present_seconds": decided.present_seconds,
        "base_seconds": decided.base_seconds,
        "required_seconds": decided.required_seconds,
        "sessions": [session._asdict() for session in decided.sessions],
        "reasons": reasons_of(decided),
        "rule_version": decided.rule_version,
        "digest": decided.digest,
        "decided_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "history": [
            dict(zip(("version", "decided_at", "verdict", "provisional", "present_seconds", "cause"), h,
                     strict=True))
            for h in history
        ],
    }  # fmt: skip


def reasons_of(decided: Decision) -> list[dict[str, Any]]:
    """Codes, figures, and sentences in both languages (rule D4)."""
    return [
        {"code": r.code.value, "figures": r.figures, "text": sentences(r.code, r.figures)}
        for r in decided.reasons
    ]
