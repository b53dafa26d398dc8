"""A webinar's plan from what an events partition and the worker know."""

from services.attendance.domain.facts import Webinar
from services.attendance.domain.plan import Plan, plan
from services.attendance.evidence_state import EvidenceState
from services.attendance.knowledge import Knowledge


def plan_of(webinar: Webinar, state: EvidenceState, knowledge: Knowledge) -> Plan:
    """The plan of the webinar as it is, or (for a preview) as it would be."""
    numbers = {s.number for s in webinar.sessions if s.number}
    return plan(
        webinar,
        [m for n in numbers for m in state.meetings[n].values()],
        [s for n in numbers for s in knowledge.sessions_of(n, webinar.id)],
        knowledge.rulings.bases(webinar.id),
    )
