"""Kemendagri region codes: 38 provinces, 514 regencies and cities, with IANA time zones.

Facts of Kepmendagri 300.2.2-2138/2025 (population of 2025). BPS codes are other codes: in Papua the
same digits name another province, so they are never mixed.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple


class Region(NamedTuple):
    """A province (`15`) or a regency or city (`15.72`)."""

    code: str
    level: Literal["province", "regency"]
    name: str
    province_code: str
    time_zone: str
    population: int


@cache
def regions() -> Mapping[str, Region]:
    """All regions by code."""
    text = files("shared").joinpath("data/regions.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Region(
            row["code"],
            "province" if row["level"] == "province" else "regency",
            row["name"],
            row["province_code"],
            row["time_zone"],
            int(row["population_2025"]),
        )
        for row in csv.DictReader(text.splitlines())
    }


@cache
def provinces() -> tuple[Region, ...]:
    """The 38 provinces by code."""
    return tuple(r for r in regions().values() if r.level == "province")


@cache
def example_quotas() -> Mapping[str, int]:
    """An EXAMPLE of a year's ASN quotas per province: sums to 1,000,000, Jambi 20,000."""
    text = files("shared").joinpath("data/example-quotas.csv").read_text(encoding="utf-8")
    return {row["province_code"]: int(row["quota"]) for row in csv.DictReader(text.splitlines())}


def province_of(code: str) -> str:
    """The province code of a region code."""
    return code[:2]
