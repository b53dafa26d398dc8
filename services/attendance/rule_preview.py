"""What another rule would do (rule D1): the worker's part. It decides nothing and writes nothing.

Computed by the same functions as decisions, from the same evidence, with the rule version that the
changed webinar would have: when the rule is then really changed, the same decisions follow.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from services.attendance.decide import DecideStage
from services.attendance.decisions import measured_of, standing_of
from services.attendance.domain.codes import ReasonCode, Verdict
from services.attendance.domain.eligibility import Decision, Standing, project
from services.attendance.domain.facts import Rule, Webinar
from services.attendance.domain.plan import Plan
from services.attendance.person import Person
from services.attendance.plans import plan_of
from services.attendance.state_queries import NotHere

SLICE = 100
"""People between two looks at what else the event loop has to do."""
MARKS = 1 << 128
"""Marks of people are added up modulo this: the sum is the same in any order."""
SUMS = ("people", "eligible_before", "eligible_after", "falls", "rises")


class Row(NamedTuple):
    """One person whose eligibility would change."""

    participant_id: str
    change: str
    before: Decision
    after: Decision


def changed_webinar(webinar: Webinar, change: Mapping[str, Any]) -> Webinar:
    """As registration would say it: a next rule version if the rule differs."""
    given = {**change["rule"], "required_items": tuple(change["rule"]["required_items"])}
    rule = Rule(**given)
    version = webinar.rule_version + (rule != webinar.rule)
    return webinar._replace(rule=rule, rule_version=version, host_down=change["host_down"])


class Previews:
    """The query. Pages after the first are of the same computation, kept per partition."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, list[Row]]] = {}

    async def ask(
        self, stages: Mapping[int, DecideStage], question: dict[str, Any]
    ) -> dict[str, Any]:
        """Sums, sums by province, and a page of people, over these partitions."""
        key = (question["webinar_id"], repr(question["change"]))
        cursor, wanted = question["cursor"], question["only"]
        sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(SUMS))
        rows: list[Row] = []
        for partition, stage in stages.items():
            kept = self._kept.get(partition)
            if not cursor or kept is None or kept[0] != key:
                kept = (key, await _compute(stage, question, sums))
                self._kept[partition] = kept
            rows += kept[1]
        found = sorted(
            row for row in rows if row.participant_id > cursor and wanted in {"", row.change}
        )
        return {"regions": sums, "mark": f"{sum(map(_mark, rows)) % MARKS:x}",
                "rows": [_told(row) for row in found[: question["limit"]]]}  # fmt: skip


def _mark(row: Row) -> int:
    """Stands for a person and their change in the digest of the list."""
    return int.from_bytes(sha256(f"{row.participant_id}|{row.change}".encode()).digest()[:16])


def _told(row: Row) -> dict[str, Any]:
    fields = ("verdict", "provisional", "present_seconds", "base_seconds", "required_seconds")
    told = {
        when: {**{f: getattr(decision, f) for f in fields}, "missing_items": _missing(decision)}
        for when, decision in (("before", row.before), ("after", row.after))
    }
    return {"participant_id": row.participant_id, "change": row.change, **told}


def _missing(decision: Decision) -> list[str]:
    """Required items that were not passed."""
    missing = (r for r in decision.reasons if r.code is ReasonCode.ITEM_MISSING)
    return [str(reason.figures["item"]) for reason in missing]


async def _compute(
    stage: DecideStage, question: Mapping[str, Any], sums: dict[str, list[int]]
) -> list[Row]:
    webinar_id = question["webinar_id"]
    present = stage.plans.get(webinar_id)
    if present is None:
        raise NotHere
    wanted = changed_webinar(present.webinar, question["change"])
    other = plan_of(wanted, stage.state, stage.knowledge)
    rows = []
    people = stage.knowledge.roster.everybody(webinar_id, stage.partition)
    for place, who in enumerate(people):
        if place % SLICE == 0:
            await asyncio.sleep(0)
        before, after = _both(stage, present, other, who)
        change = change_of(before, after)
        _add(sums[stage.knowledge.roster.region(webinar_id, who)[:2]], before, after, change)
        if change:
            rows.append(Row(who, change, before, after))
    return rows


def _both(stage: DecideStage, present: Plan, other: Plan, who: str) -> Iterator[Decision]:
    """The person's decision by the present plan and by the other one."""
    webinar_id = present.webinar.id
    passed = stage.state.passed.get(webinar_id, frozenset())
    person = stage.state.person(webinar_id, who)
    standing = standing_of(stage.knowledge, webinar_id, who, passed, person)
    return (_decided(stage, plan, who, person, standing) for plan in (present, other))


def _decided(
    stage: DecideStage, plan: Plan, who: str, person: Person | None, standing: Standing
) -> Decision:
    return project(plan, measured_of(plan, stage.knowledge, who, person, standing), standing)


def change_of(before: Decision, after: Decision) -> str:
    """`falls` out of eligibility, `rises` into it, or ''."""
    was, is_ = (d.verdict is Verdict.ELIGIBLE for d in (before, after))
    return "" if was == is_ else "rises" if is_ else "falls"


def _add(cell: list[int], before: Decision, after: Decision, change: str) -> None:
    cell[0] += 1
    cell[1] += before.verdict is Verdict.ELIGIBLE
    cell[2] += after.verdict is Verdict.ELIGIBLE
    cell[3] += change == "falls"
    cell[4] += change == "rises"
