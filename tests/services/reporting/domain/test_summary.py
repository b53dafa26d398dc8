"""What the dashboard sums up."""

from datetime import date

from services.reporting.domain.quota import Cell, Counts
from services.reporting.domain.summary import (
    Pace,
    Progress,
    Row,
    aimed,
    by_category,
    by_province,
    pace,
    quotas_of,
)
from services.reporting.domain.tiles import COLUMNS, ROWS, TILES
from shared.regions import provinces


def row(code: str, category: str, certified: int, quota: int | None = None) -> Row:
    """A cell with certified people."""
    counts = Counts(certified * 2, certified, certified, certified)
    return Row(Cell(2026, code, category), quota, counts)


def test_only_provinces_are_summed() -> None:
    rows = [row("15", "asn", 10, 100), row("15.72", "asn", 10, 50)]
    assert by_province(rows, ["15"])["15"] == Progress(Counts(20, 10, 10, 10), 10, 100)
    assert by_category(rows, {"asn": 1000})["asn"].counts.certified == 10


def test_people_without_a_quota_do_not_count_towards_one() -> None:
    rows = [row("15", "asn", 10, 100), row("15", "public", 40)]
    jambi = by_province(rows, ["15"])["15"]
    assert (jambi.counted, jambi.quota, jambi.counts.certified) == (10, 100, 50)
    assert jambi.share == 0.1


def test_a_province_without_a_cell_is_there_with_zeros() -> None:
    assert by_province([], ["11"]) == {"11": Progress(Counts(), 0, None)}


def test_the_nation_is_measured_against_targets_and_only_their_categories() -> None:
    categories = by_category(
        [row("15", "asn", 10), row("15", "tni", 7)], {"asn": 100, "public": 50}
    )
    nation = aimed(categories.values())
    assert nation is not None
    assert (nation.counted, nation.quota) == (10, 150)


def test_without_targets_the_nation_is_the_sum_of_quotas() -> None:
    found = by_province([row("15", "asn", 10, 100), row("11", "asn", 5)], ["11", "15"])
    assert aimed(by_category([], {}).values()) is None
    assert quotas_of(found.values()) == Progress(Counts(30, 15, 15, 15), 10, 100)


def test_levels_are_started_fifths_and_only_a_full_quota_is_the_last() -> None:
    shares = [0, 1, 199, 200, 400, 600, 999, 1000, 1001]
    levels = [Progress(Counts(), counted, 1000).level for counted in shares]
    assert levels == [0, 1, 1, 2, 3, 4, 4, 5, 5]


def test_the_pace_that_is_needed_counts_today_and_rounds_up() -> None:
    progress = Progress(Counts(), 326, 1000)
    assert pace(progress, 2026, date(2026, 11, 22)) == Pace(674, 40, 17, 1)
    assert pace(progress, 2026, date(2026, 12, 31)) == Pace(674, 1, 674, 0)


def test_no_pace_for_another_year_or_without_a_target() -> None:
    assert pace(Progress(Counts(), 1, 10), 2025, date(2026, 1, 1)) is None
    assert pace(Progress(Counts(), 1, None), 2026, date(2026, 1, 1)) is None


def test_a_target_that_is_passed_needs_nobody_more() -> None:
    reached = pace(Progress(Counts(), 12, 10), 2026, date(2026, 7, 1))
    assert reached is not None
    assert (reached.remaining, reached.needed) == (0, 0)


def test_every_province_has_one_tile_and_no_two_share_a_place() -> None:
    assert set(TILES) == {p.code for p in provinces()}
    assert (
        len({(t.column, t.row) for t in TILES.values()})
        == len({t.letters for t in TILES.values()})
        == 38
    )
    assert all(0 <= t.column < COLUMNS and 0 <= t.row < ROWS for t in TILES.values())
