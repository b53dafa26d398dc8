"""Zoom's limits per account: so many calls in a second, so many in a day (zoom.md A4)."""

import asyncio
from collections.abc import Awaitable, Callable

DAY = 86_400
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class LimitReached(Exception):
    """Zoom takes no more calls of this kind before `wait` seconds have passed."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"Zoom's limit is reached; calls go on in {wait:.0f} s.")
        self.wait = wait


class Bucket:
    """Spaces calls evenly; one is shared by everybody who calls with the account's limit."""

    def __init__(self, per_second: float, per_day: int, clock: Clock,
                 sleep: Sleep = asyncio.sleep) -> None:  # fmt: skip
        self._gap, self._per_day = 1.0 / per_second, per_day
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._day, self._used = 0, 0

    async def take(self) -> None:
        """Wait for one's turn.

        Raises:
            LimitReached: the day's calls are used up.
        """
        now = self._clock()
        day = int(now // DAY)
        if day != self._day:
            self._day, self._used = day, 0
        if self._used >= self._per_day:
            raise LimitReached((day + 1) * DAY - now)
        self._used += 1
        turn = max(now, self._next)
        self._next = turn + self._gap
        if turn > now:
            await self._sleep(turn - now)

    def pause(self, wait: float) -> None:
        """Nobody calls before `wait` seconds have passed: Zoom said so."""
        self._next = max(self._next, self._clock() + wait)
