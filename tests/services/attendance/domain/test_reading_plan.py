"""When a report is read: after the meeting, until it is confirmed, and once more (rule Z1)."""

import pytest

from services.attendance.domain.reading_plan import Pace, due_at, settled
from services.attendance.domain.reports import Read

OVER = 1_770_000_000
PACE = Pace(first=300, reread=60, again=(3600, 7200))


def read(after: int, digest: str = "A", total: int = 3, rows: int = 3, problem: str = "") -> Read:
    """A read that began so many seconds after the end, and took five."""
    return Read((OVER + after) * 1000, OVER + after + 5, total, rows, digest, problem)


def test_the_first_read_comes_some_minutes_after_the_end() -> None:
    assert due_at(OVER, [], PACE) == OVER + 300


def test_Z1_the_second_comes_when_it_can_confirm_the_first() -> None:
    assert due_at(OVER, [read(300)], PACE) == OVER + 305 + 60
    assert settled([read(300), read(365)], 60)


def test_a_report_that_keeps_changing_is_read_ever_more_seldom() -> None:
    reads = [read(300 + 100 * n, digest=str(n)) for n in range(12)]
    waits = [due_at(OVER, reads[: n + 1], PACE) - reads[n].at for n in range(12)]
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-1] == 3600


def test_a_confirmed_report_is_looked_at_once_more_and_then_no_more() -> None:
    sure = [read(300), read(370)]
    assert due_at(OVER, sure, PACE) == OVER + 3600
    assert due_at(OVER, [*sure, read(3600)], PACE) == OVER + 7200
    assert due_at(OVER, [*sure, read(3600), read(7200)], PACE) is None


def test_Z2_a_later_look_that_differs_is_confirmed_or_refuted_by_another() -> None:
    reads = [read(300), read(370), read(3600, digest="B")]
    assert due_at(OVER, reads, PACE) == OVER + 3605 + 60


@pytest.mark.parametrize("problem", ["page_token_died", "total_changed"])
def test_a_read_that_broke_off_is_begun_anew_at_once_and_then_with_patience(problem: str) -> None:
    first = read(300, rows=1, problem=problem)
    assert due_at(OVER, [first], PACE) == first.at
    second = read(310, rows=1, problem=problem)
    assert due_at(OVER, [first, second], PACE) == second.at + 120


def test_whoever_asks_is_served_at_once_and_only_once() -> None:
    sure = [read(300), read(370)]
    asked = (OVER + 400) * 1000
    assert due_at(OVER, sure, PACE, asked) == 0
    assert due_at(OVER, [*sure, read(401)], PACE, asked) == OVER + 3600
