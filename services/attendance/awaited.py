"""What a webinar's decisions still wait for, as one events partition knows it."""

from typing import Any

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


class Standings:
    """How far each webinar is, for the progress pages. They are told of a year's webinars twice a
    second, and nearly all of those stand still: it is worked out where something is another now."""

    def __init__(self, state: EvidenceState) -> None:
        self._state = state
        self._last: dict[str, tuple[tuple[Any, ...], bytes]] = {}
        """What it was worked out from, and what came of it."""

    def of(self, the_plan: Plan, undecided: int) -> bytes:
        """One webinar's. `undecided`: how many wait to be decided anew."""
        state, webinar_id = self._state, the_plan.webinar.id
        facts = state.facts.get(webinar_id, 0)
        now = the_plan, facts, state.passed[webinar_id], state.reports.acting, undecided
        last = self._last.get(webinar_id)
        if last is None or last[0] != now:
            last = self._last[webinar_id] = now, _standing(the_plan, state, facts, undecided)
        return last[1]


def _standing(the_plan: Plan, state: EvidenceState, facts: int, undecided: int) -> bytes:
    return orjson.dumps({
        "facts": facts,
        "pending": pending_clocks(the_plan, state),
        "reports": reports_missing(the_plan, state),
        "undecided": undecided,
    })  # fmt: skip
