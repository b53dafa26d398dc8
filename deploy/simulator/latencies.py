"""Answer times, in constant memory."""

from array import array

_TENTHS = 100_000


class Latencies:
    """A histogram in tenths of a millisecond up to ten seconds: constant memory."""

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * (_TENTHS + 1)))
        self._total = 0

    def add(self, seconds: float) -> None:
        self._counts[min(_TENTHS, int(seconds * 10_000))] += 1
        self._total += 1

    def percentile(self, share: float) -> float:
        """Milliseconds under which that share of the answers lies."""
        wanted, seen = share * self._total, 0
        for tenths, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return tenths / 10
        return 0.0
