"""The simulated end: nobody is lost on the way, and Zoom's schedule of retries holds."""

import pytest

from deploy.capacity.burst import simulate
from deploy.capacity.plot import bars, svg


def test_who_is_slower_than_the_burst_makes_a_queue_and_works_it_off() -> None:
    account = simulate(leaves=100_000, rate=10_000, gateway=20_000, workers=4_000)
    assert account.accepted_after == 10
    assert account.longest_queue == 10 * (10_000 - 4_000)
    assert account.decided_after == 25  # 100,000 at 4,000 a second
    assert account.at_workers[-1] == 0


def test_a_burst_within_all_capacities_waits_for_nothing() -> None:
    account = simulate(leaves=100_000, rate=10_000, gateway=10_000, workers=10_000)
    assert (account.longest_queue, account.refused, account.decided_after) == (0, 0, 10)


def test_what_may_wait_waits_and_the_rest_comes_again_after_five_minutes() -> None:
    account = simulate(leaves=10_000, rate=10_000, gateway=1_000, workers=1_000)
    # in the first second 1,000 are taken and 2,500 may wait; 6,500 come at 300 s, 3,000 of them later
    assert account.refused == 6_500 + 3_000
    assert account.given_up == 0
    assert account.accepted_after == 300 + 1_200 + 3


def test_after_the_third_retry_zoom_gives_up() -> None:
    account = simulate(leaves=10_000, rate=10_000, gateway=100, workers=100)
    assert account.given_up == 10_000 - 4 * 350  # it keeps them for a week: `hadir redeliver`
    assert sum(account.at_workers) == 0


@pytest.mark.parametrize("rate", [10_000, 33_000, 100_000])
def test_everybody_is_decided_or_given_up(rate: int) -> None:
    account = simulate(leaves=1_000_000, rate=rate, gateway=30_000, workers=20_000)
    assert account.given_up == 0
    assert account.decided_after >= 1_000_000 / 20_000
    assert account == simulate(leaves=1_000_000, rate=rate, gateway=30_000, workers=20_000)


def test_a_short_course_is_drawn_whole_and_a_long_one_keeps_its_peaks() -> None:
    assert bars([0, 4, 8]) == " ▄█"
    assert bars([0] * 500 + [9] + [0] * 499, width=10) == "     █    "
    assert bars([]) == bars([0], width=0) == ""


def test_the_drawing_names_its_lines_in_words() -> None:
    drawn = svg("Waiting <now>", "seconds", "webhooks", {"10/s": [0, 1], "33/s": [0, 3]})
    assert "Waiting &lt;now&gt;" in drawn
    assert "10/s" in drawn
    assert drawn.count("<polyline") == 2
    assert len({part.split('"')[1] for part in drawn.split("stroke-dasharray=")[1:]}) == 2
