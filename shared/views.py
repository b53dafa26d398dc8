"""Views: projections of topics in Redis that remember their own position.

A view's writes are absolute values (the last record of a key wins), made in log order, with the
position written last: after any crash or a torn tail of the store's log, what is read is a prefix
of the truth and the position is never ahead of it. Every advance is guarded: it applies only if the
stored position is the one that the writer last saw (WATCH), so a zombie writer changes nothing and
learns that it is one. When the store was emptied, positions are gone too, and the view is rebuilt.

Readers ask `ready()` first: a view that is being rebuilt must not be taken for an empty world.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import redis as redis_lib
import structlog
from kafka.errors import KafkaError
from redis.client import Pipeline

from shared.consume import BatchConsumer, NotYet, Record
from shared.settings import Settings
from shared.topics import Topic

log = structlog.get_logger()

Project = Callable[[Pipeline, Record], None]
"""Queues a record's absolute writes on the pipeline; reads nothing, decides by the record alone."""


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
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(place)  # type: ignore[no-untyped-call] # the client has no type here
            stored: Any = pipe.get(place)
            if int(stored or 0) != expected:
                raise LostView(f"{place} stands at {stored}, not at {expected}")
            pipe.multi()
            for record in records:
                project(pipe, record)
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
                 *, instance: str = "") -> None:  # fmt: skip
        self.view, self._project = view, project
        self._expected: dict[tuple[str, int], int] = {}
        self.consumer = BatchConsumer(
            settings, group=f"view.{view.prefix.removeprefix(settings.topic_prefix)}",
            topics=topics, handle=self._apply, position=self._start, instance=instance,
            max_records=5_000,
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
