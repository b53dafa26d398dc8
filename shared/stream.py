"""The safe Faust worker: stages of keyed state that are folds of their input partition.

Faust gives membership, assignment and delivery. The state is no Faust table: each partition's stage
folds the records of its input topic, which is therefore its changelog; a restarted or newly
assigned partition is folded again from the log. Every record is placed by its OFFSET against the
stage's own position, so it does not matter what the framework drops, repeats or commits early:

- an offset below the position was folded before: it is acknowledged and not folded again;
- an offset beyond it means that something in between did not arrive: the gap is read from the log;
- a partition that stands still while its log grows is read on from the log (the dropped tail).

A stage folds without I/O and publishes what changed in `flush`; a record is acknowledged to Faust
only after a flush that began after its fold. Recovery never relies on committed offsets: they say
how far effects are written, for operators and scalers.

What this avoids of faust-streaming 0.15.3, with tests in tests/shared/test_stream.py: table recovery
that drops fetched messages (#596), commits past messages in flight under concurrency (#606), acks of
failed agents, `take`, flushes that do not flush, failed sends that are only logged.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog
from aiokafka.errors import KafkaError

from shared.faust_app import new_app
from shared.log_reader import LogReader
from shared.settings import KafkaSettings
from shared.stage import InputRecord, NewStage, Stage
from shared.telemetry import LAG, POSITION
from shared.topics import Topic

log = structlog.get_logger()
STILL_SECONDS = 5.0
"""A partition that is behind its log for so long without an event is read from the log itself."""
MAX_UNFLUSHED = 20_000
"""Folded events whose effects are not written yet; beyond it the input waits."""


class _Runner:
    """One assigned partition: its stage and how far it is."""

    def __init__(self, topic: Topic, name: str, partition: int, stage: Stage) -> None:
        self.topic, self.name, self.partition, self.stage = topic, name, partition, stage
        self.position = 0
        self.flushed = 0
        self.settled = 0
        self.ready = asyncio.Event()
        self.unacked: deque[tuple[int, Any]] = deque()
        self.moved_at = time.monotonic()
        self.lock = asyncio.Lock()
        self.gone = False

    @property
    def place(self) -> tuple[str, int]:
        return self.name, self.partition

    def fold(self, offset: int, value: bytes | None, timestamp: int, headers: Any) -> None:
        self.stage.fold(
            InputRecord(offset, value or b"", timestamp, headers or (), offset < self.settled)
        )
        self.position = offset + 1
        self.moved_at = time.monotonic()


class StreamWorker:
    """Runs the stages of several input topics in one Faust app, in the running event loop."""

    def __init__(self, settings: KafkaSettings, name: str, stages: Mapping[Topic, NewStage],
                 *, instance: str = "") -> None:  # fmt: skip
        self._settings = settings
        self._stages = {settings.topic(topic): (topic, new) for topic, new in stages.items()}
        self.runners: dict[tuple[str, int], _Runner] = {}
        self._reader = LogReader(settings, settings.group(name))
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self.app = new_app(settings, settings.group(name), instance)
        for topic in self._stages:
            channel = self.app.topic(topic, key_type=bytes, value_type=bytes)
            self.app.agent(channel, name=f"{topic}-agent", concurrency=1)(self._agent)
        self.app.on_partitions_assigned.connect(cast("Any", self._assigned), weak=False)
        self.app.on_partitions_revoked.connect(cast("Any", self._revoked), weak=False)

    async def start(self) -> None:
        """Connect and join."""
        await self._reader.start()
        self._spawn(self._flush_forever())
        self._spawn(self._tick_forever())
        await self.app.start()

    async def stop(self) -> None:
        """Publish what waits, leave the group, close."""
        await self.app.stop()
        for task in list(self._tasks):
            task.cancel()
        await self._reader.stop()

    @property
    def crashed(self) -> bool:
        """Whether the framework gave up: the process must end, so that it is started anew."""
        return self.app._crash_reason is not None

    def healthy(self) -> Sequence[str]:
        """What is missing, in plain sentences."""
        waiting = [r for r in self.runners.values() if not r.ready.is_set()]
        if self.crashed:
            return [f"The worker crashed: {type(self.app._crash_reason).__name__}."]
        if not self.runners:
            return ["No partition is assigned yet."]
        return [f"{len(waiting)} partitions are still being folded."] if waiting else []

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        failed = None if task.cancelled() else task.exception()
        if failed is not None:
            log.error("worker_task_failed", exc_info=failed)
            self._spawn(self.app.crash(failed))

    async def _assigned(self, _: Any, assigned: Any, **__: Any) -> None:
        held = {(tp.topic, tp.partition) for tp in assigned if tp.topic in self._stages}
        for place in set(self.runners) - held:
            runner = self.runners.pop(place)
            runner.gone = True
            runner.stage.close()
        for name, partition in sorted(held - set(self.runners)):
            topic, new = self._stages[name]
            runner = _Runner(topic, name, partition, new(partition))
            self.runners[name, partition] = runner
            self._spawn(self._recover(runner))

    async def _revoked(self, *_: Any, **__: Any) -> None:
        """Nothing: the next assignment says what is still ours; a rejoin keeps the state."""

    async def _recover(self, runner: _Runner) -> None:
        """Fold the whole log up to its present end, then let live records in."""
        while not runner.gone:
            try:
                runner.settled = await self._reader.committed(*runner.place)
                end = (await self._reader.ends([runner.place]))[runner.place]
                start = (await self._reader.begins([runner.place]))[runner.place]
                runner.position = max(runner.position, start)
                await self._fold_log(runner, end)
                break
            except KafkaError as passing:
                log.info("recovery_waits", topic=runner.name, because=type(passing).__name__)
                await asyncio.sleep(0.5)
        runner.ready.set()
        self._wake.set()

    async def _fold_log(self, runner: _Runner, end: int) -> None:
        async for records in self._reader.read(*runner.place, runner.position, end):
            for r in records:
                if r.offset >= runner.position:
                    runner.fold(r.offset, r.value, r.timestamp, r.headers)
            await asyncio.sleep(0)
        runner.position = max(runner.position, end)

    async def _agent(self, stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            runner = self.runners.get((message.topic, message.partition))
            if runner is None:
                event.ack()
                continue
            await runner.ready.wait()
            await self._place(runner, event, message)
            # polled: the count falls in another task, which sets no event
            while runner.stage.unflushed() > MAX_UNFLUSHED and not runner.gone:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def _place(self, runner: _Runner, event: Any, message: Any) -> None:
        async with runner.lock:
            if message.offset > runner.position:
                log.warning("gap_read", topic=runner.name, partition=runner.partition,
                            missing=message.offset - runner.position)  # fmt: skip
                await self._fold_log(runner, message.offset)
            if message.offset == runner.position:
                runner.fold(
                    message.offset, message.value, int(message.timestamp * 1000), message.headers
                )
            runner.unacked.append((message.offset, event))
        self._wake.set()

    async def _flush_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(0.002)  # what arrives together is written together
            for runner in list(self.runners.values()):
                if runner.ready.is_set() and not runner.gone:
                    await self._flush(runner)

    async def _flush(self, runner: _Runner) -> None:
        upto = runner.position
        try:
            await runner.stage.flush()
        except KafkaError as passing:
            log.info("flush_retried", topic=runner.name, because=type(passing).__name__)
            await asyncio.sleep(0.2)
            self._wake.set()
            return
        runner.flushed = upto
        while runner.unacked and runner.unacked[0][0] < upto:
            runner.unacked.popleft()[1].ack()

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            try:
                await self._tick()
            except KafkaError as passing:
                log.info("tick_skipped", because=type(passing).__name__)

    async def _tick(self) -> None:
        runners = [r for r in self.runners.values() if r.ready.is_set()]
        now = time.time()
        ends = await self._reader.ends([r.place for r in runners]) if runners else {}
        behind: dict[str, int] = {}
        for runner in runners:
            end = ends[runner.place]
            behind[runner.topic.name] = behind.get(runner.topic.name, 0) + max(
                0, end - runner.flushed
            )
            POSITION.labels(stage=runner.topic.name, partition=runner.partition).set(runner.flushed)
            if runner.position < end and time.monotonic() - runner.moved_at > STILL_SECONDS:
                log.warning("tail_read", topic=runner.name, partition=runner.partition,
                            missing=end - runner.position)  # fmt: skip
                async with runner.lock:
                    await self._fold_log(runner, end)
            runner.stage.tick(now, runner.position >= end)
        for name, records in behind.items():
            LAG.labels(stage=name).set(records)
        self._wake.set()
