"""Waiting for what must come true."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(measure: Callable[[], Found], what: str = "it", within: float = 90.0) -> Found:
    """The first answer that is true; fails after so many seconds, and says `what` did not come."""
    end = time.monotonic() + within
    while not (found := measure()):
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.05)
    return found
