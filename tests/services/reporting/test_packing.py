"""A person's bytes say all that is known, and nothing else fits in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.quota import Certificate, Counts, Decision, Enrolment, Part
from services.reporting.packing import (
    CATEGORIES,
    is_region,
    pack,
    pack_counts,
    unpack,
    unpack_counts,
)
from shared.events.registration import Category
from shared.regions import regions

enrolments = st.just(Enrolment()) | st.builds(
    Enrolment, st.integers(0, 2**63), st.booleans(), st.integers(2000, 2999),
    st.sampled_from(sorted(regions())), st.sampled_from(CATEGORIES),
)  # fmt: skip
parts = st.builds(
    Part, enrolments, st.builds(Decision, st.integers(0, 2**32 - 1), st.booleans(), st.booleans()),
    st.builds(Certificate, st.integers(0, 2**16 - 1), st.booleans()),
)  # fmt: skip
persons = st.dictionaries(st.uuids().map(lambda u: u.hex), parts, max_size=5)


@given(persons)
def test_what_is_packed_is_unpacked(person: dict[str, Part]) -> None:
    assert unpack(pack(person)) == person
    assert len(pack(person)) == 36 * len(person)


@given(st.builds(Counts, *[st.integers(0, 10**7)] * 4))
def test_counters_too(counts: Counts) -> None:
    assert unpack_counts(pack_counts(counts)) == counts


def test_a_counter_that_was_never_written_is_zero() -> None:
    assert unpack_counts(None) == Counts()


def test_every_category_has_its_place_for_ever() -> None:
    assert CATEGORIES == ("asn", "tni", "polri", "prosecutor", "legislator", "public")
    assert set(CATEGORIES) == {category.value for category in Category}


@pytest.mark.parametrize("code", ["1", "1572", "15.7", "15.720", "15.72.01", "", "AA", "15."])
def test_a_code_of_another_form_is_no_region(code: str) -> None:
    assert not is_region(code)
