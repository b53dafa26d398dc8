"""Regions: Kemendagri's codes, complete, and never mixed with those of BPS."""

import datetime
import zoneinfo
from collections import Counter

from shared.regions import example_quotas, province_of, provinces, regions


def test_there_are_38_provinces_and_514_regencies_and_cities() -> None:
    assert Counter(r.level for r in regions().values()) == {"province": 38, "regency": 514}
    assert len(provinces()) == 38


def test_every_regency_lies_in_a_province_that_is_there() -> None:
    for region in regions().values():
        assert regions()[region.province_code].level == "province"
        assert province_of(region.code) == region.province_code
        assert region.code.startswith(region.province_code)


def test_every_place_keeps_the_clock_of_its_province_by_keppres_41_of_1987() -> None:
    noon = datetime.datetime(2026, 1, 9, 12)  # noqa: DTZ001 - the wall clock of each zone
    for region in regions().values():
        offset = zoneinfo.ZoneInfo(region.time_zone).utcoffset(noon)
        assert offset == datetime.timedelta(hours=hours(region.province_code)), region


def hours(province: str) -> int:
    """Ahead of UTC: 7 in the west, 8 in the middle, 9 in the east."""
    if province >= "81":
        return 9
    west = "11" <= province <= "36" or province in {"61", "62"}
    return 7 if west else 8


def test_a_province_s_people_are_those_of_its_regencies() -> None:
    for province in provinces():
        inside = [
            r for r in regions().values() if r.province_code == province.code and r != province
        ]
        assert inside
        assert province.population == sum(r.population for r in inside)


def test_a_bps_code_is_no_code_of_ours_or_another_place() -> None:
    """BPS writes 1571 for Kota Jambi (ours: 15.71), and 94 for Papua (ours: 91)."""
    assert "1571" not in regions()
    assert regions()["15.71"].name == "Kota Jambi"
    assert {code: regions()[code].name for code in ("91", "92", "93", "94", "95", "96")} == {
        "91": "Papua",
        "92": "Papua Barat",
        "93": "Papua Selatan",
        "94": "Papua Tengah",
        "95": "Papua Pegunungan",
        "96": "Papua Barat Daya",
    }


def test_the_example_quotas_are_for_every_province_and_sum_to_a_million_with_20000_for_jambi() -> (
    None
):
    quotas = example_quotas()
    assert set(quotas) == {province.code for province in provinces()}
    assert sum(quotas.values()) == 1_000_000
    assert quotas["15"] == 20_000
    assert min(quotas.values()) > 0
