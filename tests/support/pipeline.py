"""Both stages of attendance in memory, partitions and all, fed with webhook bodies: for unit tests.

The wiring is the worker's; only the log between the stages is a list. The real one is tested in
tests/flow by the same scenarios.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from services.attendance.cases import astray_cases, connection_case
from services.attendance.decisions import decision_of, measured_of, standing_of
from services.attendance.domain.facts import ClockKind, ClockPassed
from services.attendance.domain.plan import Plan, plan
from services.attendance.domain.routing import Every, route
from services.attendance.evidence_state import EvidenceState
from services.attendance.frames import items
from services.attendance.identify import IdentifyStage
from services.attendance.knowledge import Knowledge
from services.attendance.side_inputs import hear_again
from shared.batch import CONTENT_TYPE, frame
from shared.checkpoints import chunks, state_of
from shared.events import Encoded
from shared.events.attendance import ConnectionSeenV1, MeetingSeenV1, ReviewCaseV1
from shared.events.registration import EnrolledV1, WebinarSetV1
from shared.events.reports import ReportAppliedV1, ReportPageV1, ReportReadV1
from shared.events.rulings import Ruling
from shared.keys import home_of, partition_of, person_key
from shared.stage import InputRecord
from shared.topics import ENROLMENTS, REPORTS, RULINGS, WEBINARS, Topic

HEADERS = [("content-type", CONTENT_TYPE.encode())]
KEY = b"k" * 32


class Log:
    """The events topic: frames per partition, in order."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, bytes]] = []

    async def write(self, frames: Iterable[tuple[int, bytes]]) -> None:
        self.frames.extend(frames)


RECEIVED = b'{"received_ms":1790000000000}'


class NoDead:
    """Dead letters are a failure here."""

    def add(self, *what: object) -> None:
        raise AssertionError(what)

    async def flush(self) -> None:
        pass

    def waits(self) -> bool:
        return False


