"""A prepared world gives what the world itself gives, from files and a table."""

from pathlib import Path

import pytest

from deploy.simulator.delivery import World
from deploy.simulator.prepared import prepare
from deploy.simulator.scenario import PRESETS
from deploy.simulator.stream import Arrivals, Scan
from deploy.simulator.totals import totals_of


@pytest.mark.parametrize("preset", ["national", "ugly"])
def test_a_prepared_world_has_the_same_deliveries_and_the_same_truth(
    preset: str, tmp_path: Path
) -> None:
    scenario = PRESETS[preset](participants=300, seed=5)
    world, made = World(scenario), prepare(scenario, tmp_path)
    found = list(made.deliveries.between(0, 1 << 62))
    assert sorted(found, key=repr) == sorted(Arrivals(world), key=repr)
    assert [item.at_ms for item in found] == sorted(item.at_ms for item in found)
    assert made.totals == totals_of(world)
    assert all(made.outcome(n) == world.outcome(n) for n in range(300))
    assert made.deliveries.scans == sum(isinstance(item, Scan) for item in found)


def test_a_national_webinar_has_three_webhooks_a_person_and_all_leave_in_the_last_minute(
    tmp_path: Path,
) -> None:
    made = prepare(PRESETS["national"](participants=2_000, seed=5), tmp_path)
    closed = made.timetable.meetings[-1].closed
    at_end = sum(1 for _ in made.deliveries.between((closed - 61) * 1000, 1 << 62))
    assert 2.7 < made.deliveries.webhooks / 2_000 < 3.3
    assert at_end > 0.8 * 2_000
