"""Numbers without gaps or doubles, whatever the workers do."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.number import (
    DEFAULT_PATTERN,
    Ranks,
    WrongPattern,
    check_pattern,
    number_in,
    series_of,
)
from shared.events.certificates import NumberTakenV1
from shared.keys import certificate_id_of

WEBINARS = [str(UUID(int=n)) for n in (1, 2)]


def claim(
    person: int, webinar: int = 0, series: str = "A/{seq}", sealed: str = "x"
) -> NumberTakenV1:
    return NumberTakenV1(
        series=series, webinar_id=WEBINARS[webinar], participant_id=str(UUID(int=100 + person)),
        sealed=sealed, region_code="15.72", category="asn", year=2026,
    )  # fmt: skip


people = st.tuples(st.integers(0, 15), st.integers(0, 1), st.sampled_from(["A/{seq}", "B/{seq}"]))


@given(st.lists(people, max_size=80))
def test_ranks_of_a_series_have_no_gap_and_no_double(log: list[tuple[int, int, str]]) -> None:
    ranks, given_ranks = Ranks(), {"A/{seq}": [], "B/{seq}": []}
    for person, webinar, series in log:
        rank = ranks.take(claim(person, webinar, series))
        if rank is not None:
            given_ranks[series].append(rank)
    assert all(got == list(range(1, len(got) + 1)) for got in given_ranks.values())
    assert len(ranks) == len({(p, w) for p, w, _ in log}) == sum(map(len, given_ranks.values()))


@given(
    st.lists(st.integers(0, 20), max_size=40),
    st.lists(st.integers(0, 20), max_size=40),
    st.randoms(),
)
def test_two_workers_that_claim_the_same_people_give_each_one_number(one, two, random) -> None:
    log, queues = [], [list(one), list(two)]
    while any(queues):
        queue = random.choice([q for q in queues if q])
        log.append(claim(queue.pop(0)))
    first_reader, second_reader = Ranks(), Ranks()
    numbers: dict[str, int] = {}
    for record in log:
        rank = first_reader.take(record)
        assert rank == second_reader.take(record)
        if rank is not None:
            assert record.participant_id not in numbers
            numbers[record.participant_id] = rank
    assert sorted(numbers.values()) == list(range(1, len(set(one) | set(two)) + 1))
    assert all(a < b for a, b in pairwise(numbers.values()))


@given(st.lists(people, max_size=40), st.lists(people, max_size=40))
def test_a_replay_of_the_log_appended_to_itself_takes_nothing(log, more) -> None:
    ranks = Ranks()
    before = [ranks.take(claim(*entry)) for entry in log]
    assert [ranks.take(claim(*entry)) for entry in log] == [None] * len(log)
    fresh = Ranks()
    assert [fresh.take(claim(*entry)) for entry in log] == before
    assert [ranks.take(claim(*e)) for e in more] == [fresh.take(claim(*e)) for e in more]


def test_a_person_has_one_number_even_if_the_pattern_was_changed_meanwhile() -> None:
    ranks = Ranks()
    assert ranks.take(claim(1, series="A/{seq}")) == 1
    assert ranks.take(claim(1, series="B/{seq}")) is None
    assert ranks.take(claim(2, series="B/{seq}")) == 1


def test_has_tells_who_took_a_number() -> None:
    ranks = Ranks()
    ranks.take(claim(1))
    assert ranks.has(certificate_id_of(WEBINARS[0], claim(1).participant_id))
    assert not ranks.has(certificate_id_of(WEBINARS[1], claim(1).participant_id))


def test_the_number_is_the_pattern_filled_in() -> None:
    series = series_of(DEFAULT_PATTERN, 2026)
    assert number_in(series, 42, region_code="15.72", month=11) == "0000042/HAM/15.72/2026"
    roman = series_of("{seq}/{roman}/{province}/{year}", 2026)
    assert number_in(roman, 7, region_code="15.72", month=11) == "7/XI/15/2026"


@pytest.mark.parametrize(
    "pattern",
    ["HAM/{year}", "{seq}/{nip}", "{seq.__class__}", "{seq}/{region:>9}", "{seq", "{}", "{seq}{0}"],
)
def test_a_pattern_that_cannot_number_is_refused(pattern: str) -> None:
    with pytest.raises(WrongPattern):
        check_pattern(pattern)
