"""Why a decision is as it is, as codes with figures; `reasons` makes sentences of them (rule D4)."""

from collections.abc import Iterator
from typing import NamedTuple

from services.attendance.domain.codes import ReasonCode
from services.attendance.domain.plan import Plan, SessionPlan
from services.attendance.domain.presence import Measured, SessionMeasured

Figures = dict[str, int | str]


class Reason(NamedTuple):
    """A code with its figures: `…_seconds` are seconds, `share` is in basis points."""

    code: ReasonCode
    figures: Figures


class Outlook(NamedTuple):
    """Whether the rule is reached by closed intervals, with inferred ends, with all evidence, and
    with all that open cases could add; `missing` are required items not passed."""

    missing: tuple[str, ...]
    cancelled: bool
    closed: bool
    firm: bool
    present: bool
    possible: bool


def explain(plan: Plan, measured: Measured, outlook: Outlook) -> tuple[Reason, ...]:
    """What was counted, what was missing, what would have sufficed."""
    if plan.webinar.cancelled:
        return (Reason(ReasonCode.WEBINAR_CANCELLED, {}),)
    if outlook.cancelled:
        return (Reason(ReasonCode.CANCELLED, {}),)
    return (
        *_figures(plan, measured),
        *_late(plan, measured),
        *_items(plan, outlook),
        *_inferred(measured, outlook),
        *_base(plan),
        *_doubts(measured),
    )


def _figures(plan: Plan, measured: Measured) -> Iterator[Reason]:
    if not any(session.present for session in measured.sessions):
        yield Reason(ReasonCode.NO_PRESENCE, {})
    if plan.webinar.rule.scope == "all":
        yield _share(plan, measured)
        yield from _attended(plan, [bool(session.present) for session in measured.sessions])
        return
    pairs = list(zip(plan.sessions, measured.sessions, strict=True))
    yield from (_session(planned, session) for planned, session in pairs)
    yield from _attended(plan, [own.present >= each.required_seconds for each, own in pairs])


def _share(plan: Plan, measured: Measured) -> Reason:
    present = sum(session.present for session in measured.sessions)
    figures: Figures = {
        "present_seconds": present,
        "base_seconds": plan.base_seconds,
        "required_seconds": plan.required_seconds,
        "share": plan.webinar.rule.minimum_share,
    }
    missing = plan.required_seconds - present
    if missing <= 0:
        return Reason(ReasonCode.SHARE_REACHED, figures)
    return Reason(ReasonCode.SHARE_NOT_REACHED, {**figures, "missing_seconds": missing})


def _session(planned: SessionPlan, session: SessionMeasured) -> Reason:
    figures: Figures = {
        "session": session.id,
        "present_seconds": session.present,
        "base_seconds": planned.base_seconds,
        "required_seconds": planned.required_seconds,
    }
    missing = planned.required_seconds - session.present
    if missing <= 0:
        return Reason(ReasonCode.SESSION_REACHED, figures)
    return Reason(ReasonCode.SESSION_NOT_REACHED, {**figures, "missing_seconds": missing})


def _attended(plan: Plan, attended: list[bool]) -> Iterator[Reason]:
    """How many sessions counted, where the rule asks for a number of them."""
    needed = plan.webinar.rule.minimum_sessions
    if needed is None:
        return
    count = sum(attended)
    figures: Figures = {"attended": count, "needed": needed, "sessions": len(attended)}
    if count >= needed:
        yield Reason(ReasonCode.SESSIONS_REACHED, figures)
    else:
        yield Reason(ReasonCode.SESSIONS_NOT_REACHED, {**figures, "missing": needed - count})


def _late(plan: Plan, measured: Measured) -> Iterator[Reason]:
    latest = plan.webinar.rule.latest_join
    for session in measured.sessions:
        if session.late_seconds is not None and latest is not None:
            figures: Figures = {
                "session": session.id,
                "late_seconds": session.late_seconds,
                "latest_seconds": latest,
            }
            yield Reason(ReasonCode.JOINED_LATE, figures)


def _items(plan: Plan, outlook: Outlook) -> Iterator[Reason]:
    required = plan.webinar.rule.required_items
    if required and not outlook.missing:
        yield Reason(ReasonCode.ITEMS_PASSED, {"items": len(required)})
    for item in outlook.missing:
        yield Reason(ReasonCode.ITEM_MISSING, {"item": item})


def _inferred(measured: Measured, outlook: Outlook) -> Iterator[Reason]:
    """Said where the verdict rests on it, or falls short in spite of it."""
    if outlook.closed:
        return
    closed = sum(session.closed for session in measured.sessions)
    firm = sum(session.firm for session in measured.sessions)
    present = sum(session.present for session in measured.sessions)
    if firm > closed:
        yield Reason(ReasonCode.INFERRED_END, {"inferred_seconds": firm - closed})
    if present > firm:
        yield Reason(ReasonCode.INFERRED_START, {"inferred_seconds": present - firm})


def _base(plan: Plan) -> Iterator[Reason]:
    for session in plan.sessions:
        if session.host_down_seconds:
            figures: Figures = {"session": session.id, "down_seconds": session.host_down_seconds}
            yield Reason(ReasonCode.HOST_DOWN, figures)
    for question in plan.questions:
        yield Reason(question.code, question.figures)


def _doubts(measured: Measured) -> Iterator[Reason]:
    """Corrections, and evidence that gave 0 s and a review case."""
    if measured.corrections:
        yield Reason(ReasonCode.CORRECTED, {"corrections": measured.corrections})
    found = [astray.problem for astray in measured.astray]
    for problem in sorted(set(found)):
        yield Reason(ReasonCode(problem), {"cases": found.count(problem)})
