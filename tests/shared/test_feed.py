"""One ring for all viewers: who comes back gets what was missed, who is new gets all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson

from shared import feed as module
from shared.feed import KEPT, Feed


def taken(stream: AsyncIterator[bytes], count: int) -> Any:
    """The first messages of a stream, as (id, event, data)."""

    async def take() -> list[tuple[str, str, Any]]:
        found = []
        async for sent in stream:
            parts = dict(line.split(": ", 1) for line in sent.decode().strip().splitlines())
            found.append((parts["id"], parts["event"], orjson.loads(parts["data"])))
            if len(found) == count:
                break
        return found

    return asyncio.wait_for(take(), 5)


def test_a_new_viewer_gets_everything_then_what_comes() -> None:
    async def story() -> None:
        feed = Feed()
        feed.publish("cells", 1)
        stream = taken(feed.follow(None, lambda: "all"), 2)
        later = asyncio.get_running_loop().call_later(0.05, feed.publish, "cells", 2)
        assert [(e, d) for _, e, d in await stream] == [("snapshot", "all"), ("cells", 2)]
        later.cancel()

    asyncio.run(story())


def test_who_comes_back_gets_only_what_was_missed() -> None:
    async def story() -> None:
        feed = Feed()
        feed.publish("cells", 1)
        seen = feed.last_id()
        feed.publish("cells", 2)
        feed.publish("cells", 3)
        missed = await taken(feed.follow(seen, lambda: "all"), 2)
        assert [d for _, _, d in missed] == [2, 3]

    asyncio.run(story())


def test_who_was_away_too_long_or_knows_another_process_gets_everything() -> None:
    async def story() -> None:
        feed, other = Feed(), Feed()
        feed.publish("cells", 0)
        seen = feed.last_id()
        for number in range(KEPT + 1):
            feed.publish("cells", number)
        for unknown in (seen, other.last_id(), "garbage", f"{seen}9999", ""):
            ((_, kind, _),) = await taken(feed.follow(unknown, lambda: "all"), 1)
            assert kind == "snapshot", unknown

    asyncio.run(story())


def test_a_closed_feed_ends_its_streams_and_forgets_its_viewers() -> None:
    async def story() -> None:
        feed = Feed()
        stream = feed.follow(None, lambda: "all")
        await anext(stream)
        assert feed.viewers == 1
        asyncio.get_running_loop().call_later(0.05, feed.close)
        assert [sent async for sent in stream] == []
        assert feed.viewers == 0

    asyncio.run(story())


def test_a_quiet_stream_shows_that_it_lives(monkeypatch: Any) -> None:
    async def story() -> None:
        monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.05)
        stream = Feed().follow(None, lambda: "all")
        await anext(stream)
        assert (await asyncio.wait_for(anext(stream), 5)).startswith(b":")

    asyncio.run(story())
