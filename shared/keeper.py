"""When checkpoints of stages are made, and where a fresh stage goes on (`shared/checkpoints.py`).

A state is copied in one go, between two flushes of its stage, with all that it has not written yet;
so it is a function of the records before its offset and of nothing else. Writing it takes its time
beside the worker's work. It is written to Kafka and not to a disk of ours, so that whoever takes the
partition over goes on from it too. Only the last one is kept.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast
from uuid import uuid4

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import KafkaError

from shared.checkpoints import FORMAT, NO_SEAL, Kept, Seal, Unusable, Writing, seal_of, verified
from shared.log_follower import Place
from shared.log_reader import LogReader
from shared.publish import AsyncPublisher
from shared.runner import Runner
from shared.settings import KafkaSettings
from shared.stage import Stage
from shared.topics import Topic

log = structlog.get_logger()
OUTLIVES_DAYS = 7
"""So long a state may hold facts whose records retention has taken away since it was folded; then it
is folded anew from what is left, so that nothing lives for ever only because it was once known."""
RETRY_SECONDS = 10.0
READERS = 3
"""So many partitions' checkpoints are on their way from the broker while another is taken in."""


class Pace(NamedTuple):
    """A checkpoint is due when the state has grown by `share` and `grown`, or when nothing has come
    for `idle` seconds, `apart` seconds after the one before, and `least` have come since."""

    share: float = 0.1
    grown: int = 5_000
    least: int = 1_000
    idle: float = 3.0
    apart: float = 60.0


PACE = Pace()


class KeptStage(Stage, Protocol):
    """A stage whose state can be kept."""

    def keepable(self) -> bool:
        """Whether everything that it has not written yet is in what `keep` gives."""
        ...

    def keep(self) -> Kept:
        """A copy of the whole state; later changes do not touch it."""
        ...

    def restore(self, kept: Kept) -> None:
        """Take over what `keep` gave, into an empty stage.

        Raises:
            Unusable: it does not fit what else is known.
        """
        ...


class SideInputs(Protocol):
    """What stages know besides their input, and hear the changes of."""

    maker: str
    """What a state depends on besides facts: the code that folds them, settings."""

    def epoch(self) -> int:
        """How much has been read, as one growing number."""
        ...

    def positions(self) -> dict[str, int]:
        """How far each partition has been acted on: `topic/partition` → offset."""
        ...

    async def replay(self, since: Mapping[Stage, Mapping[str, int]]) -> Mapping[Stage, str]:
        """Let each stage hear what was said since its checkpoint; the stages for which that is not
        there any more, with why."""
        ...


class _Copy(NamedTuple):
    """A state that is to be written, and what it is of."""

    runner: Runner
    writing: Writing
    about: dict[str, Any]
    epoch: int


