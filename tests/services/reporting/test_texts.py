"""Both languages say the same things, and figures are written as each language writes them."""

import re
from datetime import date
from pathlib import Path

import pytest

from services.reporting import dashboard
from services.reporting.board import Board
from services.reporting.marks import Shown, clock, marks, number, percent, width
from services.reporting.tail import Heard
from services.reporting.texts import CSV_COLUMNS, TEXTS, text
from shared.events.registration import Category
from shared.events.reporting import QuotaCellCountedV1
from shared.topics import QUOTAS
from tests.services.reporting.world import AT, programme

TEMPLATES = Path(dashboard.__file__).with_name("templates")
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_both_languages_have_the_sentence_and_fill_in_the_same(key: str) -> None:
    indonesian, english = TEXTS[key]
    assert indonesian
    assert english
    assert re.findall(r"{(\w+)}", indonesian) == re.findall(r"{(\w+)}", english)


def test_every_sentence_that_the_page_asks_for_is_there() -> None:
    pages = "".join(page.read_text() for page in TEMPLATES.glob("*.html"))
    assert set(re.findall(r't\("(\w+)"[),]', pages)) <= set(TEXTS)


def test_a_sentence_that_does_not_exist_is_an_error_not_a_blank() -> None:
    with pytest.raises(KeyError):
        text("id", "no such sentence")


def test_every_column_has_a_heading_in_both_languages() -> None:
    assert all(indonesian and english for indonesian, english in CSV_COLUMNS)


def test_numbers_are_written_the_indonesian_way_and_the_english_way() -> None:
    assert (number("id", 1250000), number("en", 1250000)) == ("1.250.000", "1,250,000")
    assert (percent("id", 0.4567), percent("en", 0.4567)) == ("45,6%", "45.6%")
    assert number("id", None) == percent("id", None) == "–"


def test_a_share_is_cut_so_that_a_goal_is_never_shown_before_it_is_reached() -> None:
    assert percent("id", 0.99999) == "99,9%"
    assert percent("id", 0.999, 0) == "99%"
    assert percent("id", 0.57) == "57,0%"


def test_times_are_shown_in_western_indonesian_time() -> None:
    assert clock("id", "2026-11-21T18:05:09.123Z") == "Dihitung 22 November 2026 01.05 WIB"
    assert clock("en", "2026-11-21T18:05:09.123Z") == "Counted 22 November 2026 01:05 WIB"
    assert clock("id", None) == "Belum ada angka"


def test_a_bar_is_never_longer_than_its_track() -> None:
    assert [width(share) for share in (None, 0, 0.5, 1, 1.7)] == [0, 0, 500, 1000, 1000]


def board() -> Board:
    """A programme with targets, and Jambi's civil servants over their quota."""
    made, event = Board(), programme(asn_15=20).event
    made.programmes.take(Heard(programme().topic, "p", event))
    cell = QuotaCellCountedV1(
        year=2026, level="province", region_code="15", category=Category.ASN, quota=20,
        registered=40, attended=30, eligible=25, certified=22, version=1, as_of=AT,
    )  # fmt: skip
    made.take(Heard(QUOTAS, "k", cell))
    return made


def test_a_page_of_one_category_shows_only_its_target() -> None:
    every = marks(board(), Shown(2026, "id", None), TODAY, recounting=False)
    asn = marks(board(), Shown(2026, "id", "asn"), TODAY, recounting=False)
    public = marks(board(), Shown(2026, "id", "public"), TODAY, recounting=False)
    assert every["progress.target"] == "dari target 1.250"
    assert asn["progress.target"] == "dari target 1.000"
    assert (asn["n.certified"], public["n.certified"]) == ("22", "0")
    assert every["p.15.title"] == "Jambi: 22 bersertifikat dari kuota 20"
    assert (every["p.15.level"], every["p.11.level"]) == (5, 0)


def test_a_year_without_targets_or_cells_is_a_page_too() -> None:
    empty = marks(Board(), Shown(2030, "en", None), TODAY, recounting=True)
    assert empty["progress.target"] == "no target set"
    assert empty["recounting"] == 1
    assert "pace.needed" not in empty


def test_the_board_keeps_the_highest_version_of_a_cell() -> None:
    made = board()
    (cell,) = made.cells(2026)
    made.take(Heard(QUOTAS, "k", cell.model_copy(update={"version": 3, "certified": 9})))
    made.take(Heard(QUOTAS, "k", cell.model_copy(update={"version": 2, "certified": 5})))
    made.take(Heard(QUOTAS, "k", None))
    assert [c.certified for c in made.cells()] == [9]
    assert [c.certified for c in made.changes()] == [9]
    assert made.changes() == []
    assert made.years() == [2026]
