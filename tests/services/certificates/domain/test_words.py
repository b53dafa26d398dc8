"""Indonesian words on a certificate."""

import pytest

from services.certificates.domain import words


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "nol"), (1, "satu"), (10, "sepuluh"), (11, "sebelas"), (14, "empat belas"),
        (20, "dua puluh"), (45, "empat puluh lima"), (100, "seratus"), (111, "seratus sebelas"),
        (208, "dua ratus delapan"), (1000, "seribu"), (1999, "seribu sembilan ratus sembilan puluh sembilan"),
        (20_000, "dua puluh ribu"), (101_001, "seratus satu ribu satu"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_indonesians_write_them(number: int, text: str) -> None:
    assert words.in_words(number) == text


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_a_number_without_words_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        words.in_words(number)


def test_lesson_hours_stand_in_figures_and_words() -> None:
    assert words.lesson_hours(4) == "4 (empat) Jam Pelajaran"
    assert words.lesson_hours(0) == ""


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Jakarta", "Kamis, 12 November 2026, 09.00–11.30 WIB"),
        ("Asia/Makassar", "Kamis, 12 November 2026, 10.00–12.30 WITA"),
        ("Asia/Jayapura", "Kamis, 12 November 2026, 11.00–13.30 WIT"),
        ("Europe/Paris", "Kamis, 12 November 2026, 02.00–04.30 UTC"),
    ],
)
def test_a_session_is_shown_in_its_own_zone(zone: str, text: str) -> None:
    assert words.span("2026-11-12T02:00:00Z", "2026-11-12T04:30:00Z", zone) == text


def test_a_session_over_midnight_names_both_days() -> None:
    text = words.span("2026-11-12T16:00:00Z", "2026-11-12T18:00:00Z", "Asia/Jakarta")
    assert text == "Kamis, 12 November 2026, 23.00 – Jumat, 13 November 2026, 01.00 WIB"


@pytest.mark.parametrize(
    ("times", "text"),
    [
        (["2026-11-12T02:00:00Z", "2026-11-12T05:00:00Z"], "12 November 2026"),
        (["2026-11-14T02:00:00Z", "2026-11-12T05:00:00Z"], "12–14 November 2026"),
        (["2026-11-30T02:00:00Z", "2026-12-01T05:00:00Z"], "30 November 2026 – 1 Desember 2026"),
    ],
)
def test_a_range_of_days_is_written_briefly(times: list[str], text: str) -> None:
    assert words.days([words.parse_utc(t) for t in times]) == text


def test_roman_months_run_from_one_to_twelve() -> None:
    assert [words.roman_month(m) for m in (1, 4, 9, 11, 12)] == ["I", "IV", "IX", "XI", "XII"]
