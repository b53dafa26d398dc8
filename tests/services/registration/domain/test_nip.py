"""NIP of PNS and PPPK: form only, there is no check digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.nip import nip_doubt, nip_problem

YEAR = 2026
PNS = "199001012015011001"
PPPK = "199009132025242014"


@pytest.mark.parametrize("nip", [PNS, PPPK, "198512312010121999"])
def test_both_forms_of_civil_servants_are_accepted(nip):
    assert nip_problem(nip, YEAR) is None


@pytest.mark.parametrize(
    ("nip", "problem"),
    [
        ("19900101201501100", "nip_digits"),
        ("1990010120150110011", "nip_digits"),
        ("19900101201501100a", "nip_digits"),
        ("١٩٩٠٠١٠١٢٠١٥٠١١٠٠١", "nip_digits"),
        ("1,99001E+17", "nip_scientific"),
        ("199002302015011001", "nip_birth"),
        ("194901012015011001", "nip_age"),
        ("201501012026011001", "nip_age"),
        ("199001012004011001", "nip_appointed"),
        ("199001012027011001", "nip_appointed"),
        ("199001012015013001", "nip_sex"),
        ("199001012015011000", "nip_serial"),
    ],
)
def test_what_cannot_be_a_nip_is_named(nip, problem):
    assert nip_problem(nip, YEAR) == problem


@given(st.integers(1, 12) | st.integers(20, 99))
def test_months_and_contract_codes_raise_no_doubt(kind):
    assert nip_doubt(f"19900101{2015}{kind:02}1001") is None


@given(st.just(0) | st.integers(13, 19))
def test_other_codes_are_doubtful_but_no_problem(kind):
    nip = f"199001012015{kind:02}1001"
    assert nip_problem(nip, YEAR) is None
    assert nip_doubt(nip) == "nip_kind"


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text):
    assert nip_problem(text, YEAR) is None or nip_problem(text, YEAR).startswith("nip_")
