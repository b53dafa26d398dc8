"""A person's QR code: personal, for one webinar, not to be guessed; what is wrong with one is told."""

from uuid import UUID

import pytest

from services.attendance.domain.checkin import Refusal
from services.attendance.door_codes import LENGTH, code_of, mark_of, person_of
from services.attendance.pages.qr import QUIET, modules, qr_svg

KEY, OTHER_KEY = bytes(32), bytes(range(32))
WEBINAR, OTHER, PERSON, SOMEBODY = (str(UUID(int=n << 120 | n)) for n in (11, 12, 13, 14))
CODE = code_of(KEY, WEBINAR, PERSON)


@pytest.mark.parametrize("shown", [CODE, CODE.lower(), f" {CODE}\n"])
def test_a_code_names_its_person(shown: str) -> None:
    assert person_of(KEY, WEBINAR, shown) == PERSON


def test_a_code_fits_the_small_kind_of_qr_code() -> None:
    assert len(CODE) == LENGTH
    assert set(CODE) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.")
    assert len(modules(CODE)) == 29


def test_F_a_code_of_another_webinar_is_told_from_a_forged_one() -> None:
    assert person_of(KEY, WEBINAR, code_of(KEY, OTHER, PERSON)) is Refusal.OTHER_WEBINAR


@pytest.mark.parametrize("length", [1, 20, 32, 33, 41, 60])
def test_F_a_code_that_was_cut_short_is_told_from_a_forged_one(length: int) -> None:
    assert person_of(KEY, WEBINAR, CODE[:length]) is Refusal.CODE_CUT_SHORT


@pytest.mark.parametrize(
    "forged",
    [
        CODE.replace(PERSON.replace("-", "").upper(), SOMEBODY.replace("-", "").upper()),
        CODE[:-1] + ("A" if CODE[-1] != "A" else "B"),
        CODE + "A",
        code_of(OTHER_KEY, WEBINAR, PERSON),
        "https://elsewhere.example/" + "x" * 60,
        "",
        "ï" * LENGTH,
    ],
)
def test_nobody_can_make_a_code(forged: str) -> None:
    assert person_of(KEY, WEBINAR, forged) is Refusal.CODE_UNKNOWN


def test_a_mark_knows_a_code_and_is_not_one() -> None:
    assert mark_of(CODE) == mark_of(CODE) != mark_of(code_of(KEY, WEBINAR, SOMEBODY))
    assert person_of(KEY, WEBINAR, mark_of(CODE)) is Refusal.CODE_UNKNOWN


def test_the_picture_is_the_code_with_its_quiet_zone_and_no_style() -> None:
    svg = qr_svg(CODE)
    assert f'viewBox="0 0 {29 + 2 * QUIET} {29 + 2 * QUIET}"' in svg
    assert svg.count("h1v1h-1z") == sum(map(sum, modules(CODE)))
    assert "style" not in svg
