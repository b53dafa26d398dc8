"""What the dashboard shows, from cells: totals, shares, provinces, the pace that is needed."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from services.reporting.domain.quota import NOTHING, Cell, Counts

LEVELS = 5
"""Shades of a tile: 0 nothing yet, 1 to 3 a started fifth each, 4 from 60 %, 5 only when full."""


class Row(NamedTuple):
    """One cell's figures, or the sum of several."""

    cell: Cell
    quota: int | None
    counts: Counts


class Progress(NamedTuple):
    """Certified people against what is wanted; `counted` leaves out cells that have no quota."""

    counts: Counts
    counted: int
    quota: int | None

    @property
    def share(self) -> float | None:
        """Of the quota, 0 … 1 and above; None without a quota."""
        return self.counted / self.quota if self.quota else None

    @property
    def level(self) -> int:
        """0 … LEVELS, for a tile's shade and pattern."""
        share = self.share or 0.0
        if share >= 1:
            return LEVELS
        return min(LEVELS - 1, int(share * LEVELS) + 1) if share > 0 else 0


class Pace(NamedTuple):
    """People a day: needed from today to 31 December, and reached since 1 January."""

    remaining: int
    days: int
    needed: int
    so_far: int


def provinces_only(rows: Iterable[Row]) -> Iterable[Row]:
    """Rule C3: only provinces may be summed."""
    return (row for row in rows if "." not in row.cell.region_code)


def progress(rows: Iterable[Row]) -> Progress:
    """The sum over the rows."""
    counts, counted, quota = NOTHING, 0, 0
    for row in rows:
        counts = counts.plus(row.counts)
        if row.quota is not None:
            quota += row.quota
            counted += row.counts.certified
    return Progress(counts, counted, quota or None)


def by_province(rows: Iterable[Row], codes: Iterable[str]) -> dict[str, Progress]:
    """Each province's progress, also of those that have no cell."""
    found: dict[str, list[Row]] = {code: [] for code in codes}
    for row in provinces_only(rows):
        found.setdefault(row.cell.region_code, []).append(row)
    return {code: progress(mine) for code, mine in found.items()}


def by_category(rows: Iterable[Row], targets: Mapping[str, int]) -> dict[str, Progress]:
    """The nation's progress in each category against the year's target."""
    found: dict[str, Counts] = dict.fromkeys(targets, NOTHING)
    for row in provinces_only(rows):
        found[row.cell.category] = found.get(row.cell.category, NOTHING).plus(row.counts)
    return {
        category: Progress(counts, counts.certified, targets.get(category))
        for category, counts in found.items()
    }


def quotas_of(parts: Iterable[Progress]) -> Progress:
    """The sum of provinces; those without a quota add people, but nothing towards the quotas."""
    counts, counted, quota = NOTHING, 0, 0
    for part in parts:
        counts = counts.plus(part.counts)
        if part.quota:
            counted, quota = counted + part.counted, quota + part.quota
    return Progress(counts, counted, quota or None)


def aimed(categories: Iterable[Progress]) -> Progress | None:
    """The sum of the categories that have a target; None when none has."""
    found = quotas_of(categories)
    return found if found.quota else None


def pace(progress: Progress, year: int, today: date) -> Pace | None:
    """None when there is no target or the year is not the current one."""
    if progress.quota is None or today.year != year:
        return None
    days = (date(year, 12, 31) - today).days + 1
    remaining = max(0, progress.quota - progress.counted)
    elapsed = today.timetuple().tm_yday
    return Pace(remaining, days, -(-remaining // days), progress.counted // elapsed)
