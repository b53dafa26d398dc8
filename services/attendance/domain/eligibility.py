"""The verdict on one person in one webinar (rules D1–D9)."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.attendance.domain.codes import ClockKind, Enrolment, ReasonCode, Verdict
from services.attendance.domain.digest import digest
from services.attendance.domain.explain import Outlook, Reason, explain
from services.attendance.domain.facts import ClockPassed, SettledVerdict, Webinar
from services.attendance.domain.plan import Plan
from services.attendance.domain.presence import Measured

__all__ = [
    "Decision",
    "Reason",
    "SessionDecision",
    "Standing",
    "changed",
    "decide",
    "goes_out",
    "project",
    "waiting_for",
]


MOST_SHAPES = 20_000
"""Decisions remembered per plan: some 20 MB."""


class Standing(NamedTuple):
    """What besides presence bears on a person's decision.

    `passed`: the clock facts of the webinar. `certified`: a certificate is issued and not revoked.
    `items`: required items that were passed. `reports`: uuids whose report is complete or not
    needed (rule Z1). `cases_closed`: the organiser closed the webinar's cases. `released`: an
    operator's release names the person (rule D8). `lone`: uuids whose report is rightly empty,
    for one participant alone was there (rule Z1).
    """

    enrolment: Enrolment
    passed: frozenset[ClockPassed] = frozenset()
    certified: bool = False
    settled: tuple[SettledVerdict, ...] = ()
    items: frozenset[str] = frozenset()
    reports: frozenset[str] = frozenset()
    cases_closed: bool = False
    released: bool = False
    lone: frozenset[str] = frozenset()


class SessionDecision(NamedTuple):
    """One session's part of a decision, in seconds."""

    id: str
    present_seconds: int
    base_seconds: int
    required_seconds: int


class Decision(NamedTuple):
    """Rule D4. `provisional`: something is still waited for that may change it (rule D6)."""

    verdict: Verdict
    provisional: bool
    present_seconds: int
    base_seconds: int
    required_seconds: int
    sessions: tuple[SessionDecision, ...]
    reasons: tuple[Reason, ...]
    rule_version: int
    digest: str


def decide(plan: Plan, measured: Measured, standing: Standing) -> Decision | None:
    """The decision, or None: before the grace after the last session (rule D3), and on somebody who
    was never enrolled."""
    if standing.enrolment is Enrolment.NEVER or plan.grace not in standing.passed:
        return None
    return project(plan, measured, standing)


def project(plan: Plan, measured: Measured, standing: Standing) -> Decision:
    """What the decision would be if the grace had passed: for pages, never for a topic (rule D3)."""
    mark = digest(plan, measured, standing.enrolment, standing.items)
    if standing.settled or measured.astray:
        return _projected(plan, measured, standing, mark)
    # apart from the digest, people with the same seconds have the same decision: most of a webinar
    shape = measured.sessions, measured.corrections, measured.strange, measured.unreported, standing
    known = plan.usual.get(shape)
    if known is None:
        if len(plan.usual) >= MOST_SHAPES:
            plan.usual.clear()
        known = plan.usual[shape] = _projected(plan, measured, standing, mark)
    verdict, provisional, present, base, required, sessions, reasons, version, _ = known
    return Decision(verdict, provisional, present, base, required, sessions, reasons, version, mark)


def _projected(plan: Plan, measured: Measured, standing: Standing, mark: str) -> Decision:
    outlook = _outlook(plan, measured, standing)
    waiting = _waiting(plan, measured, standing, outlook)
    verdict, provisional = _judge(plan, outlook, waiting)
    settled = _settled(standing.settled, mark)
    codes: list[ReasonCode] = []
    if settled is not None:
        verdict, provisional = settled.verdict, False
        codes.append(ReasonCode.SETTLED)
    elif standing.certified and verdict is not Verdict.ELIGIBLE:
        verdict = Verdict.NEEDS_REVIEW  # nothing is revoked by itself (rule D9)
        codes.append(ReasonCode.CERTIFICATE_ISSUED)
    if provisional:
        codes += waiting
    return Decision(
        verdict,
        provisional,
        sum(session.present for session in measured.sessions),
        plan.base_seconds,
        plan.required_seconds,
        tuple(_sessions(plan, measured)),
        (*explain(plan, measured, outlook), *(Reason(code, {}) for code in codes)),
        plan.webinar.rule_version,
        mark,
    )


def changed(old: Decision, new: Decision) -> bool:
    """Whether a decision makes a new version (rule D5)."""
    return _version(old) != _version(new)


def goes_out(webinar: Webinar, decision: Decision, standing: Standing, *, reported: bool) -> bool:
    """Whether a certificate may be issued on this decision now (rule D8).

    `reported`: nothing of Zoom's reports is waited for any more (`waiting_for` says so).
    """
    if decision.provisional or decision.verdict is not Verdict.ELIGIBLE:
        return False
    if webinar.certificates == "after_reconciliation":
        return reported
    return webinar.certificates == "at_once" or standing.released


