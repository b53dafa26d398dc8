"""The digest of a decision: the evidence that counts, and nothing else (rule L4)."""

from collections.abc import Iterable
from hashlib import sha256

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.plan import Plan
from services.attendance.domain.presence import Measured


def digest(plan: Plan, measured: Measured, enrolment: Enrolment, items: Iterable[str]) -> str:
    """ "sha256:…" over the clipped intervals with their sources and certainty, the rule version,
    required items that were passed, and the standing of a person who is not enrolled."""
    required = plan.webinar.rule.required_items
    lines = [f"rule {plan.webinar.rule_version}"]
    if enrolment is not Enrolment.ENROLLED:
        lines.append(enrolment)
    if required:
        lines += [f"item {item}" for item in sorted(set(items) & set(required))]
    sessions = plan.sessions
    for index, start, end, mark, source in measured.counted:
        lines.append(f"{sessions[index].id} {start} {end} {mark} {source}")
    return "sha256:" + sha256("\n".join(lines).encode()).hexdigest()
