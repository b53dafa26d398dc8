"""Views: projections of topics in Redis that remember their own position.

A view's writes are absolute values (the last record of a key wins), made in log order, with the
position written last: after any crash or a torn tail of the store's log, what is read is a prefix
of the truth and the position is never ahead of it. Every advance is guarded: it applies only if the
stored position is the one that the writer last saw (WATCH), so a zombie writer changes nothing and
learns that it is one. When the store was emptied, positions are gone too, and the view is rebuilt.

Readers ask `ready()` first: a view that is being rebuilt must not be taken for an empty world.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import redis as redis_lib
import structlog
from kafka.errors import KafkaError
from redis.client import Pipeline

from shared.consume import BatchConsumer, NotYet, Record, parse
from shared.fast_consumer import FastConsumer
from shared.settings import Settings
from shared.topics import Topic

log = structlog.get_logger()
GATHER = 0.1
"""Seconds between two batches that are not full: where records come one by one, a view is so much
later, for a fraction of the fetches and transactions."""


class Writes:
    """A batch's absolute writes, gathered per Redis key: a hundredth of the commands, the same
    outcome. Its methods are those of a Redis pipeline."""

    def __init__(self) -> None:
        self._texts: dict[str, Any] = {}
        self._fields: dict[str, dict[Any, Any]] = defaultdict(dict)
        self._first: dict[str, dict[Any, Any]] = defaultdict(dict)
        self._sets: dict[str, dict[str, bool]] = defaultdict(dict)
        self._ordered: dict[str, dict[str, bool]] = defaultdict(dict)

    def set(self, key: str, value: Any) -> None:
        """A text."""
        self._texts[key] = value

    def hset(self, key: str, field: Any, value: Any) -> None:
        """A field of a hash."""
        self._fields[key][field] = value

    def hdel(self, key: str, field: Any) -> None:
        """No field of a hash."""
        self._fields[key][field] = None

    def hsetnx(self, key: str, field: Any, value: Any) -> None:
        """A field of a hash that the first writer of it decides."""
        self._first[key].setdefault(field, value)

    def sadd(self, key: str, member: str) -> None:
        """In a set."""
        self._sets[key][member] = True

    def srem(self, key: str, member: str) -> None:
        """Not in a set."""
        self._sets[key][member] = False

    def zadd(self, key: str, members: Mapping[str, int]) -> None:
        """In a set that is ordered by its members; all scores are 0."""
        self._ordered[key].update(dict.fromkeys(members, True))

    def zrem(self, key: str, member: str) -> None:
        """Not in an ordered set."""
        self._ordered[key][member] = False

    def onto(self, pipe: Pipeline) -> None:
        """Queue all of it."""
        if self._texts:
            pipe.mset(self._texts)
        for key, fields in self._fields.items():
            there = {name: value for name, value in fields.items() if value is not None}
            gone = fields.keys() - there.keys()
            if there:
                pipe.hset(key, mapping=there)
            if gone:
                pipe.hdel(key, *gone)
        for key, fields in self._first.items():
            for name, value in fields.items():
                pipe.hsetnx(key, name, value)
        self._members(self._sets, pipe.sadd, pipe.srem)
        self._members(self._ordered, lambda key, *m: pipe.zadd(key, dict.fromkeys(m, 0)), pipe.zrem)

    @staticmethod
    def _members(
        sets: Mapping[str, Mapping[str, bool]], put: Callable[..., Any], take: Callable[..., Any]
    ) -> None:
        for key, members in sets.items():
            there = [member for member, present in members.items() if present]
            gone = [member for member, present in members.items() if not present]
            if there:
                put(key, *there)
            if gone:
                take(key, *gone)


Project = Callable[[Writes, Record], None]
"""Says which absolute writes a record makes; reads nothing, decides by the record alone."""


class LostView(NotYet):
    """The stored position is not where this writer left it; it has to start from the stored one."""


def connect(settings: Settings) -> "redis_lib.Redis":
    """A client for bytes; times out instead of hanging."""
    return redis_lib.Redis.from_url(settings.redis, socket_timeout=10, socket_connect_timeout=5)


class View:
    """The stored side of a projection: names, positions, readiness."""

    def __init__(self, settings: Settings, name: str, client: "redis_lib.Redis") -> None:
        self.prefix = f"{settings.topic_prefix}{name}"
        self.client = client

    def key(self, *parts: str) -> str:
        """A Redis key of this view."""
        return ":".join((self.prefix, *parts))

    def _position_key(self, topic: str, partition: int) -> str:
        return self.key("position", topic, str(partition))

    def stored(self, topic: str, partition: int) -> int | None:
        """The stored position; None when the view does not have this partition."""
        value: Any = self.client.get(self._position_key(topic, partition))
        return None if value is None else int(value)

    def positions(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The next offset to apply of each (topic, partition), all at one moment."""
        found: Any = self.client.mget([self._position_key(*place) for place in places])
        return {place: int(at or 0) for place, at in zip(places, found, strict=True)}

    def position(self, topic: Topic, partition: int) -> int:
        """The next offset to apply; 0 when the view does not exist."""
        return self.stored(topic.name, partition) or 0

    def advance(self, records: Sequence[Record], project: Project, expected: int) -> int:
        """Apply one partition's records and move its position; the new position.

        Raises:
            LostView: the stored position is not `expected`.
        """
        first, last = records[0], records[-1]
        place = self._position_key(first.topic.name, first.partition)
        writes = Writes()
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(place)  # type: ignore[no-untyped-call] # the client has no type here
            stored: Any = pipe.get(place)
            if int(stored or 0) != expected:
                raise LostView(f"{place} stands at {stored}, not at {expected}")
            for record in records:
                project(writes, record)
            pipe.multi()
            writes.onto(pipe)
            pipe.set(place, last.offset + 1)
            try:
                pipe.execute()
            except redis_lib.WatchError as moved:
                raise LostView(f"{place} was moved by another writer") from moved
        return last.offset + 1

    def ready(self) -> bool:
        """Whether the view has once caught up with its topics since it was last empty."""
        return bool(self.client.exists(self.key("ready")))

    def mark_ready(self, ends: Mapping[tuple[str, int], int]) -> bool:
        """Say that it has caught up, if every partition has reached its end here and now.

        The positions are watched: a store that is emptied in between must not be called ready.
        """
        places = [self._position_key(*place) for place in ends]
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(*places)  # type: ignore[no-untyped-call]
            stored: Any = pipe.mget(places)
            if any(int(at or 0) < end for at, end in zip(stored, ends.values(), strict=True)):
                return False
            pipe.multi()
            pipe.set(self.key("ready"), "1")
            try:
                pipe.execute()
            except redis_lib.WatchError:
                return False
        return True

    def pass_over(self, topic: str, partition: int, expected: int, position: int) -> None:
        """Move a position over offsets that hold nothing for the view (dead letters, gaps).

        Raises:
            LostView: the stored position is not `expected`.
        """
        place = self._position_key(topic, partition)
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(place)  # type: ignore[no-untyped-call]
            stored: Any = pipe.get(place)
            if int(stored or 0) != expected:
                raise LostView(f"{place} stands at {stored}, not at {expected}")
            pipe.multi()
            pipe.set(place, position)
            try:
                pipe.execute()
            except redis_lib.WatchError as moved:
                raise LostView(f"{place} was moved by another writer") from moved

    def drop(self) -> None:
        """Delete the whole view; its projector rebuilds it from the topics.

        Positions go last, and all that there are by then: a partition that is rebuilt while this
        still deletes would lose what it has just written, and keep its position. Readiness goes
        first, for the readers, and once more when no position can make it true.
        """
        positions = self.key("position", "").encode()
        self.client.delete(self.key("ready"))
        self._unlink(key for key in self._keys("*") if not key.startswith(positions))
        self._unlink(self._keys("position:*"))
        self.client.delete(self.key("ready"))

    def _keys(self, pattern: str) -> Iterable[bytes]:
        keys: Iterable[bytes] = self.client.scan_iter(match=self.key(pattern), count=1000)
        return keys

    def _unlink(self, keys: Iterable[bytes]) -> None:
        for chunk in _chunks(keys, 500):
            self.client.unlink(*chunk)


