"""Brute force over rules C1 to C3: the quota cells of a year from every webinar's outcomes."""

from collections.abc import Iterable
from typing import NamedTuple


class Enrolled(NamedTuple):
    """One person's enrolment in one webinar, with what came of it."""

    year: int
    participant_id: str
    enrolment_id: str
    version: int
    region_code: str
    category: str
    cancelled: bool = False
    present_seconds: int = 0
    eligible: bool = False
    """The verdict is eligible, provisional too; `needs_review` is not."""
    certified: bool = False
    """Holds a certificate that is neither revoked nor superseded away."""


class Counted(NamedTuple):
    """The four counters of a cell."""

    registered: int = 0
    attended: int = 0
    eligible: int = 0
    certified: int = 0


Cell = tuple[int, str, str]
"""(year, region code, category)."""


def cells(enrolments: Iterable[Enrolled]) -> dict[Cell, Counted]:
    """Every cell in which anybody is counted; a regency counts in its province too (rule C3)."""
    by_person: dict[tuple[int, str], list[Enrolled]] = {}
    for enrolment in enrolments:
        by_person.setdefault((enrolment.year, enrolment.participant_id), []).append(enrolment)
    counted: dict[Cell, Counted] = {}
    for (year, _), mine in by_person.items():
        person = _count_one(mine)
        newest = max(mine, key=lambda e: (e.version, e.enrolment_id))  # rule C2
        for region in {newest.region_code, newest.region_code[:2]}:
            cell = (year, region, newest.category)
            before = counted.get(cell, Counted())
            counted[cell] = Counted(*(a + b for a, b in zip(before, person, strict=True)))
    return {cell: figures for cell, figures in counted.items() if any(figures)}


def _count_one(enrolments: list[Enrolled]) -> Counted:
    alive = [e for e in enrolments if not e.cancelled]
    return Counted(
        int(bool(alive)),
        int(any(e.present_seconds >= 1 for e in alive)),
        int(any(e.eligible for e in alive)),
        int(any(e.certified for e in alive)),
    )
