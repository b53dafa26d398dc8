"""What reporting says: the public quota cells, with no person in them."""

from typing import ClassVar, Literal

from shared.events import Event, UtcTime
from shared.events.registration import Category


class QuotaCellCountedV1(Event):
    """Absolute counters of people in one (year, region, category); the highest version holds.

    Sum provinces only: a regency's people are counted in its own cell and in its province's
    (rule C3). `quota` is null where none is set.
    """

    type: ClassVar[str] = "hadir.reporting.quota-cell-counted.v1"
    year: int
    level: Literal["province", "regency"]
    region_code: str
    category: Category
    quota: int | None = None
    registered: int
    attended: int
    eligible: int
    certified: int
    version: int
    as_of: UtcTime