def waiting_for(
    plan: Plan, strange: Sequence[str], standing: Standing, unreported: Collection[str] = ()
) -> ReasonCode | None:
    """Which clock or report every decision waits for that is not eligible by closed intervals
    (rule D6). `strange`: uuids of the person of which no lifecycle is known; `unreported`: uuids
    whose report says nothing of a user_id of the person's (rule Z3)."""
    missing = frozenset(unreported) - standing.lone
    if not plan.webinar.reconciliation:
        passed = plan.retry_windows <= standing.passed
        return None if passed else ReasonCode.WAITING_RETRY_WINDOW
    for session in plan.sessions:
        if session.number is None:
            continue
        held = (*session.meetings, *strange)
        deadline = ClockPassed(plan.webinar.id, session.id, session.end, ClockKind.REPORT_DEADLINE)
        if deadline not in standing.passed and not _reported(held, missing, standing):
            return ReasonCode.WAITING_REPORT
    return None


def reported_sessions(plan: Plan, reports: frozenset[str]) -> frozenset[str]:
    """Sessions whose report deadline nobody waits for: they have no Zoom number, or the report of
    every uuid that is known to overlap them is complete."""
    return frozenset(
        session.id
        for session in plan.sessions
        if session.number is None or (session.meetings and reports.issuperset(session.meetings))
    )


def _reported(held: Sequence[str], missing: frozenset[str], standing: Standing) -> bool:
    """Whether every uuid's report is complete, and says something of all that was seen (D6, Z3)."""
    complete = bool(held) and standing.reports.issuperset(held)
    return complete and missing.isdisjoint(held)


def reached(plan: Plan, seconds: Sequence[int]) -> bool:
    """Whether seconds per session reach the rule's share and number of sessions (rule D2)."""
    rule = plan.webinar.rule
    needed = rule.minimum_sessions
    if rule.scope == "all":
        attended = len(seconds) - seconds.count(0)
        return sum(seconds) >= plan.required_seconds and attended >= (needed or 0)
    attended = sum(
        each >= session.required_seconds
        for each, session in zip(seconds, plan.sessions, strict=True)
    )
    return attended >= (len(plan.sessions) if needed is None else needed)


def _outlook(plan: Plan, measured: Measured, standing: Standing) -> Outlook:
    """What each kind of evidence would suffice for."""
    sessions = measured.sessions
    missing = tuple(i for i in plan.webinar.rule.required_items if i not in standing.items)
    cancelled = standing.enrolment is not Enrolment.ENROLLED
    able = not (missing or cancelled or plan.webinar.cancelled)
    if able and reached(plan, [s.closed for s in sessions]):
        return Outlook(missing, cancelled, closed=True, firm=True, present=True, possible=True)
    present = able and reached(plan, [s.present for s in sessions])
    firm = present and reached(plan, [s.firm for s in sessions])
    possible = able and reached(
        plan, [s.possible_firm if present else s.possible for s in sessions]
    )
    return Outlook(missing, cancelled, False, firm, present, possible)


def _waiting(
    plan: Plan, measured: Measured, standing: Standing, outlook: Outlook
) -> list[ReasonCode]:
    """All that is waited for (rule D6): a clock or report, and open cases that could help."""
    clock = waiting_for(plan, measured.strange, standing, measured.unreported)
    waiting = [] if clock is None else [clock]
    if outlook.possible and not outlook.firm and not standing.cases_closed:
        waiting.append(ReasonCode.WAITING_CASES)
    return waiting


def _judge(plan: Plan, outlook: Outlook, waiting: Sequence[ReasonCode]) -> tuple[Verdict, bool]:
    """(verdict, provisional) by the evidence alone (rules I13, D6, D7)."""
    if outlook.cancelled or plan.webinar.cancelled:
        return Verdict.NOT_ELIGIBLE, bool(waiting)
    if plan.questions:
        return Verdict.NEEDS_REVIEW, bool(waiting)
    if outlook.closed:
        return Verdict.ELIGIBLE, False
    if not outlook.present:
        return Verdict.NOT_ELIGIBLE, bool(waiting)
    if waiting or outlook.firm:
        return Verdict.ELIGIBLE, bool(waiting)
    return Verdict.NEEDS_REVIEW, False  # eligible only through an inferred start


def _settled(settled: Sequence[SettledVerdict], mark: str) -> SettledVerdict | None:
    """The last standing verdict that an operator gave on exactly this evidence (rule F2)."""
    gone = {one.id for one in settled if one.withdrawn}
    found = [one for one in settled if one.digest == mark and one.id not in gone]
    return max(found, key=lambda one: (one.made_at, one.id), default=None)


def _sessions(plan: Plan, measured: Measured) -> list[SessionDecision]:
    return [
        SessionDecision(session.id, session.present, planned.base_seconds, planned.required_seconds)
        for planned, session in zip(plan.sessions, measured.sessions, strict=True)
    ]


def _version(decision: Decision) -> tuple[object, ...]:
    codes = frozenset(reason.code for reason in decision.reasons)
    return (*decision[:5], codes, decision.rule_version, decision.digest)
