"""The second stage: facts of an events partition → decisions and review cases.

Folding a fact marks whom it may concern; a flush computes their decisions anew from all facts and
publishes those that differ from what the log holds. So order, repetition, crashes and replays of
facts cannot make a version (rule L1); only a different outcome can (rule D5).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from services.attendance.awaited import Standings
from services.attendance.causes import Cause, Why
from services.attendance.decisions import shown_of
from services.attendance.domain.evidence import Evidence
from services.attendance.domain.plan import Plan
from services.attendance.enrolments import Enrolled
from services.attendance.evidence_state import EvidenceState
from services.attendance.frames import items
from services.attendance.knowledge import Knowledge, Listener
from services.attendance.live_state import Known, LiveCounts
from services.attendance.outcomes import Outcomes, Who
from services.attendance.plans import plan_mark, plan_of
from services.attendance.published import PublishedDecisions
from services.attendance.undecided import Undecided
from shared.batch import TornBatch
from shared.checkpoints import Kept
from shared.events import rulings as words
from shared.events.attendance import (
    CheckedInV1,
    ClockPassedV1,
    ConnectionSeenV1,
    ItemPassedV1,
    MeetingSeenV1,
    ReviewCaseV1,
)
from shared.events.reports import ReportAppliedV1
from shared.keys import partition_of, person_key
from shared.publish import AsyncPublisher
from shared.stage import InputRecord
from shared.telemetry import count_folded

SLICE = 200
"""Decisions per publish: between two of a stage, each other stage of the worker may make as many."""
LOOK_SECONDS = 30
"""Between two looks at what others published: a worker that lost the partition, and does not know it yet,
may have had the last word there."""


class DecideStage(Listener):
    """The state of one events partition."""

    def __init__(self, partition: int, partitions: int, knowledge: Knowledge,
                 published: PublishedDecisions, publisher: AsyncPublisher, dead: Any) -> None:  # fmt: skip
        self.partition, self._partitions = partition, partitions
        self.knowledge, self._dead = knowledge, dead
        self.state = EvidenceState()
        self._standings = Standings(self.state)
        self._of_person: Mapping[str, tuple[Callable[[dict[str, Any]], bool], Cause, str]] = {
            ConnectionSeenV1.type: (self.state.connection, Cause.CONNECTION, "connection_id"),
            CheckedInV1.type: (self.state.scan, Cause.SCAN, "scan_id"),
            ItemPassedV1.type: (self.state.item, Cause.ITEM, "item"),
        }
        self.plans: dict[str, Plan] = {}
        self._published = published
        self._outcomes = Outcomes(
            partition, self.state, self.plans, knowledge, published, publisher
        )
        self._undecided = Undecided(knowledge, published)
        self.live = LiveCounts(
            Known(self.plans.get, self._evidence, knowledge.roster.region, self._everybody)
        )
        self._baseline = self._flushing = self._closed = False
        self._look, self._looked_at = True, 0.0  # for what others published; epoch second
        self._folded = Counter[str]()
        knowledge.listeners.append(self)
        self._undecided.webinars.update(dict.fromkeys(knowledge.webinars, (Cause.WEBINAR, "")))

    def is_of(self, partition: int) -> bool:
        """See `Listener`."""
        return partition == self.partition

    def close(self) -> None:
        """The partition is not ours any more: what waits is the next owner's, who knows more."""
        self._closed = True
        self.knowledge.listeners.remove(self)

    # --- checkpoints (`shared/keeper.py`) ---

    def keepable(self) -> bool:
        """Not while it flushes or has dead letters, and not before it knows what is published."""
        return self._baseline and not (self._flushing or self._dead.waits())

    def keep(self) -> Kept:
        """A copy of everything. Of a plan, its mark: it is made again from what it was made of."""
        (end, published), state = self._published.keep(), self.state.keep()
        rows = self._undecided.keep()
        rows["plans"] = [(webinar, plan_mark(held)) for webinar, held in self.plans.items()]
        rows["published_end"] = [end]
        return Kept(state.rows | rows, state.maps | {"published": published})

    def restore(self, kept: Kept) -> None:
        """What `keep` gave, into an empty stage. Where a plan is another one now, all are decided anew."""
        self.state.restore(kept)
        (end,) = kept.rows["published_end"]
        self._published.restore(end, kept.maps.get("published", {}))
        self._undecided.restore(kept.rows)
        for webinar_id, mark in kept.rows.get("plans", ()):
            webinar = self.knowledge.webinars.get(webinar_id)
            now = webinar and plan_of(webinar, self.state, self.knowledge)
            if now and plan_mark(now) == mark:
                self.plans[webinar_id] = now
                self.live.touch_all(webinar_id, int(time.time()))

    # --- folding: no I/O ---

    def fold(self, record: InputRecord) -> int:
        """Every event of a record; what cannot be read is dead-lettered alone."""
        count = 0
        try:
            for item in items(record.value, record.headers):
                count += 1
                try:
                    self._take(item.type, orjson.loads(item.body))
                except (KeyError, TypeError, ValueError) as wrong:
                    self._dead.add(
                        record, item.place, item.key, item.body, f"not a {item.type}: {wrong!r}"
                    )
        except (TornBatch, orjson.JSONDecodeError) as torn:
            self._dead.add(record, count, "", record.value, str(torn))
        count_folded("decide", self._folded)
        return count

    def _take(self, kind: str, body: dict[str, Any]) -> None:
        self._folded[kind] += 1
        of_person = self._of_person.get(kind)
        if of_person is not None:
            take, kind_of_fact, name = of_person
            if take(body):
                who = (body["webinar_id"], body["participant_id"])
                self._concerns(who, (kind_of_fact, body[name]))
        elif kind == MeetingSeenV1.type:
            if self.state.meeting(body):
                self._renew(body["zoom_number"], (Cause.MEETING, ""))
        elif kind == ClockPassedV1.type:
            self._clock(body)
        elif kind == ReportAppliedV1.type:
            self._reported(body)
        else:
            raise ValueError("unknown event type")

    def _clock(self, body: dict[str, Any]) -> None:
        if self.state.clock(body):
            clock, everybody = Cause(body["clock"]), self._everybody(body["webinar_id"])
            if clock is Cause.GRACE:  # before it nobody has a decision (rule D3)
                self._undecided.everybody(everybody, (clock, ""))
            else:
                self._undecided.changeable(everybody, clock)

    def _reported(self, body: dict[str, Any]) -> None:
        if self.state.reports.take(body):
            for webinar_id in self.knowledge.by_number.get(body["zoom_number"], ()):
                self._undecided.everybody(self._everybody(webinar_id), (Cause.REPORT, ""))

    def _concerns(self, who: Who, cause: Why) -> None:
        plan = self.plans.get(who[0])
        if plan is None or str(who[1])[:1] == "~" or not self._outcomes.silent(plan):
            self._undecided.one(who, cause)  # else the grace will ask for everybody (rule D3)
        self.live.touch(who)

    def _renew(self, number: str, cause: Why) -> None:
        webinars = self.knowledge.by_number.get(number, ())
        self._undecided.webinars.update(dict.fromkeys(webinars, cause))

    def webinar_changed(self, webinar_id: str) -> None:
        """Its plan, and those of webinars in a Zoom number that it has or had, may be different now."""
        self._undecided.webinars[webinar_id] = (Cause.WEBINAR, "")
        had = self.plans[webinar_id].webinar.sessions if webinar_id in self.plans else ()
        for session in (*had, *self.knowledge.webinars[webinar_id].sessions):
            self._renew(session.number or "", (Cause.WEBINAR, ""))

    def enrolment_changed(self, said: Enrolled) -> None:
        """Whoever is enrolled gets a decision (rule D3)."""
        self._mark(said.webinar_id, said.participant_id, Cause.ENROLMENT)

    def certificate_changed(self, webinar_id: str, participant_id: str) -> None:
        """Rule D9 looks at it; a certificate of somebody who is eligible changes nothing."""
        if not self._undecided.is_eligible(webinar_id, participant_id):
            self._mark(webinar_id, participant_id, Cause.CERTIFICATE)

    def ruled(self, said: words.Ruling) -> None:
        """Whoever an operator's word is about; what it says of connections comes by the events."""
        cause = Cause.RULING, said.ruling_id
        if isinstance(said, words.PeopleListedV1):
            cause = Cause.LIST, said.list_id
        people = ((said.webinar_id, person) for person in self.knowledge.rulings.about(said))
        if isinstance(said, words.CertificatesReleasedV1):
            self._undecided.everybody(filter(self._is_mine, people), cause)
        elif isinstance(said, words.CasesClosedV1):
            self._undecided.everybody(self._everybody(said.webinar_id), cause)
        elif isinstance(said, words.BaseSettledV1):
            self._undecided.webinars[said.webinar_id] = cause
        else:
            for who in filter(self._is_mine, people):
                self._concerns(who, cause)

    def case_published(self, case: ReviewCaseV1) -> None:
        """Look again whether the case is as it should be: a zombie may have written it."""
        astray = case.connection_id.startswith("@")
        who = case.candidates[0] if astray else f"~{case.connection_id}"
        self._mark(case.webinar_id, who, Cause.CASE)

    def difference_published(self, webinar_id: str, participant_id: str) -> None:
        """Look again whether it is as it should be: a zombie may have written it."""
        self._mark(webinar_id, participant_id, Cause.REPORT)

    def _mark(self, webinar_id: str, participant_id: str, cause: Cause) -> None:
        if self._is_mine((webinar_id, participant_id)):
            self._concerns((webinar_id, participant_id), (cause, ""))

    def _is_mine(self, who: Who) -> bool:
        return partition_of(person_key(*who).encode(), self._partitions) == self.partition

    def _evidence(self, webinar_id: str, participant_id: str) -> Evidence:
        person = self.state.person(webinar_id, participant_id)
        return shown_of(self.knowledge, webinar_id, participant_id, person)

    def _everybody(self, webinar_id: str) -> list[tuple[str, str]]:
        enrolled = self.knowledge.roster.everybody(webinar_id, self.partition)
        known = self.state.people.get(webinar_id, ())
        return [(webinar_id, person) for person in {*enrolled, *known}]

    # --- publishing ---

    def unflushed(self) -> int:
        """How many people wait to be decided anew by facts of their own. Not the crowd: more input
        does not make it larger than there are people, and all other webinars' input would wait for it."""
        return len(self._undecided.people)

    def quiet(self) -> bool:
        """Whether everything that was heard has been acted on and written."""
        return self._baseline and not (self._flushing or self._undecided.waits())

    async def flush(self) -> None:
        """Decide whoever waits, publish what differs."""
        self._flushing = True
        try:
            await self._flush()
        finally:
            self._flushing = False

    async def _flush(self) -> None:
        undecided = self._undecided
        if self._look:
            undecided.everybody(await self._outcomes.catch_up(), (Cause.OTHER_WORKER, ""))
            self._baseline, self._look = True, False
        self._renew_plans()
        while (undecided.people or undecided.crowd) and not self._closed:
            try:
                foreign = await self._outcomes.publish(undecided.take(SLICE))
            except BaseException:
                undecided.failed()
                self._look = True  # some of it may stand there
                raise
            undecided.written()
            undecided.everybody(foreign, (Cause.OTHER_WORKER, ""))
            self._renew_plans()  # another webinar's do not wait for a crowd
            await asyncio.sleep(0)
        await self._dead.flush()

    def _renew_plans(self) -> None:
        for webinar_id, cause in self._undecided.webinars.items():
            webinar = self.knowledge.webinars.get(webinar_id)
            new = webinar and plan_of(webinar, self.state, self.knowledge)
            if new and self.plans.get(webinar_id) != new:
                self.plans[webinar_id] = new
                self.live.touch_all(webinar_id)
                look = self.state.parked if self._outcomes.silent(new) else self._everybody
                self._undecided.everybody_else(look(webinar_id), cause)
        self._undecided.webinars.clear()

    # --- once a second ---

    def tick(self, now: float, at_end: bool) -> None:
        """Clocks are facts that the first stage writes (rule L2): here room is made, and looked around."""
        if at_end:
            self.state.rest()
            if now >= self._looked_at + LOOK_SECONDS:
                self._look, self._looked_at = True, now

    def progress(self) -> dict[str, bytes]:
        """Per webinar: facts seen, clocks still awaited, people not yet decided anew."""
        waiting = self._undecided.waiting()
        return {
            webinar_id: self._standings.of(the_plan, waiting[webinar_id])
            for webinar_id, the_plan in self.plans.items()
        }
