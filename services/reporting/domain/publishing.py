"""What the quota topic says, and what it must say next: versions of a cell only ever grow."""

from collections.abc import Mapping
from typing import NamedTuple

from services.reporting.domain.quota import NOTHING, Cell, Counts


class Values(NamedTuple):
    """What makes a new version when it changes; the time of counting does not."""

    quota: int | None
    counts: Counts


class Said(NamedTuple):
    """The highest version said of a cell. `spoilt`: something else was written after it."""

    version: int
    values: Values
    spoilt: bool = False


Book = dict[Cell, Said]

BURST = 500
"""Records between two looks: more than these move most cells that there are."""
LONGEST = 3.0
"""Seconds between two publications while records come in a burst."""


def holds_back(records: int, seconds: float) -> bool:
    """Whether what is new waits for the next look: `records` were counted since the last one, and the
    last publication was `seconds` ago. Each publication says nearly all cells again."""
    return records > BURST and seconds < LONGEST


def heard(book: Book, cell: Cell, version: int, values: Values) -> None:
    """Take in a record of the topic: an older or contradicting one must be said over again."""
    before = book.get(cell)
    if before is None or version > before.version:
        book[cell] = Said(version, values)
    elif (version, values) != (before.version, before.values):
        book[cell] = before._replace(spoilt=True)


def wiped(book: Book, cell: Cell) -> None:
    """Take in a tombstone or garbage under a cell's key."""
    before = book.get(cell)
    if before is not None:
        book[cell] = before._replace(spoilt=True)


def due(book: Book, wanted: Mapping[Cell, Values]) -> dict[Cell, Said]:
    """What has to be said now: each cell whose values are not the last ones said."""
    new = {}
    for cell, values in wanted.items():
        before = book.get(cell)
        if before is None or before.spoilt or before.values != values:
            new[cell] = Said(before.version + 1 if before else 1, values)
    return new


def wanted(
    counters: Mapping[Cell, Counts], quotas: Mapping[Cell, int], book: Book
) -> dict[Cell, Values]:
    """Every cell with a person, a quota or a past, as it stands; a cell once said stays said."""
    cells = counters.keys() | quotas.keys() | book.keys()
    return {cell: Values(quotas.get(cell), counters.get(cell, NOTHING)) for cell in cells}
