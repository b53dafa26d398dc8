"""One webinar from nothing to the comparison, on a running system, by its public interfaces alone."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.simulator.cells import Counted, provinces
from deploy.simulator.compare import Findings, cells_of, compare_cells, compare_people
from deploy.simulator.delivery import World
from deploy.simulator.play import Pace, Player, PlayReport
from deploy.simulator.setup import programme_body
from deploy.simulator.stream import Arrivals
from deploy.simulator.system import Addresses, System
from deploy.simulator.totals import Totals, totals_of

VIEWS_WITHIN = 30.0
Watch = Callable[[str, int, int], None]
"""Told the phase, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Ran:
    """What was sent, what must be, and what is."""

    webinar_id: str
    report: PlayReport
    totals: Totals
    progress: dict[str, Any]
    findings: Findings
    nation: Counted
    """The quota counters of the year, summed over the provinces."""

    @property
    def right(self) -> bool:
        """Everything was accepted, nothing differs, and every certificate has its own number."""
        numbers = len(self.findings.numbers) == self.findings.certificates
        return self.report.complete and numbers and self.findings.mismatches == 0


def nothing(_: str, __: int, ___: int) -> None:
    """Watches nothing."""


def run(
    world: World,
    addresses: Addresses,
    *,
    pace: Pace | None = None,
    watch: Watch = nothing,
    settle_within: float = 300.0,
) -> Ran:
    """Creates, imports, plays, waits and compares.

    Raises:
        RefusedBySystem: an interface refused; TimeoutError: it did not settle.
    """
    with System(addresses) as system:
        webinar_id = set_up(system, world, watch)
        report = play(world, addresses, webinar_id, pace or Pace(), watch)
        system.start_clocks(world, webinar_id)
        totals = totals_of(world)
        progress = settle(system, world, webinar_id, settle_within, watch)
        findings = Findings()
        compare_people(
            world, system.attendance(webinar_id), system.certificates(webinar_id), findings
        )
        nation = compare_counters(system, world, totals, findings)
        return Ran(webinar_id, report, totals, progress, findings, nation)


def set_up(system: System, world: World, watch: Watch = nothing) -> str:
    """Programme with quotas, webinar, participants; the webinar's id."""
    people = world.scenario.participants
    watch("participants imported", 0, people)
    webinar_id = system.create_webinar(world, system.create_programme(world))
    system.import_people(
        world, webinar_id, lambda done: watch("participants imported", done, people)
    )
    return webinar_id


def play(
    world: World, addresses: Addresses, webinar_id: str, pace: Pace, watch: Watch = nothing
) -> PlayReport:
    """Sends everything that arrives."""
    arrivals = Arrivals(world)

    def observe(webhooks: int, scans: int) -> None:
        watch("webhooks accepted", webhooks, arrivals.webhooks)
        watch("QR scans sent", scans, arrivals.scans)

    observe(0, 0)
    player = Player(addresses.target(webinar_id), pace, observe)
    report = asyncio.run(player.play(arrivals))
    observe(report.webhooks_accepted, report.scans_sent)
    return report


def settle(
    system: System, world: World, webinar_id: str, within: float, watch: Watch = nothing
) -> dict[str, Any]:
    """Waits until everything is decided, and shows how far it is."""
    people = world.scenario.participants

    def observe(progress: dict[str, Any]) -> None:
        watch("people decided", progress["decisions"], people)
        watch("decisions final", progress["final"], people)
        watch("certificates issued", progress["certificates"], 0)

    progress = system.wait_settled(webinar_id, within, observe)
    _wait_for_certificates(system, webinar_id, progress["certificates"])
    return progress


def _wait_for_certificates(system: System, webinar_id: str, count: int) -> None:
    """Progress counts what attendance knows; the list is a view of certificates' own, which follows
    the same topic, so it gets some seconds to arrive."""
    until = time.monotonic() + VIEWS_WITHIN
    while sum(1 for _ in system.certificates(webinar_id)) < count and time.monotonic() < until:
        time.sleep(0.3)


def compare_counters(system: System, world: World, totals: Totals, findings: Findings) -> Counted:
    """The year's cells; they follow the decisions, so they get some seconds to arrive.

    It expects that this is the year's only webinar.
    """
    year, until = programme_body(world)["year"], time.monotonic() + VIEWS_WITHIN
    while True:
        shown = cells_of(system.quotas(year))
        if shown == totals.cells or time.monotonic() > until:
            break
        time.sleep(0.3)
    compare_cells(totals.cells, shown, findings)
    return provinces(shown)
