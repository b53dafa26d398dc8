"""The attendance step in one process, without a broker: processor time of each part, µs an event.

`python -m tests.benchmarks.parts PEOPLE` prints them as JSON: of whichever build of our modules the
interpreter finds. The events are joins and leaves of the step's backlog (`deploy.bench.backlog`),
all parts are the worker's own, and what they decide must be true.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import orjson

from deploy.bench import backlog
from services.attendance.decide import DecideStage
from services.attendance.enrolments import enrolled
from services.attendance.identify import IdentifyStage
from services.attendance.knowledge import Knowledge
from services.attendance.published import PublishedDecisions
from services.attendance.record_writer import RecordWriter
from shared.keys import partition_of, person_key
from shared.memory import ready_for_crowds
from shared.publish import Outgoing, Written
from shared.settings import KafkaSettings
from shared.stage import InputRecord
from shared.topics import DECISIONS, ENROLMENTS, EVENTS, WEBHOOKS, WEBINARS
from tests.support.pipeline import HEADERS, NoDead

PARTITIONS = 12


class Broker:
    """Takes records, and says at once that it has them."""

    def __init__(self) -> None:
        self.records: dict[int, list[bytes]] = defaultdict(list)
        self.decisions: dict[str, bytes] = {}
        self._ends = Counter[int]()

    @property
    def producer(self) -> "Broker":
        return self

    async def send(
        self, _: str, value: bytes, partition: int, headers: Any
    ) -> "asyncio.Future[None]":
        self.records[partition].append(value)
        written = asyncio.get_running_loop().create_future()
        written.set_result(None)
        return written

    async def publish_many(self, events: Sequence[Outgoing]) -> list[Written]:
        return [self._published(event) for event in events]

    def _published(self, out: Outgoing) -> Written:
        assert out.event is not None
        self.decisions[out.key] = out.event.to_bytes()
        place = partition_of(out.key.encode(), PARTITIONS)
        self._ends[place] += 1
        return Written(place, self._ends[place] - 1, 0)

    async def ends(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return dict.fromkeys(places, 0)


class Step:
    """Both stages of every partition, and what each part of their work took."""

    def __init__(self, people: int) -> None:
        self.took = Counter[str]()
        self.broker: Any = Broker()
        self._knowledge, dead = Knowledge(PARTITIONS), NoDead()
        self._webinar(1, backlog.HELD)
        for n in range(people):
            one = backlog.enrolment(n)
            key = person_key(one.webinar_id, one.participant_id)
            self._knowledge.apply(ENROLMENTS, key, enrolled(one))
        settings = KafkaSettings(kafka="127.0.0.1:1", partitions=PARTITIONS)
        facts, legs = (RecordWriter(settings, topic, self.broker) for topic in (EVENTS, WEBHOOKS))
        self._first = [
            IdentifyStage(p, PARTITIONS, self._knowledge, backlog.IDENTITY_KEY, facts, legs,
                          dead, lambda: 1, "urn:hadir:bench")  # type: ignore[arg-type]
            for p in range(PARTITIONS)
        ]  # fmt: skip
        self._second = [
            DecideStage(p, PARTITIONS, self._knowledge,
                        PublishedDecisions(self.broker, DECISIONS.name, p), self.broker, dead)
            for p in range(PARTITIONS)
        ]  # fmt: skip
        _flush(self._first)  # as of a worker that waits for its first webhook: see `_lived_before`

    def _webinar(self, version: int, clocks: int) -> None:
        self._knowledge.apply(WEBINARS, backlog.WEBINAR, backlog.webinar(version, clocks))

    def run(self, records: Sequence[tuple[int, bytes]]) -> None:
        """To the last decision, in the parts that the worker does one after the other."""
        self._timed("fold", lambda: _fold(self._first, records))
        self._timed("tell", lambda: _flush(self._first))
        self._facts()
        self._webinar(2, 0)
        for stage in self._first:
            stage.tick(time.time(), at_end=True)
        self._timed("tell", lambda: _flush(self._first))
        self._facts()

    def _facts(self) -> None:
        told, self.broker.records = self.broker.records, defaultdict(list)
        facts = [(place, value) for place, values in told.items() for value in values]
        self._timed("facts", lambda: _fold(self._second, facts))
        self._timed("decide", lambda: _flush(self._second))

    def _timed(self, part: str, work: Callable[[], None]) -> None:
        began = time.process_time()
        work()
        self.took[part] += time.process_time() - began


def _fold(stages: Sequence[Any], records: Iterable[tuple[int, bytes]]) -> None:
    for place, value in records:
        stages[place].fold(InputRecord(0, value, 0, HEADERS, False))


def _flush(stages: Sequence[Any]) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*(stage.flush() for stage in stages))

    asyncio.run(all_of_them())


def _limit(records: Iterable[tuple[int, bytes]]) -> float:
    limit = import_module("tests.benchmarks.peers.limit")
    began = time.process_time()
    for _, value in records:
        limit.fold(value)
    return time.process_time() - began


def main(people: int) -> None:
    """Print."""
    step, records = Step(people), backlog.Records(PARTITIONS)
    records.everywhere(backlog.lifecycle("started", backlog.START - 600), backlog.START - 600)
    records.add(backlog.webhooks(0, people))
    over = backlog.START + backlog.LENGTH + 600
    records.everywhere(backlog.lifecycle("ended", over), over)
    made = records.done()
    gc.collect()
    ready_for_crowds()  # as the worker is
    step.run(made)
    took = {**step.took, "step": step.took.total(), "limit": _limit(made)}
    _check(people, step.broker.decisions)
    events = backlog.count(people)
    print(json.dumps({part: seconds * 1e6 / events for part, seconds in took.items()}))


def _check(people: int, decisions: dict[str, bytes]) -> None:
    for n in range(people):
        said = orjson.loads(decisions[person_key(backlog.WEBINAR, backlog.participant(n))])
        assert backlog.Outcome(said["verdict"], said["present_seconds"]) == backlog.outcome(n)


if __name__ == "__main__":
    main(int(sys.argv[1]))
