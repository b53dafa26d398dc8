"""Which times cannot be (rule L1: what is no fact must change nothing)."""

import pytest

from services.attendance.domain.impossible import DAY, YEAR, impossible
from services.attendance.domain.webhook import Lifecycle

NOW = 1_790_000_000


def at(second: int, said: int = 0) -> str | None:
    started = Lifecycle("started", "meeting", "uuid", "1", "host", second, False, said * 1000)
    return impossible(started, NOW)


@pytest.mark.parametrize("apart", [-DAY, 0, DAY])
def test_the_two_times_of_an_event_may_differ_by_a_day(apart: int) -> None:
    assert at(NOW + apart, NOW) is None
    assert at(NOW, 0) is None


@pytest.mark.parametrize("apart", [-DAY - 1, DAY + 1])
def test_more_than_a_day_between_the_two_times_of_an_event_is_impossible(apart: int) -> None:
    assert "event_ts" in str(at(NOW + apart, NOW))


def test_before_the_year_2000_is_impossible() -> None:
    assert at(946_684_800) is None
    assert "2000" in str(at(946_684_799))


def test_more_than_a_year_after_its_arrival_is_impossible() -> None:
    assert at(NOW + YEAR) is None
    assert "future" in str(at(NOW + YEAR + 1))
