"""The attendance worker: both stages in one Faust app, fed by what is known of the roster."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError

from services.attendance import ruling_queries
from services.attendance.decide import DecideStage
from services.attendance.enrolments import parse_known
from services.attendance.identify import IdentifyStage
from services.attendance.knowledge import IDENTITY_TOPICS, TOPICS, Knowledge
from services.attendance.live_store import LiveStore
from services.attendance.live_told import LiveTold
from services.attendance.progress import ruled
from services.attendance.published import PublishedDecisions
from services.attendance.record_writer import DeadFrames, RecordWriter
from services.attendance.rule_preview import Previews
from services.attendance.settings import WorkerSettings
from services.attendance.side_inputs import SideTopics
from services.attendance.state_queries import QUERIES, StateQueries
from services.attendance.stores import WorkerProgress
from shared.keeper import PACE, Keeper
from shared.log_reader import LogReader
from shared.publish import AsyncPublisher
from shared.stage import Stage
from shared.stream import StreamWorker
from shared.tail import Tail
from shared.topics import DECISIONS, EVENTS, EVENTS_STATE, RULINGS, WEBHOOKS, WEBHOOKS_STATE
from shared.views import connect

log = structlog.get_logger()
NAME = "attendance"
KEPT = {WEBHOOKS: WEBHOOKS_STATE, EVENTS: EVENTS_STATE}
"""Where the stages' states are kept."""


class Worker:
    """Starts and stops the parts in their order."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self.knowledge = Knowledge(settings.partitions)
        self._publisher = AsyncPublisher(settings)
        self._reader = LogReader(settings)
        self._tail = Tail(settings, TOPICS, self.knowledge.apply, parse_known)
        self._out = RecordWriter(settings, EVENTS, self._publisher)
        self._legs = RecordWriter(settings, WEBHOOKS, self._publisher)
        self._progress = WorkerProgress(settings, connect(settings))
        self._live = LiveTold(LiveStore(settings, connect(settings)))
        self._tasks: list[asyncio.Task[None]] = []
        often = PACE._replace(
            grown=settings.checkpoint_events, least=settings.checkpoint_events // 5
        )
        side = SideTopics(settings, self.knowledge, self._tail, self._reader)
        self.stream = StreamWorker(
            settings, NAME, {WEBHOOKS: self._identify, EVENTS: self._decide},
            instance=settings.instance,
            keeper=Keeper(settings, KEPT, side, self._publisher, often),
        )  # fmt: skip

    def _identify(self, partition: int) -> Stage:
        s = self._settings
        dead = DeadFrames(s, WEBHOOKS, partition, self._publisher)
        return IdentifyStage(
            partition, s.partitions, self.knowledge, s.identity_key, self._out, self._legs, dead,
            lambda: self._tail.epoch_of(IDENTITY_TOPICS), s.source,
        )  # fmt: skip

    def _decide(self, partition: int) -> Stage:
        s = self._settings
        dead = DeadFrames(s, EVENTS, partition, self._publisher)
        published = PublishedDecisions(self._reader, s.topic(DECISIONS), partition)
        return DecideStage(
            partition, s.partitions, self.knowledge, published, self._publisher, dead
        )

    async def start(self) -> None:
        """Read the roster first: whoever is not on it yet would be taken for unknown."""
        await self._publisher.start(EVENTS, DECISIONS)
        await self._reader.start()
        await self._tail.start()
        self._begin(self._tail.run())
        await self._tail.caught_up.wait()
        self.knowledge.forget_old_reports(time.time())
        await self.stream.start()
        self._begin(self._report())
        self._begin(self._live.run(self._deciding))

    def _begin(self, part: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(part)
        task.add_done_callback(_ended)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Let what is under way be written, then leave."""
        await self.stream.stop()
        for task in self._tasks:
            task.cancel()
        await self._tail.stop()
        await self._reader.stop()
        await self._publisher.stop()

    def queries(self) -> StateQueries:
        """What the api may ask."""
        return StateQueries(
            self._settings.identity_key,
            lambda: list(self.stream.runners.values()),
            {**QUERIES, **ruling_queries.QUERIES, "preview": Previews().ask},
        )

    def _deciding(self) -> list[DecideStage]:
        """The second stages that have read their log."""
        runners = list(self.stream.runners.values())
        stages = [r.stage for r in runners if r.ready.is_set()]
        return [stage for stage in stages if isinstance(stage, DecideStage)]

    def healthy(self) -> Sequence[str]:
        """What is missing, in plain sentences."""
        dead = [t for t in self._tasks if t.done() and not t.cancelled()]
        if dead:
            return ["A part of the worker stopped."]
        return (
            self.stream.healthy()
            if self._tail.caught_up.is_set()
            else ["The roster is being read."]
        )

    async def _report(self) -> None:
        """Once a second, for the progress pages; lost reports do no harm."""
        while True:
            await asyncio.sleep(0.5)
            self.knowledge.forget_old_reports(time.time())
            try:
                await asyncio.to_thread(self._progress.write, *self._state())
            except RedisError as away:
                log.info("progress_not_written", because=type(away).__name__)

    def _state(self) -> tuple[dict[str, int], dict[str, dict[str, bytes]], dict[str, str]]:
        positions: dict[str, int] = {}
        said = self._tail.epoch_of((RULINGS,))
        addresses: dict[str, str] = {}
        webinars: dict[str, dict[str, bytes]] = {}
        for runner in list(self.stream.runners.values()):
            if not runner.ready.is_set():
                continue
            positions[f"{runner.topic.name}/{runner.partition}"] = runner.flushed
            stage = runner.stage
            if isinstance(stage, IdentifyStage | DecideStage) and stage.quiet():
                positions[ruled(runner.topic.name, runner.partition)] = said
            if isinstance(runner.stage, DecideStage):
                place = str(runner.partition)
                addresses[place] = self._settings.address
                for webinar_id, state in runner.stage.progress().items():
                    webinars.setdefault(webinar_id, {})[place] = state
        return positions, webinars, addresses


def _ended(part: "asyncio.Task[None]") -> None:
    """Why a part stopped is said when it does: the worker is not ready from then on."""
    failed = None if part.cancelled() else part.exception()
    if failed is not None:
        log.error("worker_part_failed", exc_info=failed)
