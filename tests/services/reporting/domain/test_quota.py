"""Rules C1–C4 on their own: what a person counts, in any order and with any duplicates."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.quota import (
    NOTHING,
    Cell,
    Certificate,
    Counts,
    Decision,
    Enrolment,
    Fact,
    Part,
    Webinar,
    forgotten,
    learnt,
    move,
    standing,
    summed,
    tally,
)
from tests.oracle.counting_oracle import Enrolled, cells

JAMBI, ACEH, KOTA_JAMBI = "15", "11", "15.72"
W1, W2, W3 = "a1", "b2", "c3"


def counters(person: Any) -> Any:
    """In which counters a person stands."""
    return standing(person).counters


def part(*facts: Fact) -> Part:
    """A part that knows these facts."""
    known = Part()
    for fact in facts:
        known = learnt(known, fact)
    return known


def enrolled(
    region: str = JAMBI, *, version: int = 1, cancelled: bool = False, year: int = 2026
) -> Enrolment:
    """An enrolment of a civil servant."""
    return Enrolment(version, cancelled, year, region, "asn")


def test_a_person_who_is_enrolled_counts_as_registered_only() -> None:
    stands = counters({W1: part(enrolled())})
    assert stands[Cell(2026, JAMBI, "asn")] == Counts(1, 0, 0, 0)
    assert stands[Webinar(W1)] == Counts(1, 0, 0, 0)


def test_three_certificates_of_one_person_count_once() -> None:
    whole = part(enrolled(), Decision(1, True, True), Certificate(1))
    assert counters({W1: whole, W2: whole, W3: whole})[Cell(2026, JAMBI, "asn")] == Counts(
        1, 1, 1, 1
    )


def test_whose_only_certificate_is_revoked_counts_back_down() -> None:
    issued = part(enrolled(), Certificate(1))
    revoked = learnt(issued, Certificate(2, void=True))
    crowds: Any = {}
    move(crowds, {W1: issued}, {W1: revoked})
    assert summed(crowds)[Cell(2026, JAMBI, "asn")] == (0, 0, 0, -1)


def test_one_certificate_left_of_two_still_counts() -> None:
    person = {W1: part(enrolled(), Certificate(2, void=True)), W2: part(enrolled(), Certificate(1))}
    assert counters(person)[Cell(2026, JAMBI, "asn")].certified == 1


def test_a_cancelled_enrolment_counts_nothing_not_even_as_certified() -> None:
    cancelled = part(enrolled(version=2, cancelled=True), Decision(1, True, True), Certificate(1))
    assert counters({W1: cancelled}) == {}


def test_needs_review_is_attended_but_not_eligible() -> None:
    stands = counters({W1: part(enrolled(), Decision(3, True, False))})
    assert stands[Cell(2026, JAMBI, "asn")] == Counts(1, 1, 0, 0)


def test_the_highest_version_of_all_enrolments_says_where_a_person_counts() -> None:
    person = {W1: part(enrolled(JAMBI, version=5)), W2: part(enrolled(ACEH, version=9))}
    assert set(counters(person)) == {Webinar(W1), Webinar(W2), Cell(2026, ACEH, "asn")}


def test_of_equal_versions_the_higher_enrolment_id_says_where() -> None:
    person = {W1: part(enrolled(JAMBI, version=5)), W2: part(enrolled(ACEH, version=5))}
    assert Cell(2026, ACEH, "asn") in counters(person)
    assert Cell(2026, JAMBI, "asn") not in counters(person)


def test_a_move_moves_the_person_once_with_all_they_have() -> None:
    before = part(enrolled(JAMBI), Decision(1, True, True), Certificate(1))
    after = learnt(before, enrolled(ACEH, version=2))
    crowds: Any = {}
    move(crowds, {W1: before}, {W1: after})
    moved = {Cell(2026, JAMBI, "asn"): (-1, -1, -1, -1), Cell(2026, ACEH, "asn"): (1, 1, 1, 1)}
    assert summed(crowds) == moved


def test_a_regency_counts_in_its_own_cell_and_in_its_province() -> None:
    stands = counters({W1: part(enrolled(KOTA_JAMBI))})
    assert stands[Cell(2026, JAMBI, "asn")] == stands[Cell(2026, KOTA_JAMBI, "asn")] == Counts(1)


def test_each_year_counts_by_itself() -> None:
    person = {
        W1: part(enrolled(JAMBI, year=2025, version=9), Certificate(1)),
        W2: part(enrolled(ACEH, year=2026)),
    }
    assert counters(person)[Cell(2025, JAMBI, "asn")] == Counts(1, 0, 0, 1)
    assert counters(person)[Cell(2026, ACEH, "asn")] == Counts(1, 0, 0, 0)


def test_a_decision_without_an_enrolment_waits_for_it() -> None:
    early = part(Decision(1, True, True))
    assert counters({W1: early}) == {}
    assert counters({W1: learnt(early, enrolled())})[Webinar(W1)] == Counts(1, 1, 1, 0)


def test_C4_an_older_version_that_comes_later_changes_nothing() -> None:
    newest = part(enrolled(version=2), Decision(2, False, False), Certificate(2, void=True))
    for older in (enrolled(ACEH, version=1), Decision(1, True, True), Certificate(1)):
        assert learnt(newest, older) == newest


def test_what_a_tombstone_takes_back_is_gone_as_in_a_rebuild() -> None:
    known = part(enrolled(), Decision(1, True, True), Certificate(1))
    assert forgotten(known, Enrolment) == part(Decision(1, True, True), Certificate(1))
    assert forgotten(known, Decision) == part(enrolled(), Certificate(1))
    assert forgotten(known, Certificate) == part(enrolled(), Decision(1, True, True))


people, webinars = st.sampled_from("pqrs"), st.sampled_from([W1, W2, W3])
facts = st.one_of(
    st.builds(
        Enrolment, st.integers(1, 4), st.booleans(), st.sampled_from([2025, 2026]),
        st.sampled_from([JAMBI, ACEH, KOTA_JAMBI, "15.01"]), st.sampled_from(["asn", "public"]),
    ),
    st.builds(Decision, st.integers(1, 4), st.booleans(), st.booleans()),
    st.builds(Certificate, st.integers(1, 4), st.booleans()),
)  # fmt: skip
log = st.lists(st.tuples(people, webinars, facts), max_size=40)
Log = list[tuple[str, str, Any]]


def folded(entries: Log) -> dict[str, dict[str, Part]]:
    """Everybody, after these facts in this order."""
    known: dict[str, dict[str, Part]] = {}
    for person, webinar, fact in entries:
        parts = known.setdefault(person, {})
        parts[webinar] = learnt(parts.get(webinar, Part()), fact)
    return known


@given(log, st.randoms(use_true_random=False))
def test_any_order_and_any_duplicates_give_the_same_counters(
    entries: Log, chance: random.Random
) -> None:
    jumbled = entries + chance.sample(entries, k=len(entries) // 2)
    chance.shuffle(jumbled)
    assert tally(folded(entries).values()) == tally(folded(jumbled).values())


@given(log)
def test_counters_moved_fact_by_fact_equal_a_recount(entries: Log) -> None:
    crowds: Any = {}
    known: dict[str, dict[str, Part]] = {}
    for person, webinar, fact in entries:
        before = known.get(person, {})
        after = {**before, webinar: learnt(before.get(webinar, Part()), fact)}
        move(crowds, before, after)
        known[person] = after
    moved = summed(crowds)
    assert moved == tally(known.values())
    assert all(min(counts) >= 0 for counts in moved.values())


@given(log)
def test_cells_equal_brute_force(entries: Log) -> None:
    known = folded(entries)
    expected = cells(
        Enrolled(
            p.enrolment.year, person, webinar, p.enrolment.version, p.enrolment.region_code,
            p.enrolment.category, p.enrolment.cancelled, int(p.decision.attended),
            p.decision.eligible, p.certificate.revision > 0 and not p.certificate.void,
        )
        for person, parts in known.items()
        for webinar, p in parts.items()
        if p.enrolment.year
    )  # fmt: skip
    found = {tuple(c): tuple(n) for c, n in tally(known.values()).items() if isinstance(c, Cell)}
    assert found == {cell: tuple(figures) for cell, figures in expected.items()}


@given(log)
def test_a_webinars_counter_never_exceeds_its_people(entries: Log) -> None:
    known = folded(entries)
    totals = tally(known.values())
    for webinar in (W1, W2, W3):
        here = sum(webinar in parts for parts in known.values())
        assert max(totals.get(Webinar(webinar), NOTHING)) <= here
