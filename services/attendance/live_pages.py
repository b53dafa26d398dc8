"""The live view's streams: one for each webinar that somebody looks at, read once for all of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from redis.exceptions import RedisError

from services.attendance.live_store import Live, LiveStore
from services.attendance.why.naming import rfc3339
from shared.feed import Feed
from shared.regions import provinces

log = structlog.get_logger()
EVERY = 0.1


def told(webinar_id: str, live: Live) -> dict[str, Any]:
    """The figures as the interface has them; provinces in their order, then without a region."""
    people, room, online = live.total
    names = {region.code: region.name for region in provinces()}
    codes = [*(c for c in names if c in live.counts), *sorted(live.counts.keys() - names - {"~"})]
    minute = live.at // 60 * 60
    return {
        "webinar_id": webinar_id,
        "as_of": rfc3339(live.at),
        "in": people,
        "room": room,
        "online": online,
        "unrecognised": live.counts.get("~", [0])[0],
        "stale": live.stale,
        "regions": [
            {"region_code": code or None, "name": names.get(code), "in": cell[0], "room": cell[1],
             "online": cell[2]}
            for code in codes
            for cell in (live.counts[code],)
        ],
        "last_hour": [
            {"at": rfc3339(minute - 60 * (len(live.minutes) - 1 - place)), "in": count}
            for place, count in enumerate(live.minutes)
        ],
    }  # fmt: skip


class LiveStreams:
    """Follows the webinars that have viewers, and no others."""

    def __init__(self, store: LiveStore) -> None:
        self._store = store
        self._feeds: dict[str, Feed] = {}
        self._last: dict[str, dict[str, Any]] = {}
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def now(self, webinar_id: str) -> dict[str, Any]:
        """The figures at this moment; RedisError when nobody can say."""
        return told(webinar_id, await run_in_threadpool(self._store.read, webinar_id))

    async def follow(self, webinar_id: str, after: str | None) -> AsyncIterator[bytes]:
        """All figures, then again whenever one changes."""
        feed = self._feeds.setdefault(webinar_id, Feed())
        if not feed.viewers:  # nobody has looked for a while
            self._last[webinar_id] = await self.now(webinar_id)
        if self._closed:
            feed.close()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        async for message in feed.follow(after, lambda: self._last[webinar_id]):
            yield message

    async def _watch(self) -> None:
        idle = 0
        while idle < 40 and not self._closed:
            began = time.monotonic()
            for webinar_id, feed in list(self._feeds.items()):
                await self._look(webinar_id, feed)
            idle = 0 if any(feed.viewers for feed in self._feeds.values()) else idle + 1
            await asyncio.sleep(max(0.01, EVERY - (time.monotonic() - began)))
        self._feeds.clear()

    async def _look(self, webinar_id: str, feed: Feed) -> None:
        if not feed.viewers:
            return
        try:
            found = await self.now(webinar_id)
        except RedisError as away:
            log.info("live_not_read", because=type(away).__name__)
            return
        if _figures(found) != _figures(self._last[webinar_id]):
            self._last[webinar_id] = found
            feed.publish("live", found)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        for feed in self._feeds.values():
            feed.close()


def _figures(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "as_of"}