class Dead(NoDead):
    """Reasons of what was set aside, with the bodies."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, bytes]] = []

    def add(self, *what: Any) -> None:
        record, _, _, body, reason = what
        if not record.settled:  # whoever lived before wrote it
            self.letters.append((reason, body))


class Pipeline:
    """P webhooks partitions and P events partitions of one worker."""

    def __init__(self, partitions: int = 4, dead: NoDead | None = None, tell: Any = None) -> None:
        self.partitions, self.dead = partitions, dead or NoDead()
        self._tell = tell or (lambda said: None)
        self.knowledge = Knowledge(partitions)
        self.log, self.legs = Log(), Log()
        self._epoch = 0
        self.stages = [self._stage(p) for p in range(partitions)]
        self._offsets: dict[int, int] = defaultdict(int)
        self._scans: list[tuple[int, dict[str, Any]]] = []
        self._folded: dict[int, list[bytes]] = defaultdict(list)
        self.side: list[tuple[Topic, str, Any]] = []
        self._kept: dict[int, tuple[list[bytes], int, int]] = {}
        self._chance = random.Random(partitions)

    def hear(self, topic: Topic, key: str, event: Any) -> None:
        """A record of a side topic."""
        self.knowledge.apply(topic, key, event)
        self.side.append((topic, key, event))

    def _stage(self, partition: int) -> IdentifyStage:
        return IdentifyStage(
            partition, self.partitions, self.knowledge, KEY, self.log, self.legs, self.dead,
            lambda: self._epoch, "urn:test",
        )  # fmt: skip

    def webinar(self, event: WebinarSetV1) -> None:
        self._epoch += 1
        self._tell(event)
        self.hear(WEBINARS, event.webinar_id, event)

    def enrol(self, event: EnrolledV1) -> None:
        self._epoch += 1
        self._tell(event)
        key = person_key(event.webinar_id, event.participant_id)
        self.hear(ENROLMENTS, key, event)

    def say(self, word: Ruling) -> None:
        """An operator's word, which every worker reads."""
        self._epoch += 1
        self.hear(RULINGS, word.webinar_id, word)

    def webhook(self, body: bytes) -> None:
        """As the gateway routes it."""
        place = route(orjson.loads(body))
        where = (
            range(self.partitions)
            if isinstance(place, Every)
            else (home_of(place.key, self.partitions),)
        )
        value = frame(RECEIVED, body)
        for p in where:
            self._fold(p, value)

    def _fold(self, p: int, value: bytes) -> None:
        self.stages[p].fold(InputRecord(self._offsets[p], value, 0, HEADERS, False))
        self._offsets[p] += 1
        self._folded[p].append(value)

    def report(self, event: ReportPageV1 | ReportReadV1) -> None:
        """A record of the reports topic, which every worker reads whole."""
        self.hear(REPORTS, event.meeting_uuid, event)

    def keep(self, partition: int) -> None:
        """A checkpoint of a partition's stage."""
        made = list(chunks(self.stages[partition].keep()))
        self._kept[partition] = made, len(self._folded[partition]), len(self.side)

    def crash(self, partition: int) -> None:
        """The partition's stage is folded anew from all that is in its log, also from others; or it
        goes on from its last checkpoint, as chance has it."""
        if partition in self._kept and self._chance.random() < 0.7:
            return self.go_on(partition)
        return self._again(partition, 0)

    def go_on(self, partition: int) -> None:
        """The partition's stage stops, and goes on from its last checkpoint."""
        made, folded, heard = self._kept[partition]
        self._again(partition, folded, made, self.side[heard:])

    def _again(self, partition: int, folded: int, made: Iterable[bytes] = (),
               said: Iterable[tuple[Topic, str, Any]] = ()) -> None:  # fmt: skip
        self.stages[partition].close()
        stage = self.stages[partition] = self._stage(partition)
        if folded:
            came_back(stage, list(made))
        for one in said:
            hear_again(self.knowledge, stage, *one)
        for value in self._folded[partition][folded:]:
            stage.fold(InputRecord(0, value, 0, HEADERS, True))

    def scan(self, webinar_id: str, participant_id: str, scan: Mapping[str, Any]) -> None:
        """A `CheckedInV1` as the api writes it."""
        key = person_key(webinar_id, participant_id).encode()
        body = {**scan, "webinar_id": webinar_id, "participant_id": participant_id}
        self._scans.append((partition_of(key, self.partitions), body))

    def restart(self, partition: int, bodies: Iterable[bytes], *, settled: bool = True) -> None:
        """A crash: the partition's stage is folded anew from the same webhooks. `settled`: what was
        told was committed, too."""
        self.stages[partition].close()
        self.stages[partition] = self._stage(partition)
        for body in bodies:
            place = route(orjson.loads(body))
            if isinstance(place, Every) or home_of(place.key, self.partitions) == partition:
                value = frame(RECEIVED, body)
                self.stages[partition].fold(InputRecord(0, value, 0, HEADERS, settled))

    def flush(self) -> None:
        """Until nothing more is told. Some stage is kept with all that waits to be told."""
        self.keep(self._chance.randrange(self.partitions))
        for stage in self.stages:
            stage.tick(0.0, at_end=True)
            asyncio.run(stage.flush())
        told, self.legs.frames = self.legs.frames, []
        for p, one in told:
            self._fold(p, one)
        if told:
            self.flush()

    def decisions(self, passed: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
        """participant_id → decision of the only webinar, with grace and retry windows passed, and
        the report deadlines of these sessions."""
        self.flush()
        states = [EvidenceState() for _ in range(self.partitions)]
        for p, one in self.log.frames:
            for item in items(one, HEADERS):
                body = orjson.loads(item.body)
                if item.type == ConnectionSeenV1.type:
                    states[p].connection(body)
                elif item.type == MeetingSeenV1.type:
                    states[p].meeting(body)
                elif item.type == ReportAppliedV1.type:
                    states[p].reports.take(body)
        for p, body in self._scans:
            states[p].scan(body)
        self.states = states
        self._cases: list[ReviewCaseV1] = []
        self.written: dict[str, Encoded] = {}
        found: dict[str, dict[str, Any]] = {}
        for webinar in self.knowledge.webinars.values():
            for p, state in enumerate(states):
                numbers = {s.number for s in webinar.sessions if s.number}
                the_plan = plan(
                    webinar, [m for n in numbers for m in state.meetings[n].values()],
                    settlements=self.knowledge.rulings.bases(webinar.id),
                )  # fmt: skip
                late = {
                    ClockPassed(webinar.id, s.id, s.end, ClockKind.REPORT_DEADLINE)
                    for s in webinar.sessions
                    if s.id in passed
                }
                clocks = frozenset({the_plan.grace, *the_plan.retry_windows, *late})
                for person in self.knowledge.roster.everybody(webinar.id, p):
                    known = state.people[webinar.id].get(person)
                    standing = standing_of(
                        self.knowledge, webinar.id, person, clocks, known, state.reports
                    )
                    measured = measured_of(the_plan, self.knowledge, person, known, standing)
                    decided = decision_of(the_plan, person, measured, standing, None, 0.0)
                    assert decided is not None
                    self.written[person] = decided.event
                    found[person] = orjson.loads(decided.event.body)
                    self._cases += astray_cases(the_plan, person, measured, ())
                self._cases += unresolved(the_plan, state)
        return found

    def open_cases(self) -> list[ReviewCaseV1]:
        """Of the last `decisions`."""
        return [case for case in self._cases if case.status == "open"]


def came_back(stage: Any, made: list[bytes]) -> None:
    """A stage takes its state from a checkpoint, and would make the same one again."""
    stage.restore(state_of(made))
    before, after = (_ordered(list(some)) for some in (made, chunks(stage.keep())))
    assert before == after


def _ordered(made: list[bytes]) -> Any:
    rows, maps = state_of(made)
    same = rows.keys() - {"stale", "plans"}  # every plan is looked at after a restart
    return {name: sorted(map(repr, rows[name])) for name in same}, maps


def unresolved(the_plan: Plan, state: EvidenceState) -> Iterator[ReviewCaseV1]:
    """The cases of the connections that nobody could be credited with."""
    for key, known in state.people[the_plan.webinar.id].items():
        if key.startswith("~"):
            yield from (connection_case(the_plan, seen) for seen in known.seen.values())
