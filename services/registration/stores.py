"""What the api reads: the view in Redis, always together with the question whether it is complete.

A view that was just emptied must not be taken for an empty world: a new data key for a known
person would make their sealed data unreadable. So readiness and data are read in ONE transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson
from redis import RedisError
from redis.asyncio import Redis

from services.registration.shrunk import ENROLMENT
from shared.events import Event
from shared.http import not_ready
from shared.settings import Settings
from shared.topics import Topic
from shared.views import View

E = TypeVar("E", bound=Event)
Command = tuple[Any, ...]
Places = Mapping[tuple[Topic, int], int]
"""Offsets by topic and partition; each is the offset after the last record that is meant."""


class Page(NamedTuple):
    """Some of a list in the order of ids; `cursor` None = the last page."""

    items: list[dict[str, Any]]
    cursor: str | None


class Store:
    """The view, read from an event loop."""

    def __init__(self, settings: Settings, view: View) -> None:
        self.view = view
        self.redis: Redis = Redis.from_url(
            settings.redis, socket_timeout=10, socket_connect_timeout=5
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()

    async def read(self, *commands: Command, lock: tuple[str, bytes] | None = None) -> list[Any]:
        """The answers of all commands at one instant at which the view is complete.

        Raises:
            shared.http.Problem: 503, the view is not complete, the lock was lost or no store
                answers.
        """
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.exists(self.view.key("ready"))
            pipe.get(lock[0] if lock else self.view.key("ready"))
            for command in commands:
                pipe.execute_command(*command)
            try:
                ready, held, *answers = await pipe.execute()
            except RedisError as away:
                raise not_ready("The store does not answer.") from away
        if not ready:
            raise not_ready("The view is being rebuilt from the topics.")
        if lock and held != lock[1]:
            raise not_ready("The write was interrupted and can be repeated.")
        return answers

    async def one(
        self, key: str, name: str, kind: type[E], lock: tuple[str, bytes] | None = None
    ) -> E | None:
        """The event of a hash field, or None."""
        (value,) = await self.read(("HGET", self.view.key(key), name), lock=lock)
        return None if value is None else kind.parse(_json(value))

    async def page(
        self, values: Sequence[str], order: Sequence[str], cursor: str, limit: int
    ) -> Page:
        """Some values of a hash in the order of its ids, after a cursor."""
        low = f"({cursor}" if cursor else "-"
        ordered = ("ZRANGEBYLEX", self.view.key(*order), low, "+", "LIMIT", 0, limit + 1)
        (names,) = await self.read(ordered)
        more, names = len(names) > limit, names[:limit]
        if not names:
            return Page([], None)
        (found,) = await self.read(("HMGET", self.view.key(*values), *names))
        items = [orjson.loads(_json(value)) for value in found if value is not None]
        return Page(items, names[-1].decode() if more else None)

    async def behind(self, places: Places) -> bool:
        """Whether the view has not yet applied everything before the places."""
        if not places:
            return False
        keys = [self.view.key("position", topic.name, str(p)) for topic, p in places]
        found = await self.redis.mget(keys)
        return any(int(at or 0) < end for at, end in zip(found, places.values(), strict=True))


def _json(kept: bytes) -> bytes:
    """Of what the view keeps: enrolments are shrunk, all else stands as it was published."""
    return ENROLMENT.unpack(kept)
