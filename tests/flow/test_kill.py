"""kill -9 of every worker, of the gateway and of the broker while events flow: nothing is lost,
nothing happens twice, commits reach the end. Thirty kills here; HADIR_KILLS asks for more."""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient

from deploy.simulator.play import Pace
from deploy.simulator.run import Ran, run
from tests.support.flow import Running, Witness, steady, world_of

KILLS = int(os.environ.get("HADIR_KILLS", "30"))
SEED = int(os.environ.get("HADIR_SEED", "7"))
# The attendance worker is killed most: it holds the state. The broker takes longest to come back.
TARGETS = (
    "attendance-worker", "attendance-gateway", "certificates-worker", "attendance-worker",
    "reporting-worker", "registration-worker", "attendance-worker", "kafka",
    "attendance-gateway", "certificates-worker",
)  # fmt: skip
YEARS = (2011, 2012, 2013)
PATIENT = Pace(rate=12, connections=8, retries=(0.5, 1, 1, 2, 2, 5, 5, 10, 10, 20, 20))


class Killer(threading.Thread):
    """Kills one part after another at random instants, each while it runs."""

    def __init__(self, system: Running) -> None:
        super().__init__(name="killer", daemon=True)
        self._system, self._rng = system, random.Random(SEED)
        self.killed: list[str] = []

    def run(self) -> None:
        while len(self.killed) < KILLS:
            name = TARGETS[len(self.killed) % len(TARGETS)]
            time.sleep(self._rng.uniform(0.3, 2.5))
            until = time.monotonic() + 60
            while not self._system.stack.process(name).running and time.monotonic() < until:
                time.sleep(0.1)
            self._system.stack.kill(name)
            self.killed.append(name)


@pytest.fixture(scope="module")
def survived(system: Running) -> tuple[list[str], list[Ran]]:
    """Three webinars, played while everything is killed around them."""
    worlds = [world_of(year, seed, people=100) for seed, year in enumerate(YEARS, 50)]
    killer = Killer(system)
    killer.start()
    with ThreadPoolExecutor(len(worlds)) as pool:
        ran = list(pool.map(
            lambda w: run(w, system.addresses, pace=PATIENT, settle_within=420 + 20 * KILLS), worlds
        ))  # fmt: skip
    killer.join(KILLS * 20)
    system.stack.wait_ready()
    return killer.killed, ran


def test_nothing_is_lost_and_nothing_happens_twice(survived: Any) -> None:
    killed, ran = survived
    assert len(killed) == KILLS
    for one in ran:
        assert one.report.complete, one.report
        assert one.findings.listed == []
        assert len(one.findings.numbers) == one.findings.certificates > 0


def test_certificate_numbers_have_no_gap(system: Running, survived: Any) -> None:
    numbers = [
        (c["year"], int(c["number"].split("/")[0].rsplit("-")[-1]))
        for c in Witness(system.card).latest("certificates.certificates.v1").values()
    ]
    for year in {year for year, _ in numbers}:
        of_year = sorted(n for y, n in numbers if y == year)
        assert of_year == list(range(1, len(of_year) + 1))


def test_commits_reach_the_end_of_the_log(system: Running, survived: Any) -> None:
    admin = KafkaAdminClient(bootstrap_servers=system.card["kafka"])
    prefix = system.card["topic_prefix"]

    def lag() -> int:
        group = prefix + "attendance"
        offsets = admin.list_group_offsets({group: None})[group]
        written = sum(o.offset for o in offsets.values())
        witness = Witness(system.card)
        return (
            sum(map(witness.ends, ("attendance.zoom-webhooks.v1", "attendance.events.v1")))
            - written
        )

    assert steady(lag, still=6) == 0
    admin.close()
