"""The truth of a whole webinar: counters and quota cells, in memory that does not grow with it."""

from dataclasses import dataclass, field

from deploy.simulator.cells import Cell, Counted, count
from deploy.simulator.delivery import World
from deploy.simulator.truth import Outcome


@dataclass
class Totals:
    """What a settled system must show of one webinar."""

    participants: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    unresolved: int = 0
    """Connections that wait for an operator; guests' among them."""
    cells: dict[Cell, Counted] = field(default_factory=dict)

    @property
    def eligible(self) -> int:
        return self.verdicts.get("eligible", 0)


def totals_of(world: World) -> Totals:
    """Goes through every participant and every guest once."""
    totals = Totals(world.scenario.participants)
    for index in range(world.scenario.participants + world.guests):
        judge(world, index, totals)
    return totals


def judge(world: World, index: int, totals: Totals) -> Outcome | None:
    """Adds one actor to the totals; their outcome, None for the host and staff."""
    people = world.scenario.participants
    if index >= people + world.guests:
        return None
    result = world.outcome(index)
    totals.unresolved += result.unresolved
    if index < people:
        one = world.person(index)
        count(totals.cells, one.region_code, one.category, result)
        totals.verdicts[result.verdict] = totals.verdicts.get(result.verdict, 0) + 1
    return result
