"""From the domain's decision to the event: versions, history, sentences."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from services.attendance.applied_reports import AppliedReports
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.eligibility import (
    MOST_SHAPES,
    Decision,
    Reason,
    Standing,
    decide,
    goes_out,
    waiting_for,
)
from services.attendance.domain.evidence import Evidence
from services.attendance.domain.facts import ClockPassed, Connection, ProctorList
from services.attendance.domain.plan import Plan
from services.attendance.domain.presence import Measured, measure
from services.attendance.domain.reasons import sentences
from services.attendance.knowledge import Knowledge
from services.attendance.person import Person
from services.attendance.published import KEEP_VERSIONS, Published, mark_of
from shared.events import Encoded
from shared.events.attendance import EligibilityDecidedV1
from shared.events.rulings import PeopleListedV1

NOTHING = Evidence()
NO_ITEMS = NOTHING_REPORTED = frozenset[str]()


def standing_of(knowledge: Knowledge, webinar_id: str, participant_id: str,
                passed: Collection[ClockPassed], person: Person | None = None,
                reports: AppliedReports | None = None) -> Standing:  # fmt: skip
    """What besides presence bears on a person's decision."""
    rulings = knowledge.rulings
    enrolment, certified = knowledge.roster.stands(webinar_id, participant_id)
    spoken_of = rulings.speak_of_person(webinar_id, participant_id)
    return Standing(
        enrolment,
        frozenset(passed),
        certified=certified,
        settled=rulings.verdicts(webinar_id, participant_id) if spoken_of else (),
        items=NO_ITEMS if person is None else person.items,
        reports=NOTHING_REPORTED if reports is None else reports.acting,
        cases_closed=rulings.cases_closed(webinar_id),
        released=rulings.released(webinar_id, participant_id),
        lone=NOTHING_REPORTED if reports is None else reports.lone,
    )


class Version(NamedTuple):
    """A version of a decision, as the topic has it, and what to keep of it."""

    event: Encoded
    kept: Published


def decision_of(the_plan: Plan, participant_id: str, measured: Measured, standing: Standing,
                before: Published | None, now: float, cause: str = "") -> Version | None:  # fmt: skip
    """The next version of a person's decision, or None where there is none or nothing is new.

    `cause` (see `causes`): the fact that had it decided anew. Where nothing changed but whether a
    certificate may go out, it is the same version (rule D5).
    """
    decided = decide(the_plan, measured, standing)
    if decided is None:
        return None
    waits = the_plan.webinar.certificates == "after_reconciliation"  # nobody else asks for reports
    reported = not waits or waiting_for(the_plan, measured.strange, standing) is None
    out = goes_out(the_plan.webinar, decided, standing, reported=reported)
    shown = _shown(decided)
    says = mark_of(decided.present_seconds, decided.base_seconds, decided.required_seconds,
                   decided.verdict.value, decided.provisional, shown.codes,
                   decided.rule_version, decided.digest)  # fmt: skip
    kept = _next(decided, before, says, _second(int(now)), cause, out)
    return (
        None
        if kept is None
        else Version(_event(the_plan, participant_id, decided, shown, kept), kept)
    )


def _next(decided: Decision, before: Published | None, says: bytes, at: str, cause: str,
          out: bool) -> Published | None:  # fmt: skip
    """What the topic says after it; None where it says so already."""
    if before is not None and before.says == says:
        return None if before.goes_out == out else before._replace(goes_out=out)
    number = 1 if before is None else before.version + 1
    history = () if before is None else (*before.history, before.last)[-KEEP_VERSIONS:]
    last = (number, at, decided.verdict.value, decided.provisional, decided.present_seconds, cause)
    return Published(number, says, last, history, out)


def measured_of(the_plan: Plan, knowledge: Knowledge, participant_id: str, person: Person | None,
                standing: Standing) -> Measured:  # fmt: skip
    """One person's presence, from all that is known of them."""
    evidence = evidence_of(knowledge, the_plan.webinar.id, participant_id, person)
    return measure(the_plan, evidence, enrolled=standing.enrolment is Enrolment.ENROLLED)


