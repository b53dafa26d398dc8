"""Sorted, disjoint, half-open intervals of whole seconds."""

from collections.abc import Iterable

Interval = tuple[int, int]
Intervals = list[Interval]


def union(pieces: Iterable[Interval]) -> Intervals:
    """The same seconds, sorted and without overlap."""
    found: Intervals = []
    for begin, end in sorted(pieces):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def intersect(one: Intervals, other: Intervals) -> Intervals:
    """The seconds that are in both."""
    found: Intervals = []
    a = b = 0
    while a < len(one) and b < len(other):
        begin, end = max(one[a][0], other[b][0]), min(one[a][1], other[b][1])
        if begin < end:
            found.append((begin, end))
        if one[a][1] < other[b][1]:
            a += 1
        else:
            b += 1
    return found


def subtract(one: Intervals, other: Intervals) -> Intervals:
    """The seconds of `one` that are not in `other`."""
    found: Intervals = []
    for begin, end in one:
        left = begin
        for out_from, out_to in other:
            if out_to <= left or out_from >= end:
                continue
            if left < out_from:
                found.append((left, out_from))
            left = max(left, out_to)
        if left < end:
            found.append((left, end))
    return found


def seconds(pieces: Intervals) -> int:
    """How many seconds there are."""
    return sum(end - begin for begin, end in pieces)


def after(pieces: Intervals, count: int) -> int:
    """The instant at which `count` seconds of these intervals have passed."""
    for begin, end in pieces:
        if count <= end - begin:
            return begin + count
        count -= end - begin
    raise ValueError("there are not so many seconds")
