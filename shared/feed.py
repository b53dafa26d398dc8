"""Server-sent events to many viewers from one ring in memory: rendered once, sent to all."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

KEPT = 300
"""Events kept for viewers that come back (five minutes at one a second)."""
HEARTBEAT_SECONDS = 15.0


def message(event: str, data: Any, event_id: str) -> bytes:
    """One server-sent event."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event_id.encode(),
        event.encode(),
        orjson.dumps(data),
    )


class Feed:
    """One stream. Its ids hold a random part, so an id of an earlier process asks for a snapshot."""

    def __init__(self) -> None:
        self._boot, self._number = secrets.token_hex(4), 0
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._news = asyncio.Event()
        self._closed = False
        self.viewers = 0

    def last_id(self) -> str:
        """The id of the newest event."""
        return f"{self._boot}-{self._number}"

    def publish(self, event: str, data: Any) -> None:
        """Send to everybody who follows."""
        self._number += 1
        self._ring.append((self._number, message(event, data, self.last_id())))
        self._wake()

    def close(self) -> None:
        """End all streams; thread-safe only from the loop's own thread."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _resumable(self, after: str | None) -> int | None:
        boot, _, number = (after or "").partition("-")
        if boot != self._boot or not number.isdigit():
            return None
        oldest = self._ring[0][0] if self._ring else self._number + 1
        return int(number) if oldest - 1 <= int(number) <= self._number else None

    async def follow(self, after: str | None, snapshot: Callable[[], Any]) -> AsyncIterator[bytes]:
        """All events after the id `after`; a snapshot first when that id is not known here."""
        self.viewers += 1
        try:
            at = self._resumable(after)
            if at is None:
                at = self._number
                yield message("snapshot", snapshot(), self.last_id())
            while not self._closed:
                news = self._news
                for number, sent in [each for each in self._ring if each[0] > at]:
                    at = number
                    yield sent
                if news is self._news and not await _within(news, HEARTBEAT_SECONDS):
                    yield b": still here\n\n"
        finally:
            self.viewers -= 1


async def _within(news: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return False
    return True
