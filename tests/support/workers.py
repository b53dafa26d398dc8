"""A worker's second stages in memory, and the port on which they answer: what the api asks."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import orjson

from deploy.local.ports import free_ports
from services.attendance.decide import DecideStage
from services.attendance.knowledge import Knowledge
from services.attendance.published import PublishedDecisions
from services.attendance.rule_preview import Previews
from services.attendance.side_inputs import hear_again
from services.attendance.state_queries import PATH, QUERIES, StateQueries
from shared.checkpoints import chunks
from shared.events import Encoded
from shared.events.attendance import EligibilityDecidedV1
from shared.keys import partition_of
from shared.operator_routes import serve_operator_routes
from shared.publish import Outgoing, Written
from shared.settings import KafkaSettings
from shared.stage import InputRecord
from shared.topics import DECISIONS
from tests.support.pipeline import HEADERS, KEY, NoDead, came_back


class Topic:
    """What was published, by topic and key, in order."""

    def __init__(self, partitions: int) -> None:
        self.partitions, self._ends = partitions, dict[tuple[str, int], int]()
        self.said: list[Outgoing] = []

    async def publish(self, events: Iterable[Outgoing]) -> list[Written]:
        written = []
        for event in events:
            place = (event.topic.name, partition_of(event.key.encode(), self.partitions))
            written.append(Written(place[1], self._ends.get(place, 0), 0))
            self._ends[place] = written[-1].offset + 1
            self.said.append(event)
        return written

    async def publish_many(self, events: Sequence[Outgoing]) -> list[Written]:
        for one in events:
            body = one.event.to_bytes() if one.event is not None else b""
            assert EligibilityDecidedV1.model_validate_json(body).to_bytes() == body
        return await self.publish(events)

    def foreign(self, like: Outgoing, body: bytes) -> None:
        """Somebody else writes to the topic."""
        event = Encoded(like.event.type if like.event else "", body)
        asyncio.run(self.publish([like._replace(event=event)]))

    def decisions(self) -> dict[str, dict[str, Any]]:
        """The last decision of each person."""
        found = {}
        for one in self.said:
            if one.topic is DECISIONS and one.event is not None:
                body = orjson.loads(one.event.to_bytes())
                found[body["participant_id"]] = body
        return found


class PublishedLog:
    """The decisions topic, as its readers have it."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    async def ends(self, places: Any) -> dict[Any, int]:
        return {place: len(self._of(place[1])) for place in places}

    async def read(self, _: str, partition: int, start: int, end: int) -> AsyncIterator[list[Any]]:
        yield [
            SimpleNamespace(offset=offset, key=out.key.encode(), value=out.event.to_bytes())
            for offset, out in enumerate(self._of(partition)[start:end], start)
            if out.event is not None
        ]

    def _of(self, partition: int) -> list[Outgoing]:
        return [one for one in self._topic.said if one.topic is DECISIONS
                and partition_of(one.key.encode(), self._topic.partitions) == partition]  # fmt: skip


class Stages:
    """The second stage of every partition."""

    def __init__(self, knowledge: Knowledge, partitions: int = 4) -> None:
        self.knowledge, self.partitions = knowledge, partitions
        self.topic = Topic(partitions)
        self.stages = [self._stage(p) for p in range(partitions)]
        self._offsets = [0] * partitions

    def _stage(self, partition: int) -> DecideStage:
        published = PublishedDecisions(PublishedLog(self.topic), DECISIONS.name, partition)
        return DecideStage(
            partition, self.partitions, self.knowledge, published, self.topic, NoDead()
        )  # fmt: skip

    def fold(self, partition: int, frames: bytes) -> None:
        """A record of the events topic."""
        self.stages[partition].fold(
            InputRecord(self._offsets[partition], frames, 0, HEADERS, False)
        )
        self._offsets[partition] += 1

    def keep(self) -> list[list[bytes]]:
        """Checkpoints of all."""
        return [list(chunks(stage.keep())) for stage in self.stages]

    def restart(self, kept: list[list[bytes]], said: Sequence[tuple[Any, str, Any]]) -> None:
        """All stop; `said` is said on side topics; they go on from their checkpoints."""
        for partition, made in enumerate(kept):
            self.stages[partition].close()
            stage = self.stages[partition] = self._stage(partition)
            came_back(stage, made)
            for one in said:
                hear_again(self.knowledge, stage, *one)

    def waiting(self) -> list[int]:
        """How many people are to be decided anew, by partition."""
        held = [stage._undecided for stage in self.stages]
        return [len(one.people) + len(one.crowd) for one in held]

    def flush(self) -> None:
        """Decide."""

        async def all_of_them() -> None:
            for stage in self.stages:
                await stage.flush()

        asyncio.run(all_of_them())


class _Ready:
    def __init__(self, partition: int, stage: DecideStage) -> None:
        self.partition, self.stage, self.ready = partition, stage, asyncio.Event()
        self.ready.set()


@contextmanager
def answering(stages: Stages, key: bytes = KEY) -> Iterator[str]:
    """The stages behind a worker's port, in a loop of their own; its address."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    (port,) = free_ports(1)

    async def begin() -> None:
        runners = [_Ready(p, stage) for p, stage in enumerate(stages.stages)]
        queries = StateQueries(key, lambda: list(runners), {**QUERIES, "preview": Previews().ask})
        settings = KafkaSettings(kafka="127.0.0.1:1", http_port=port)
        serve_operator_routes(settings, list, {PATH: queries.asked})
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(begin())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
