"""Quota cells, counted by rules C1 and C3 from the outcomes of one webinar."""

from collections.abc import Mapping
from typing import NamedTuple

from deploy.simulator.truth import Outcome

Cell = tuple[str, str]
"""(region code, category)."""


class Counted(NamedTuple):
    """The four counters of a quota cell."""

    registered: int = 0
    attended: int = 0
    eligible: int = 0
    certified: int = 0


def count(cells: dict[Cell, Counted], region: str, category: str, result: Outcome) -> None:
    """Rules C1 and C3: adds one person to the regency's cell and to the province's."""
    eligible = int(result.verdict == "eligible")
    one = Counted(1, int(result.present >= 1), eligible, eligible)
    for code in dict.fromkeys((region, region[:2])):
        before = cells.get((code, category), Counted())
        cells[code, category] = Counted(*map(sum, zip(before, one, strict=True)))


def provinces(cells: Mapping[Cell, Counted]) -> Counted:
    """The nation: the sum of the provinces alone."""
    rows = [figures for (code, _), figures in cells.items() if len(code) == 2]
    return Counted(*map(sum, zip(Counted(), *rows, strict=True)))
