"""The brute-force counting against examples worked out by hand from rules C1 to C3."""

from tests.oracle.counting_oracle import Counted, Enrolled, cells


def enrolled(webinar: str, **changes: object) -> Enrolled:
    one = Enrolled(2026, "p1", webinar, 1, "15.72", "asn")
    return one._replace(**changes)


def test_a_person_with_two_certificates_counts_once_in_the_regency_and_in_its_province() -> None:
    both = [enrolled(w, present_seconds=9, eligible=True, certified=True) for w in ("w1", "w2")]
    one = Counted(1, 1, 1, 1)
    assert cells(both) == {(2026, "15.72", "asn"): one, (2026, "15", "asn"): one}


def test_the_highest_version_of_the_year_says_where_a_person_counts() -> None:
    moved = [enrolled("w1", present_seconds=5), enrolled("w2", version=2, region_code="31")]
    assert cells(moved) == {(2026, "31", "asn"): Counted(1, 1, 0, 0)}


def test_a_cancelled_enrolment_counts_nothing() -> None:
    assert cells([enrolled("w1", cancelled=True, present_seconds=5, certified=True)]) == {}


def test_years_are_apart() -> None:
    found = cells([enrolled("w1"), enrolled("w2", year=2027)])
    assert {year for year, _, _ in found} == {2026, 2027}
