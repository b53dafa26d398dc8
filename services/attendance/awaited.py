"""What a webinar's decisions still wait for, as one events partition knows it."""

import orjson

from services.attendance.domain import clocks
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.eligibility import reported_sessions
from services.attendance.domain.plan import Plan
from services.attendance.evidence_state import EvidenceState


def reports_missing(the_plan: Plan, state: EvidenceState) -> list[str]:
    """Meetings whose report decisions wait for (rule D6)."""
    held = {uuid for session in the_plan.sessions for uuid in session.meetings}
    return sorted(held - state.reports.acting) if the_plan.webinar.reconciliation else []


def pending_clocks(the_plan: Plan, state: EvidenceState) -> list[str]:
    """Kinds of clocks that have not passed; a report deadline only where a report is missing."""
    webinar = the_plan.webinar
    waited = clocks.pending(webinar, state.passed[webinar.id])
    reported = reported_sessions(the_plan, state.reports.acting)
    return sorted(
        {
            p.clock.kind.value
            for p in waited
            if p.clock.kind is not ClockKind.REPORT_DEADLINE or p.clock.session_id not in reported
        }
    )


def standing_at(the_plan: Plan, state: EvidenceState, undecided: int) -> bytes:
    """How far a webinar is, for the progress pages."""
    return orjson.dumps({
        "facts": state.facts.get(the_plan.webinar.id, 0),
        "pending": pending_clocks(the_plan, state),
        "reports": reports_missing(the_plan, state),
        "undecided": undecided,
    })  # fmt: skip
