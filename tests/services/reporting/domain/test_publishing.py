"""What the quota topic says next: versions only grow, and nothing is said twice."""

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.publishing import (
    BURST,
    LONGEST,
    Book,
    Said,
    Values,
    due,
    heard,
    holds_back,
    wanted,
    wiped,
)
from services.reporting.domain.quota import Cell, Counts

JAMBI, ACEH = Cell(2026, "15", "asn"), Cell(2026, "11", "asn")
ONE, TWO = Values(20, Counts(1)), Values(20, Counts(2))


def test_a_cell_never_said_begins_with_version_1() -> None:
    assert due({}, {JAMBI: ONE}) == {JAMBI: Said(1, ONE)}


def test_what_was_said_last_is_not_said_again() -> None:
    assert due({JAMBI: Said(7, ONE)}, {JAMBI: ONE}) == {}


def test_a_changed_counter_or_quota_is_the_next_version() -> None:
    book: Book = {JAMBI: Said(7, ONE), ACEH: Said(3, ONE)}
    new = due(book, {JAMBI: TWO, ACEH: Values(None, ONE.counts)})
    assert new == {JAMBI: Said(8, TWO), ACEH: Said(4, Values(None, ONE.counts))}


def test_in_a_burst_a_cell_is_said_every_few_seconds_and_when_it_is_over_at_once() -> None:
    assert holds_back(BURST + 1, 1.0)
    assert not holds_back(BURST + 1, LONGEST)
    assert not holds_back(0, 1.0)


def test_a_foreign_higher_version_with_wrong_values_is_answered_by_a_higher_one() -> None:
    book: Book = {JAMBI: Said(7, ONE)}
    heard(book, JAMBI, 9, TWO)
    assert due(book, {JAMBI: ONE}) == {JAMBI: Said(10, ONE)}


def test_a_foreign_record_of_an_old_version_is_answered_even_if_its_values_are_right() -> None:
    book: Book = {JAMBI: Said(7, ONE)}
    heard(book, JAMBI, 6, ONE)
    assert due(book, {JAMBI: ONE}) == {JAMBI: Said(8, ONE)}


def test_the_same_record_twice_is_no_reason_to_speak() -> None:
    book: Book = {}
    heard(book, JAMBI, 7, ONE)
    heard(book, JAMBI, 7, ONE)
    assert due(book, {JAMBI: ONE}) == {}


def test_a_wiped_cell_is_said_again_with_a_higher_version() -> None:
    book: Book = {JAMBI: Said(7, ONE)}
    wiped(book, JAMBI)
    assert due(book, {JAMBI: ONE}) == {JAMBI: Said(8, ONE)}


def test_after_the_answer_all_is_quiet_again() -> None:
    book: Book = {JAMBI: Said(7, ONE, spoilt=True)}
    heard(book, JAMBI, 8, ONE)
    assert due(book, {JAMBI: ONE}) == {}


def test_cells_with_a_quota_but_no_person_are_wanted_with_zeros() -> None:
    assert wanted({}, {JAMBI: 20}, {}) == {JAMBI: Values(20, Counts())}


def test_a_cell_that_was_said_once_stays_wanted_when_its_people_have_moved_on() -> None:
    assert wanted({}, {}, {JAMBI: Said(7, ONE)}) == {JAMBI: Values(None, Counts())}


values = st.builds(Values, st.none() | st.integers(0, 9), st.builds(Counts, st.integers(0, 3)))


@given(st.lists(st.one_of(values, st.tuples(st.integers(0, 30), values)), max_size=40))
def test_the_publishers_versions_only_grow_whatever_strangers_write(
    steps: list[Values | tuple[int, Values]],
) -> None:
    book: Book = {}
    highest = 0
    for step in steps:
        if isinstance(step, Values):
            for said in due(book, {JAMBI: step}).values():
                assert said.version > highest
                heard(book, JAMBI, said.version, said.values)
                highest = said.version
            assert book[JAMBI].values == step
        else:
            heard(book, JAMBI, *step)
            highest = max(highest, step[0])
