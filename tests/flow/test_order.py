"""Rule L1 through the real pipeline: the same facts, shuffled and doubled, give the same outcome."""

import asyncio
import random
from collections.abc import Iterator

from deploy.simulator.compare import Findings, compare_people
from deploy.simulator.play import Pace, Player
from deploy.simulator.run import compare_counters, set_up, settle
from deploy.simulator.stream import Arrivals, Scan, Webhook
from deploy.simulator.system import System
from deploy.simulator.totals import totals_of
from tests.support.flow import Running, world_of


class Shuffled(Arrivals):
    """Every arrival twice, in an order that has nothing to do with time."""

    def __iter__(self) -> Iterator[Webhook | Scan]:
        everything = [*super().__iter__(), *super().__iter__()]
        random.Random(13).shuffle(everything)
        return iter(everything)


def test_shuffled_and_doubled_it_is_the_same_truth(system: Running) -> None:
    world = world_of(2016, 41, "ugly", people=120)
    with System(system.addresses) as client:
        webinar_id = set_up(client, world)
        player = Player(system.addresses.target(webinar_id), Pace())
        report = asyncio.run(player.play(Shuffled(world)))
        assert not report.refused
        client.start_clocks(world, webinar_id)
        settle(client, world, webinar_id, 120)
        findings = Findings()
        compare_people(
            world, client.attendance(webinar_id), client.certificates(webinar_id), findings
        )
        compare_counters(client, world, totals_of(world), findings)
    assert findings.listed == []