def evidence_of(knowledge: Knowledge, webinar_id: str, participant_id: str,
                person: Person | None) -> Evidence:  # fmt: skip
    """All of a person's evidence: facts, and operators' words on their time."""
    rulings = knowledge.rulings
    evidence = NOTHING if person is None else person.evidence()
    if not rulings.speak_of_person(webinar_id, participant_id):
        return evidence
    return evidence._replace(
        corrections=rulings.corrections(webinar_id, participant_id),
        lists=tuple(_listed(one, person) for one in rulings.lists_of(webinar_id, participant_id)),
    )


def shown_of(knowledge: Knowledge, webinar_id: str, participant_id: str,
             person: Person | None) -> Evidence:  # fmt: skip
    """What shows where somebody is: scans and lists of enrolled people only (rule W6); of a `~` key,
    the connection that is nobody's yet."""
    if person is not None and participant_id.startswith("~"):
        return Evidence(tuple(s.connection for s in person.seen.values() if s.role == "unresolved"))
    evidence = evidence_of(knowledge, webinar_id, participant_id, person)
    if knowledge.roster.standing(webinar_id, participant_id) is Enrolment.ENROLLED:
        return evidence
    return evidence._replace(scans=(), lists=())


def _listed(said: PeopleListedV1, person: Person | None) -> ProctorList:
    room: tuple[Connection, ...] | None = None
    if said.registrant_id is not None:
        number = said.zoom_number or ""
        room = () if person is None else person.room(number, said.registrant_id)
    return ProctorList(
        said.list_id, said.session_id, said.version, True, said.start, said.end, room
    )


def _event(the_plan: Plan, participant_id: str, decided: Decision, shown: "_Shown",
           kept: Published) -> Encoded:  # fmt: skip
    """The bytes that `EligibilityDecidedV1` would give it. In the order of the alphabet, as canonical JSON
    has it: to sort a million is half of writing them."""
    _, decided_at, *_, cause = kept.last
    return Encoded(EligibilityDecidedV1.type, orjson.dumps({
        "base_seconds": decided.base_seconds,
        "cause": cause,
        "decided_at": decided_at,
        "digest": decided.digest,
        "goes_out": kept.goes_out,
        "history": _history(kept.history) if kept.history else (),
        "participant_id": participant_id,
        "present_seconds": decided.present_seconds,
        "provisional": decided.provisional,
        "reasons": shown.reasons,
        "required_seconds": decided.required_seconds,
        "rule_version": decided.rule_version,
        "sessions": shown.sessions,
        "verdict": decided.verdict.value,
        "version": kept.version,
        "webinar_id": the_plan.webinar.id,
    }))  # fmt: skip


def _history(versions: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [
        {"cause": cause, "decided_at": decided_at, "present_seconds": seconds,
         "provisional": provisional, "verdict": verdict, "version": version}
        for version, decided_at, verdict, provisional, seconds, cause in versions
    ]  # fmt: skip


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def reasons_of(decided: Decision) -> list[dict[str, Any]]:
    """Codes, figures, and sentences in both languages (rule D4)."""
    return [
        {"code": r.code.value, "figures": _sorted(r.figures),
         "text": _sorted(sentences(r.code, r.figures))}
        for r in decided.reasons
    ]  # fmt: skip


def _sorted(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(values.items()))


class _Shown(NamedTuple):
    """What decisions of one shape have in common (`eligibility.project`), as it is published."""

    of: tuple[Reason, ...]
    codes: list[str]
    reasons: orjson.Fragment
    sessions: orjson.Fragment


_known: dict[int, _Shown] = {}
"""By identity of the reasons, which are kept beside: so their id is nobody else's."""


def _shown(decided: Decision) -> _Shown:
    reasons = decided.reasons
    known = _known.get(id(reasons))
    if known is not None and known.of is reasons:
        return known
    if len(_known) >= MOST_SHAPES:
        _known.clear()
    sessions = [_sorted(session._asdict()) for session in decided.sessions]
    found = _Shown(
        reasons,
        sorted({reason.code.value for reason in reasons}),
        orjson.Fragment(orjson.dumps(reasons_of(decided))),
        orjson.Fragment(orjson.dumps(sessions)),
    )
    _known[id(reasons)] = found
    return found
