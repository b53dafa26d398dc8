"""What may be printed of a name that came from a spreadsheet."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.text import LONGEST, PRINTABLE, masked, printable


def test_invisible_and_turning_characters_are_taken_out() -> None:
    assert printable("Si\u200bti\u202e Con\u00adtoh\ufe0f\x00") == "Siti Contoh"
    assert printable("Siti\x07 Contoh\x00") == "Siti Contoh"  # nothing but ASCII


def test_a_name_is_one_line_with_single_spaces() -> None:
    assert printable("  Siti\tContoh \n\u00a0Kedua ") == "Siti Contoh Kedua"
    assert printable("  Siti   Contoh ") == "Siti Contoh"


def test_letters_with_separate_accents_become_one_letter() -> None:
    assert printable("Ame\u0301lie") == "Amélie"


def test_what_the_fonts_cannot_show_is_visibly_replaced() -> None:
    assert printable("Siti 😀 مثال") == "Siti \ufffd \ufffd\ufffd\ufffd\ufffd"


def test_stacked_accents_are_cut_to_two() -> None:
    assert printable("a" + "\u0316\u0317\u0318\u0319") == "a\u0316\u0317"


def test_a_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    shown = printable("x" * 500)
    assert len(shown) == LONGEST
    assert shown.endswith("…")


@given(st.text())
def test_printed_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert all(any(a <= ord(c) <= b for a, b in PRINTABLE) for c in shown)
    assert not any(unicodedata.category(c) in {"Cc", "Cf"} for c in shown)


def test_a_nip_shows_four_and_two_digits() -> None:
    assert masked("198612122010122001") == "1986************01"
    assert masked(masked("198612122010122001")) == "1986************01"


def test_a_short_identity_is_masked_whole() -> None:
    assert masked("12345678") == "********"
