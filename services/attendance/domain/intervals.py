"""Half-open intervals `[from, to)` in whole seconds: union, cut, difference, length."""

from collections.abc import Iterable, Sequence

from services.attendance.domain.facts import Interval

FOREVER = 1 << 62
"""Later than any second that counts."""


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same seconds as disjoint intervals in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        elif start < end:
            merged.append((start, end))
    return merged


def cut(interval: Interval, to: Sequence[Interval]) -> list[Interval]:
    """The parts of an interval that lie in `to`."""
    start, end = interval
    return [(max(start, a), min(end, b)) for a, b in to if start < b and a < end and start < end]


def subtract(intervals: Iterable[Interval], away: Iterable[Interval]) -> list[Interval]:
    """The seconds of `intervals` that are not in `away`; `intervals` need not be disjoint."""
    left = list(intervals)
    for a, b in away:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, a)), (max(start, b), end))
            if part[0] < part[1]
        ]
    return left


def length(intervals: Iterable[Interval]) -> int:
    """Seconds in disjoint intervals."""
    return sum(end - start for start, end in intervals)


def covered(intervals: Sequence[Interval], base: Sequence[Interval]) -> int:
    """Seconds of the base that at least one of the intervals covers. The base is disjoint."""
    whole = intervals if len(intervals) < 2 else union(intervals)
    seconds = 0
    for start, end in whole:
        for a, b in base:
            if start < b and a < end:
                seconds += min(end, b) - max(start, a)
    return seconds
