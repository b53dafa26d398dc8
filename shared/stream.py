"""The safe Faust worker: stages of keyed state that are folds of their input partition.

Faust gives membership, assignment and commits. The state is no Faust table, and the records are not
delivered by it: each partition's stage folds its input topic, which is therefore its changelog, in
the log's own order from the stage's own position. A restarted or newly assigned partition is folded
from its last checkpoint (`shared/keeper.py`), or from the start of the log, by the same loop that goes
on with live records. So it does not matter what the framework drops, repeats, stalls or commits early.

A stage folds without I/O and publishes what changed in `flush`, all stages at a time, and nobody waits
for one that has much to write; offsets are committed only after a flush that began after their fold.
Recovery never relies on committed offsets: they say how far effects are written, for operators and scalers.

What this avoids of faust-streaming 0.15.3, with tests in tests/shared/test_stream.py: table recovery
that drops fetched messages (#596), commits past messages in flight under concurrency (#606), acks of
failed agents, `take`, flushes that do not flush, failed sends that are only logged, rebalances that
wait for deliveries nobody acknowledges, and its own cost per record, which is a multiple of ours.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from shared.faust_app import new_app
from shared.keeper import Keeper
from shared.log_follower import LogFollower, Place
from shared.log_reader import LogReader
from shared.runner import Runner
from shared.settings import KafkaSettings
from shared.stage import NewStage
from shared.telemetry import LAG, POSITION
from shared.topics import Topic

log = structlog.get_logger()
MAX_UNFLUSHED = 20_000
"""Changes of one stage that are not written yet; beyond it the input waits."""
HOLD_SECONDS = 15.0
"""How long a stage that is behind its log folds on before it writes what changed: most of that would
change again in a moment. Whoever keeps up never waits."""
ROUND_SECONDS = 0.2
"""So long a round of flushes waits for its slowest; then the others go on without it. Rounds are for
those who write little: what several stages write at one time shares records."""
COMMIT_SECONDS = 0.5
LAST_SECONDS = 8.0
"""For all that a stopping worker still writes; what is not written by then is folded again."""


class StreamWorker:
    """Runs the stages of several input topics in one Faust app, in the running event loop."""

    def __init__(self, settings: KafkaSettings, name: str, stages: Mapping[Topic, NewStage],
                 *, instance: str = "", keeper: Keeper | None = None) -> None:  # fmt: skip
        self._stages = {settings.topic(topic): (topic, new) for topic, new in stages.items()}
        self.runners: dict[Place, Runner] = {}
        self._reader = LogReader(settings, settings.group(name))
        self._follower = LogFollower(settings)
        self._keeper = keeper
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        if keeper is not None:
            keeper.free = self._wake
        self.app = new_app(settings, settings.group(name), instance)
        for topic in self._stages:
            channel = self.app.topic(topic, key_type=bytes, value_type=bytes)
            self.app.agent(channel, name=f"{topic}-agent", concurrency=1)(self._agent)
        self.app.on_partitions_assigned.connect(cast("Any", self._assigned), weak=False)
        self.app.on_partitions_revoked.connect(cast("Any", self._revoked), weak=False)

    async def start(self) -> None:
        """Connect and join."""
        await self._reader.start()
        await self._follower.start()
        if self._keeper is not None:
            await self._keeper.start()
        for work in (self._follow, self._flush_forever, self._commit_forever, self._tick_forever):
            self._spawn(work())
        await self.app.start()

    async def stop(self) -> None:
        """Publish what waits, keep what is new, leave the group, close."""
        working = list(self._tasks)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        try:
            await asyncio.wait_for(self._finish(), LAST_SECONDS)
        except (KafkaError, TimeoutError) as unfinished:
            log.info("left_unfinished", because=type(unfinished).__name__)
        await self.app.stop()
        if self._keeper is not None:
            await self._keeper.stop()
        await self._follower.stop()
        await self._reader.stop()

    async def _finish(self) -> None:
        """While the partitions are still ours: whoever takes them over then has little to fold."""
        held = [r for r in self.runners.values() if r.ready.is_set() and not r.gone]
        for runner in held:
            await self._flush(runner)
        await self._commit()
        if self._keeper is not None:
            await self._keeper.keep_all(held)

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

    def _spawn(self, work: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

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
        fresh = []
        for name, partition in sorted(held - set(self.runners)):
            topic, new = self._stages[name]
            runner = Runner(topic, name, partition, new)
            self.runners[name, partition] = runner
            fresh.append(runner)
        self._spawn(self._locate(fresh))

    async def _revoked(self, *_: Any, **__: Any) -> None:
        """Nothing: the next assignment says what is still ours; a rejoin keeps the state."""

    async def _agent(self, stream: Any) -> None:
        """What the framework delivers before it is told to fetch nothing is left: we read the log."""
        async for event in stream.noack().events():
            self.app.consumer.pause_partitions({event.message.tp})

    async def _locate(self, fresh: Sequence[Runner]) -> None:
        """Find where the logs begin, where they end now, and how far effects were written before."""
        places = [runner.place for runner in fresh]
        while True:
            try:
                settled = [await self._reader.committed(*place) for place in places]
                ends, begins = await self._reader.ends(places), await self._reader.begins(places)
                for runner in fresh:
                    runner.born_at = ends[runner.place]
                if self._keeper is not None:
                    await self._keeper.restore(fresh, begins, ends)
                break
            except KafkaError as passing:
                log.info("recovery_waits", because=type(passing).__name__)
                for runner in fresh:
                    runner.anew()
                await asyncio.sleep(0.5)
        for runner, at in zip(fresh, settled, strict=True):
            runner.settled = runner.committed = at
            runner.moved(begins[runner.place])
            runner.located.set()

    async def _follow(self) -> None:
        """Fold whatever the logs have next, unless too much waits to be written."""
        while True:
            held = {r.place: r for r in self.runners.values() if r.located.is_set() and not r.gone}
            late = (r.stage.unflushed() > MAX_UNFLUSHED for r in held.values() if r.ready.is_set())
            if not held or any(late):
                await asyncio.sleep(0.005)
                continue
            try:
                await self._fold_next(held)
            except KafkaError as passing:
                log.info("input_waits", because=type(passing).__name__)
                await asyncio.sleep(0.2)

    async def _fold_next(self, held: Mapping[Place, Runner]) -> None:
        found = await self._follower.next({p: r.position for p, r in held.items()})
        for place, records in found:
            held[place].fold(records)
            self._wake.set()
            await asyncio.sleep(0)
        if not found:
            for place, runner in held.items():
                # beyond the last record where a log ends in marks that are none
                runner.moved(await self._follower.position(place))

    async def _flush_forever(self) -> None:
        """What arrives together, or while a round of flushes runs, is written together."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            held = [r for r in self.runners.values() if r.ready.is_set() and not r.gone]
            begun = [self._spawn(self._flush_alone(r)) for r in held if self._may_flush(r)]
            if begun:
                await asyncio.wait(begun, timeout=ROUND_SECONDS)

    def _may_flush(self, runner: Runner) -> bool:
        """Never while its stage is flushed: that one says when it is over."""
        runner.flush_again = runner.flushing
        return not (runner.flushing or self._holds(runner))

    async def _flush_alone(self, runner: Runner) -> None:
        """A stage that fails for good is not flushed any more: the worker crashes (`_done`)."""
        runner.flushing = True
        await self._flush(runner)
        runner.flushing = False
        if runner.flush_again:
            self._wake.set()

    def _holds(self, runner: Runner) -> bool:
        """Whether it folds on first (`HOLD_SECONDS`)."""
        behind = self._follower.more(runner.place, runner.position)
        if not behind or runner.stage.unflushed() > MAX_UNFLUSHED:
            return False
        now = time.monotonic()
        if runner.held_at is None:
            runner.held_at = now
        return now < runner.held_at + HOLD_SECONDS

    async def _flush(self, runner: Runner) -> None:
        upto, runner.held_at = runner.position, None
        try:
            await runner.stage.flush()
        except KafkaError as passing:
            log.info("flush_retried", topic=runner.name, because=type(passing).__name__)
            await asyncio.sleep(0.2)
            self._wake.set()
            return
        runner.flushed = upto
        if self._keeper is not None:
            self._keeper.consider(runner)

    async def _commit_forever(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        """Through the framework, for only a member of the group may; it crashes when that fails."""
        written = {r: r.flushed for r in self.runners.values() if r.flushed > r.committed}
        if written and self.app.consumer is not None:
            consumer = cast("Any", self.app.consumer)
            if await consumer._commit({TP(*r.place): at for r, at in written.items()}):
                for runner, at in written.items():
                    runner.committed = at

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
            runner.stage.tick(now, runner.position >= end)
        for name, records in behind.items():
            LAG.labels(stage=name).set(records)
        self._wake.set()
