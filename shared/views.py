"""Views: projections of topics in Redis that remember their own position.

A view's writes are absolute values (the last record of a key wins), made in log order, with the
position written last: after any crash or a torn tail of the store's log, what is read is a prefix
of the truth and the position is never ahead of it. Every advance is guarded: it applies only if the
stored position is the one that the writer last saw (WATCH), so a zombie writer changes nothing and
learns that it is one. When the store was emptied, positions are gone too, and the view is rebuilt.

Readers ask `ready()` first: a view that is being rebuilt must not be taken for an empty world.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import redis as redis_lib
from redis.client import Pipeline

from shared.consume import NotYet
from shared.records import Record
from shared.settings import Settings
from shared.topics import Topic
from shared.writes import Project, Writes

Place = tuple[str, int]
"""(topic, partition); the topic without the installation's prefix."""


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

    def advance(
        self, records: Sequence[Record], project: Project, expected: Mapping[Place, int]
    ) -> dict[Place, int]:
        """Apply records, in order per partition, and move the positions; the new positions of the
        partitions that they are of.

        Raises:
            LostView: a stored position is not the one in `expected`.
        """

        def queue(pipe: Pipeline) -> None:
            writes = Writes()
            for record in records:
                project(writes, record)
            writes.onto(pipe)

        to = {(r.topic.name, r.partition): r.offset + 1 for r in records}
        self._move(expected, to, queue)
        return to

    def _move(
        self, at: Mapping[Place, int], to: Mapping[Place, int], queue: Callable[[Pipeline], None]
    ) -> None:
        """Queued writes and positions in one transaction, if the positions are the expected ones."""
        keys = {place: self._position_key(*place) for place in to}
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(*keys.values())  # type: ignore[no-untyped-call] # the client has no type
            stored: Any = pipe.mget(list(keys.values()))
            for place, found in zip(keys, stored, strict=True):
                if int(found or 0) != at[place]:
                    raise LostView(f"{keys[place]} stands at {found}, not at {at[place]}")
            pipe.multi()
            queue(pipe)
            pipe.mset({keys[place]: end for place, end in to.items()})
            try:
                pipe.execute()
            except redis_lib.WatchError as moved:
                raise LostView("the view was moved by another writer") from moved

    def ready(self) -> bool:
        """Whether the view has once caught up with its topics since it was last empty."""
        return bool(self.client.exists(self.key("ready")))

    def mark_ready(self, ends: Mapping[tuple[str, int], int]) -> bool:
        """Say that it has caught up, if every partition has reached its end here and now.

        The positions are watched: a store that is emptied in between must not be called ready.
        """
        places = [self._position_key(*place) for place in ends]
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(*places)  # type: ignore[no-untyped-call] # the client has no type
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
        place = (topic, partition)
        self._move({place: expected}, {place: position}, lambda _: None)

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