def _chunks(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Projector:
    """Keeps one view: a group member that applies topics to it and rebuilds it when it is lost."""

    def __init__(self, settings: Settings, view: View, topics: Sequence[Topic], project: Project,
                 *, instance: str = "",
                 parse: Callable[[Topic, Sequence[tuple[str, bytes]], bytes], Any] = parse,
                 ) -> None:  # fmt: skip
        self.view, self._project = view, project
        self._expected: dict[tuple[str, int], int] = {}
        self.consumer = BatchConsumer(
            settings, group=f"view.{view.prefix.removeprefix(settings.topic_prefix)}",
            topics=topics, handle=self._apply, position=self._start, instance=instance,
            max_records=5_000, client=FastConsumer, parse=parse, gather=GATHER,
        )  # fmt: skip

    def _start(self, topic: Topic, partition: int) -> int:
        at = self.view.position(topic, partition)
        self._expected[topic.name, partition] = at
        return at

    def _apply(self, records: Sequence[Record]) -> None:
        for _, group in groupby(
            sorted(records, key=_place), key=lambda r: (r.topic.name, r.partition)
        ):
            batch = list(group)
            place = (batch[0].topic.name, batch[0].partition)
            batch = [r for r in batch if r.offset >= self._expected[place]]
            if not batch:
                continue
            self._expected[place] = self.view.advance(batch, self._project, self._expected[place])

    def idle(self) -> None:
        """Nothing to read: notice an emptied store, pass over gaps, say when the view is complete."""
        ready = self.view.ready()
        if not ready and self._lost():
            log.warning("view_lost", view=self.view.prefix, detail="the store was emptied")
            self.consumer.rewind()
            return
        self._pass_over_gaps()
        if not ready and self.consumer.ready.is_set():
            self.view.mark_ready(self.consumer.ends())  # every member's partitions, not only ours

    def _lost(self) -> bool:
        return any(at and self.view.stored(*place) is None for place, at in self._expected.items())

    def _pass_over_gaps(self) -> None:
        for (topic, partition), at in self.consumer.positions().items():
            place = (topic.name, partition)
            expected = self._expected.get(place, at)
            if at > expected:
                self.view.pass_over(*place, expected, at)
                self._expected[place] = at

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        self.consumer.run(stop, idle=self._idle_safely)

    def _idle_safely(self) -> None:
        try:
            self.idle()
        except LostView as lost:
            log.warning("view_lost", view=self.view.prefix, detail=str(lost))
            self.consumer.rewind()
        except (redis_lib.RedisError, KafkaError) as away:
            log.info("not_reachable", because=type(away).__name__)


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic.name, record.partition, record.offset
