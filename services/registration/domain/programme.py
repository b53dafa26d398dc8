"""Programmes of a year with their quotas."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.events.registration import Category, ProgrammeSetV1, RegionQuota
from shared.regions import regions

YEARS = range(2000, 2101)


class Fault(NamedTuple):
    """One thing that is wrong with a request: where (a JSON pointer) and what."""

    pointer: str
    detail: str


def programme_faults(year: int, name: str, targets: dict[str, int]) -> Iterator[Fault]:
    """Everything that is wrong with a programme's own fields."""
    if year not in YEARS:
        yield Fault("/year", "Tahun tidak mungkin. / This cannot be the year.")
    if not name.strip():
        yield Fault("/name", "Nama wajib diisi. / A name is needed.")
    for category, target in targets.items():
        if category not in frozenset(Category):
            yield Fault(f"/targets/{category}", "Kategori tidak dikenal. / Unknown category.")
        if target < 0:
            yield Fault(f"/targets/{category}", "Tidak boleh negatif. / It must not be negative.")


def quota_faults(quotas: Iterable[RegionQuota]) -> Iterator[Fault]:
    """Region codes that do not exist, and cells that are given twice."""
    seen: set[tuple[str, str]] = set()
    for place, quota in enumerate(quotas):
        cell = (quota.region_code, quota.category)
        if quota.region_code not in regions():
            detail = "Kode wilayah Kemendagri tidak dikenal. / Unknown Kemendagri region code."
            yield Fault(f"/{place}/region_code", detail)
        if cell in seen:
            detail = "Wilayah dan kategori ini sudah ada. / This region and category came before."
            yield Fault(f"/{place}", detail)
        seen.add(cell)


def next_programme(before: ProgrammeSetV1, **update: object) -> ProgrammeSetV1:
    """The next version; the same object when nothing differs."""
    after = before.model_copy(update=update)
    return before if after == before else after.model_copy(update={"version": before.version + 1})


def ordered(quotas: Iterable[RegionQuota]) -> tuple[RegionQuota, ...]:
    """By region and category, so that the same quotas are the same value."""
    return tuple(sorted(quotas, key=lambda q: (q.region_code, q.category)))
