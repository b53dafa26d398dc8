"""What follows from the evidence of those who wait: decisions, review cases, differences.

Each is computed anew from all facts and published only where it differs from what its topic holds.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping

from services.attendance.cases import astray_cases, connection_case
from services.attendance.causes import Why, because
from services.attendance.decisions import Version, decision_of, measured_of, standing_of
from services.attendance.differing import differed_key, differing
from services.attendance.domain.plan import Plan
from services.attendance.evidence_state import EvidenceState
from services.attendance.knowledge import Knowledge
from services.attendance.person import Person
from services.attendance.published import PublishedDecisions
from shared.events.attendance import ReviewCaseV1
from shared.events.reports import ReportDifferedV1
from shared.keys import person_key, split_person_key
from shared.publish import AsyncPublisher, Outgoing
from shared.telemetry import DECISIONS as DECIDED
from shared.topics import DECISIONS, DIFFERENCES, REVIEWS

Who = tuple[str, str]
"""(webinar_id, participant_id)"""


class Outcomes:
    """The outputs of one events partition."""

    def __init__(self, partition: int, state: EvidenceState, plans: Mapping[str, Plan],
                 knowledge: Knowledge, published: PublishedDecisions,
                 publisher: AsyncPublisher) -> None:  # fmt: skip
        self._partition, self._state, self._plans = partition, state, plans
        self._knowledge, self._published, self._publisher = knowledge, published, publisher

    async def catch_up(self) -> list[Who]:
        """Read what was published before; whose decisions are news."""
        return [split_person_key(key) for key in await self._published.catch_up()]

    def silent(self, the_plan: Plan) -> bool:
        """Whether nothing can be said yet but of connections that are nobody's."""
        return not (self._graced(the_plan) or self._reported())

    def _graced(self, the_plan: Plan) -> bool:
        """Before it nobody has a decision (rule D3)."""
        return the_plan.grace in self._state.passed[the_plan.webinar.id]

    def _reported(self) -> bool:
        """Whether anything may differ between reports and webhooks (rule Z3)."""
        return self._state.reported or bool(self._knowledge.differences)

    async def publish(self, batch: Mapping[Who, Why]) -> list[Who]:
        """Decide these people anew (each with its cause) and publish what differs.

        Returns those whose decision somebody else had written meanwhile: decide them once more.
        Raises aiokafka.errors.KafkaError: something was not written; call again with the same.
        """
        now = time.time()
        decisions: dict[str, Version] = {}
        cases: list[ReviewCaseV1] = []
        differs: list[ReportDifferedV1] = []
        reported = self._reported()
        for (webinar_id, participant_id), cause in batch.items():
            the_plan = self._plans.get(webinar_id)
            if the_plan is None:
                continue
            parked = participant_id.startswith("~")
            graced = self._graced(the_plan)
            if not (graced or reported or parked):
                continue  # nothing can be said of a person yet (rule D3)
            person = self._state.person(webinar_id, participant_id)
            differs += differing(self._knowledge, webinar_id, participant_id, person)
            if parked:
                cases += self._changed(self._unresolved(the_plan, participant_id))
            elif graced:
                decided = self._one(the_plan, participant_id, person, cases, now, cause)
                if decided is not None:
                    decisions[person_key(webinar_id, participant_id)] = decided
        await self._publish_differences(differs)
        return await self._publish(decisions, cases)

    async def _publish_differences(self, differs: list[ReportDifferedV1]) -> None:
        if differs:
            await self._publisher.publish(
                Outgoing(DIFFERENCES, differed_key(event), event) for event in differs
            )
            for event in differs:
                self._knowledge.keep_difference(event)

    def _one(self, the_plan: Plan, participant_id: str, person: Person | None,
             cases: list[ReviewCaseV1], now: float, cause: Why) -> Version | None:  # fmt: skip
        webinar_id = the_plan.webinar.id
        passed, knowledge = self._state.passed[webinar_id], self._knowledge
        standing = standing_of(knowledge, webinar_id, participant_id, passed, person,
                               self._state.reports)  # fmt: skip
        measured = measured_of(the_plan, knowledge, participant_id, person, standing)
        known = knowledge.astray.get((webinar_id, participant_id), ())
        if measured.astray or known:
            cases += self._changed(astray_cases(the_plan, participant_id, measured, known))
        before = self._published.by_key.get(person_key(webinar_id, participant_id))
        return decision_of(
            the_plan, participant_id, measured, standing, before, now, because(*cause)
        )

    def _unresolved(self, the_plan: Plan, key: str) -> Iterable[ReviewCaseV1]:
        person = self._state.person(the_plan.webinar.id, key)
        for seen in () if person is None else person.seen.values():
            yield connection_case(the_plan, seen)

    def _changed(self, cases: Iterable[ReviewCaseV1]) -> Iterable[ReviewCaseV1]:
        """Those that differ from what stands on the topic; a case that never opened is none."""
        for case in cases:
            known = self._knowledge.cases.get(case.case_id)
            if case.status == "open" if known is None else known != case:
                yield case

    async def _publish(
        self, decisions: Mapping[str, Version], cases: list[ReviewCaseV1]
    ) -> list[Who]:
        if cases:
            await self._publisher.publish(Outgoing(REVIEWS, c.case_id, c) for c in cases)
            for case in cases:
                self._knowledge.keep_case(case)
        if not decisions:
            return []
        written = await self._publisher.publish_many(
            [
                Outgoing(DECISIONS, key, version.event, partition=self._partition)
                for key, version in decisions.items()
            ]
        )
        kept = {key: version.kept for key, version in decisions.items()}
        foreign = await self._published.wrote(kept, written)
        for verdict, many in Counter([said.last[2] for said in kept.values()]).items():
            DECIDED.labels(verdict=verdict).inc(many)
        return [split_person_key(key) for key in foreign]