class Keeper:
    """Makes and finds the checkpoints of one worker, one at a time."""

    def __init__(self, settings: KafkaSettings, topics: Mapping[Topic, Topic],
                 side: SideInputs, publisher: AsyncPublisher, pace: Pace = PACE) -> None:  # fmt: skip
        """`topics`: an input and where its stages' states are kept, with as many partitions."""
        self._names = {i: settings.topic(kept) for i, kept in topics.items()}
        self._settings, self._side, self._publisher, self._pace = settings, side, publisher, pace
        self._seals = LogReader(settings)
        self._readers = [LogReader(settings, check_crcs=False) for _ in range(READERS)]
        """Of chunks: whether they are what was written says their seal."""
        self._admin: AIOKafkaAdminClient | None = None
        self._last: dict[Place, tuple[int, int, float]] = {}
        """(events, epoch, monotonic second) of each partition's last checkpoint."""
        self._writing: asyncio.Task[None] | None = None
        self.free = asyncio.Event()
        """Set when a checkpoint is over: the next stage may be due."""
        self._not_before = 0.0

    async def start(self) -> None:
        """Connect."""
        for reader in (self._seals, *self._readers):
            await reader.start()
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka)
        await self._admin.start()

    async def stop(self) -> None:
        """Close; what is being written is left, and no seal stands on it."""
        if self._writing is not None:
            self._writing.cancel()
        for reader in (self._seals, *self._readers):
            await reader.stop()
        if self._admin is not None:
            await self._admin.close()

    # --- finding ---

    async def restore(self, fresh: Sequence[Runner], begins: Mapping[Place, int],
                      ends: Mapping[Place, int]) -> None:  # fmt: skip
        """Give stages the state of their last checkpoint, where it may be used; others stay empty.

        Raises:
            aiokafka.errors.KafkaError: not now; nothing was changed that matters.
        """
        places = [self._place(runner) for runner in fresh]
        first = await self._seals.begins(places)
        last = await self._seals.ends(places)
        for runner in fresh:
            runner.begin = begins[runner.place]
            self._last.pop(runner.place, None)
        tried = await asyncio.gather(*(
            self._try(self._readers[n % READERS], runner, ends[runner.place],
                      range(first[place], last[place]))
            for n, (runner, place) in enumerate(zip(fresh, places, strict=True))
        ))  # fmt: skip
        found = {r: seal for r, seal in zip(fresh, tried, strict=True) if seal is not None}
        lost = await self._side.replay({r.stage: seal.side for r, seal in found.items()})
        for runner, seal in found.items():
            if runner.stage in lost:
                self._refuse(runner, lost[runner.stage])
            else:
                runner.went_on(seal)
                at = seal.events, sum(seal.side.values()), time.monotonic()
                self._last[runner.place] = at

    async def _try(self, reader: LogReader, runner: Runner, end: int, kept: range) -> Seal | None:
        try:
            return await self._into(reader, runner, end, kept)
        except (Unusable, KeyError, TypeError, ValueError) as because:
            self._refuse(runner, str(because))
            return None

    def _refuse(self, runner: Runner, because: str) -> None:
        log.info("folded_from_the_log", topic=runner.topic.name, partition=runner.partition,
                 because=because)  # fmt: skip
        runner.anew()

    async def _into(self, reader: LogReader, runner: Runner, end: int, kept: range) -> Seal | None:
        place = self._place(runner)
        at, seal = await _last_seal(self._seals, place, kept)
        runner.last_seal = at
        if seal is None:
            return None
        self._check(seal, runner, end)
        records = [r async for some in reader.read(*place, seal.first, at) for r in some]
        mine = [r.value or b"" for r in records if dict(r.headers).get("id") == seal.id.encode()]
        cast("KeptStage", runner.stage).restore(verified(seal, mine))
        return seal

    def _check(self, seal: Seal, runner: Runner, end: int) -> None:
        if seal.format != FORMAT or seal.maker != self._side.maker:
            raise Unusable("another version or another setting folded it")
        if seal.offset > end:
            raise Unusable("the log ends before it")
        outlived = time.time() - seal.folded_at > OUTLIVES_DAYS * 86_400
        if outlived and runner.begin > seal.begin:
            raise Unusable("it holds facts whose records were taken away")

    # --- making ---

    def consider(self, runner: Runner) -> None:
        """Begin a checkpoint of a stage whose flush is just over, if one is due."""
        if self._writing is None and time.monotonic() >= self._not_before and self._due(runner):
            copy = self._copy(runner)
            if copy is not None:
                self._writing = asyncio.ensure_future(self._alone(copy))

    def _due(self, runner: Runner) -> bool:
        events, epoch, at = self._last.get(runner.place, (0, 0, 0.0))
        fresh, said, pace = runner.events - events, self._side.epoch() - epoch, self._pace
        if not runner.events:
            return False  # an empty log is folded quickly
        now = time.monotonic()
        rested = now - runner.moved_at > pace.idle and now - at > pace.apart
        grown = any(more >= max(pace.grown, pace.share * before)
                    for more, before in ((fresh, events), (said, epoch)))  # fmt: skip
        return grown or (rested and max(fresh, said) >= pace.least)

    async def _alone(self, copy: "_Copy") -> None:
        try:
            await self._write(copy)
        except KafkaError as passing:
            log.info("checkpoint_postponed", because=type(passing).__name__)
            self._not_before = time.monotonic() + RETRY_SECONDS
        finally:
            self._writing = None
            self.free.set()

    async def keep_all(self, runners: Sequence[Runner]) -> None:
        """What is new in any of them, before the worker leaves; none of them may flush meanwhile.

        Raises:
            aiokafka.errors.KafkaError: not everything is written; the ones before are still there.
        """
        if self._writing is not None:
            await asyncio.wait([self._writing])
        for runner in runners:
            fresh = self._last.get(runner.place, (0, 0))[:2] != (runner.events, self._side.epoch())
            copy = self._copy(runner) if fresh and runner.events else None
            if copy is not None:
                await self._write(copy)

    def _copy(self, runner: Runner) -> "_Copy | None":
        stage = cast("KeptStage", runner.stage)
        if not stage.keepable():
            return None
        about: dict[str, Any] = {
            "maker": self._side.maker, "offset": runner.position, "events": runner.events,
            "begin": runner.begin, "folded_at": runner.folded_at, "side": self._side.positions(),
        }  # fmt: skip
        writing = Writing(stage.keep(), uuid4().hex, runner.last_seal)
        return _Copy(runner, writing, about, self._side.epoch())

    async def _write(self, copy: "_Copy") -> None:
        runner, place = copy.runner, self._place(copy.runner)
        first = None
        for record in copy.writing.chunks():
            if runner.gone:
                return
            at = await self._send(place, record)
            first = at if first is None else first
        sealed = await self._send(place, copy.writing.seal(first or 0, **copy.about))
        runner.last_seal = sealed
        self._last[runner.place] = copy.about["events"], copy.epoch, time.monotonic()
        await self._cut(place, sealed if first is None else first)

    async def _send(self, place: Place, record: tuple[bytes, Any]) -> int:
        value, headers = record
        sent = await self._publisher.producer.send(
            place[0], value, partition=place[1], headers=headers
        )
        return int((await sent).offset)

    async def _cut(self, place: Place, first: int) -> None:
        """Delete the checkpoints before; that they are left for a while does no harm."""
        assert self._admin is not None  # noqa: S101 - start() precedes all work
        try:
            await self._admin.delete_records({TopicPartition(*place): RecordsToDelete(first)})
        except KafkaError as passing:
            log.info("checkpoints_left", because=type(passing).__name__)

    def _place(self, runner: Runner) -> Place:
        return self._names[runner.topic], runner.partition


async def _last_seal(reader: LogReader, place: Place, kept: range) -> tuple[int, Seal | None]:
    """The last seal among those offsets, and where it stands."""
    at = kept.stop - 1
    while at >= kept.start:
        (record,) = [r async for some in reader.read(*place, at, at + 1) for r in some]
        found = seal_of(record.value or b"", cast("Any", record.headers))
        if isinstance(found, Seal):
            return at, found
        at = min(found, at - 1)
    return NO_SEAL, None
