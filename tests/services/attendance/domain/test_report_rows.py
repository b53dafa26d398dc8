"""What rows do to a connection (rule Z3), which reads are confirmed (Z1, Z2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attendance.domain.facts import Connection, Fact
from services.attendance.domain.presence import measure
from services.attendance.domain.reported import differences, unreported, with_rows
from services.attendance.domain.reports import Read, confirmed, lone, refusal, root
from services.attendance.domain.visits import visits
from tests.services.attendance.domain.builders import (
    Evidence,
    T,
    connection,
    joined,
    left,
    the_plan,
)


def row(start: int, end: int, user: str = "1") -> tuple[str, int, int]:
    return user, T + start, T + end


def closed(*facts: Fact, rows: tuple[tuple[str, int, int], ...]) -> list[tuple[int, int]]:
    return [(a - T, b - T) for a, b in visits(with_rows(facts, rows)).closed]


def kinds(*facts: Fact, rows: tuple[tuple[str, int, int], ...]) -> dict[str, str]:
    return {one.user_id: one.kind for one in differences(facts, rows)}


def test_Z3_a_row_closes_what_was_inferred() -> None:
    assert closed(joined(10), rows=(row(10, 500),)) == [(10, 500)]
    assert closed(left(500), rows=(row(10, 500),)) == [(10, 500)]
    assert kinds(joined(10), rows=(row(10, 500),)) == {"1": "closed"}


@pytest.mark.parametrize("off", [-2, -1, 0, 1, 2])
def test_Z3_up_to_two_seconds_the_webhook_stands(off: int) -> None:
    assert closed(joined(10), left(500), rows=(row(10 + off, 500 - off),)) == [(10, 500)]
    assert kinds(joined(10), left(500), rows=(row(10 + off, 500 - off),)) == {}


@pytest.mark.parametrize("off", [-3, 3])
def test_Z3_beyond_two_seconds_the_report_stands_and_it_is_listed(off: int) -> None:
    assert closed(joined(10), left(500), rows=(row(10 + off, 500),)) == [(10 + off, 500)]
    assert kinds(joined(10), left(500), rows=(row(10 + off, 500),)) == {"1": "differs"}


def test_Z3_a_row_adds_a_stay_whose_webhooks_were_lost() -> None:
    rows = (row(10, 500), row(600, 900, "2"))
    assert closed(joined(10), left(500), rows=rows) == [(10, 500), (600, 900)]
    assert kinds(joined(10), left(500), rows=rows) == {"2": "lost"}


def test_Z3_a_user_id_without_a_row_stays_and_is_listed() -> None:
    facts = (joined(10), left(500), joined(600, "2"), left(700, "2"))
    assert closed(*facts, rows=(row(10, 500),)) == [(10, 500), (600, 700)]
    assert kinds(*facts, rows=(row(10, 500),)) == {"2": "unreported"}


def test_Z3_a_move_between_rooms_stays_one_visit() -> None:
    facts = (joined(10), left(300), joined(300, "2"), left(900, "2"))
    assert closed(*facts, rows=(row(11, 299), row(301, 900, "2"))) == [(10, 900)]


def test_rows_of_breakout_rooms_belong_to_whose_id_is_glued_to_a_time() -> None:
    glued = "167792642026-02-02 02:23:20:000"
    assert root(glued) == "16779264"
    facts = (joined(10, "16779264"), left(300, "16779264"))
    rows = (row(10, 300, "16779264"), row(300, 500, glued))
    assert closed(*facts, rows=rows) == [(10, 500)]
    assert unreported(facts, rows) == frozenset()


def test_a_stay_of_no_seconds_counts_nothing() -> None:
    assert closed(rows=(row(10, 10),)) == []


@given(
    st.lists(st.tuples(st.sampled_from("jl"), st.sampled_from("123"), st.integers(T, T + 60)),
             max_size=8),
    st.lists(st.tuples(st.sampled_from("123"), st.integers(T, T + 60), st.integers(0, 30)),
             max_size=5),
    st.randoms(),
)  # fmt: skip
def test_L1_order_and_repetition_of_facts_and_rows_change_nothing(facts, rows, rng) -> None:
    stays = tuple((user, start, start + length) for user, start, length in rows)
    one = Connection("c", "m1", "93201235621", tuple(facts), rows=stays, reported=True)
    mixed, more = facts * 2, list(stays) * 2
    rng.shuffle(mixed)
    rng.shuffle(more)
    other = one._replace(facts=tuple(mixed), rows=tuple(more))
    plan = the_plan()
    assert measure(plan, Evidence((one,))) == measure(plan, Evidence((other,)))
    assert set(differences(one.facts, one.rows)) == set(differences(other.facts, other.rows))


def test_Z3_whoever_has_no_row_is_told_from_who_has() -> None:
    whole = connection(joined(0), left(100))._replace(rows=(row(0, 100),), reported=True)
    without = connection(joined(0), left(100))._replace(reported=True)
    assert measure(the_plan(), Evidence((whole,))).unreported == ()
    assert measure(the_plan(), Evidence((without,))).unreported == ("m1",)


def read(number: int, digest: str = "A", rows: int = 2, problem: str = "") -> Read:
    return Read(number * 1000, number + 5, 2, rows, digest, problem)


def test_Z1_a_read_is_confirmed_by_an_equal_one_that_was_over_long_enough_before() -> None:
    assert [c.number for c in confirmed([read(0), read(65)], 60)] == [65_000]
    assert confirmed([read(0), read(64)], 60) == ()
    assert confirmed([read(0), read(100, "B")], 60) == ()


def test_Z1_reads_that_are_not_whole_confirm_nothing() -> None:
    assert confirmed([read(0, rows=1), read(100, rows=1)], 60) == ()
    assert confirmed([read(0, problem="total_changed"), read(100)], 60) == ()


def test_Z2_the_last_read_so_confirmed_wins() -> None:
    reads = [read(0), read(100), read(200, "B"), read(300, "B"), read(400, "C")]
    assert confirmed(reads, 60)[-1].digest == "B"


def test_Z1_one_participant_alone_needs_no_report() -> None:
    assert lone({0: ("a",), 1: ()}, 2)
    assert lone({0: ("a",), 1: ("a",)}, 2)
    assert not lone({0: ("a",), 1: ("b",)}, 2)
    assert not lone({0: ("a",)}, 2)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("", 1, 2), "no_user_id"), (("1", None, 2), "no_time"), (("1", 1, None), "no_time"),
        (("1", 5, 4), "leave_before_join"), (("1", 0, 200_000), "too_long"), (("1", 1, 1), ""),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_are_no_evidence(given, why: str) -> None:
    assert refusal(*given, None) == why


def test_a_row_years_off_is_of_another_meeting() -> None:
    assert refusal("1", T - 10**8, T - 10**8 + 60, (T, T + 3600)) == "another_meeting"
    assert refusal("1", T - 60, T + 60, (T, T + 3600)) == ""
