"""Zoom's limits per account: so many calls in a second, so many in a day."""

import asyncio
from collections.abc import Awaitable, Callable

DAY = 86_400
LONGEST_WAIT = 60.0
"""Seconds; a longer pause is the daily limit: whoever asked comes back another time."""
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class LimitReached(Exception):
    """Zoom takes no more calls of this kind before `wait` seconds have passed."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"Zoom's limit is reached; calls go on in {wait:.0f} s.")
        self.wait = wait


class Bucket:
    """Spaces calls evenly; one is shared by everybody who calls with the account's limit."""

    def __init__(self, per_second: float, per_day: int | None, clock: Clock,
                 sleep: Sleep = asyncio.sleep) -> None:  # fmt: skip
        self._gap, self._per_day = 1.0 / per_second, per_day
        self._clock, self._sleep = clock, sleep
        self._next = self._closed_until = 0.0
        self._day, self._used = 0, 0

    async def take(self) -> None:
        """Wait for one's turn, and for whatever pause is said meanwhile.

        Raises:
            LimitReached: the day's calls are used up, or the pause is a long one.
        """
        turn = max(self._clock(), self._next)
        self._next = turn + self._gap
        while (wait := max(turn, self._closed_until) - self._clock()) > 0:
            if self._closed_until - self._clock() > LONGEST_WAIT:
                raise LimitReached(wait)
            await self._sleep(wait)
        self._count(self._clock())

    def _count(self, now: float) -> None:
        day = int(now // DAY)
        if day != self._day:
            self._day, self._used = day, 0
        if self._per_day is not None and self._used >= self._per_day:
            raise LimitReached(rest_of_day(now))
        self._used += 1

    def pause(self, wait: float) -> None:
        """Nobody calls before `wait` seconds have passed: Zoom said so."""
        self._closed_until = max(self._closed_until, self._clock() + wait)


def rest_of_day(now: float) -> float:
    """Seconds until the day's calls are counted anew: at midnight UTC."""
    return DAY - now % DAY
