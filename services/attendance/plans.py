"""A webinar's plan from what an events partition and the worker know."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any

from services.attendance.domain.facts import Webinar
from services.attendance.domain.plan import Plan, plan
from services.attendance.evidence_state import EvidenceState
from services.attendance.knowledge import Knowledge


def plan_of(webinar: Webinar, state: EvidenceState, knowledge: Knowledge) -> Plan:
    """The plan of the webinar as it is, or (for a preview) as it would be. Equal plans are one: what
    one partition found out of people of a shape (`Plan.usual`) is not found out and kept by each."""
    numbers = {s.number for s in webinar.sessions if s.number}
    made = plan(
        webinar,
        [m for n in numbers for m in state.meetings[n].values()],
        [s for n in numbers for s in knowledge.sessions_of(n, webinar.id)],
        knowledge.rulings.bases(webinar.id),
    )
    if knowledge.plans.get(webinar.id) != made:
        knowledge.plans[webinar.id] = made
    return knowledge.plans[webinar.id]


def plan_mark(the_plan: Plan) -> str:
    """Equal for equal plans, in every process: it stands for the plan in a checkpoint."""
    return blake2b(repr(_ordered(the_plan)).encode(), digest_size=16).hexdigest()


def _ordered(value: Any) -> Any:
    """The value in lists, whatever has no order sorted."""
    if is_dataclass(value):
        return [_ordered(getattr(value, f.name)) for f in fields(value) if f.compare]
    if isinstance(value, Mapping):
        return sorted(([key, _ordered(one)] for key, one in value.items()), key=repr)
    if isinstance(value, frozenset):
        return sorted(map(_ordered, value), key=repr)
    return [_ordered(one) for one in value] if isinstance(value, tuple) else value
