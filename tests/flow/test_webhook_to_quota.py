"""The front door: a webinar over HTTP, its decisions, certificates and counters, for five seeds.

Compared twice: with the simulator's own truth through the public interfaces, and by an independent
witness that reads the topics with another client and asks the brute-force oracle.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from deploy.simulator.delivery import World
from deploy.simulator.run import Ran, run
from deploy.simulator.setup import webinar_body
from deploy.simulator.stream import Arrivals, Scan
from shared.keys import participant_id_of
from tests.oracle import attendance_oracle, counting_oracle
from tests.support.flow import Running, Witness, world_of

SEEDS = {
    2001: (1, "realistic"),
    2002: (2, "ugly"),
    2003: (3, "realistic"),
    2004: (4, "ugly"),
    2005: (5, "calm"),
}
EXACT = ("verdict", "present", "base", "required")


@pytest.fixture(scope="module")
def played(system: Running) -> dict[int, tuple[World, Ran]]:
    """Five webinars of five years, side by side on one system."""
    worlds = {year: world_of(year, seed, preset) for year, (seed, preset) in SEEDS.items()}
    with ThreadPoolExecutor(len(worlds)) as pool:
        ran = pool.map(lambda w: run(w, system.addresses), worlds.values())
        return {year: (world, one) for (year, world), one in zip(worlds.items(), ran, strict=True)}


@pytest.mark.parametrize("year", SEEDS)
def test_every_verdict_second_certificate_and_cell_is_the_truth(played: Any, year: int) -> None:
    _, ran = played[year]
    assert ran.report.complete
    assert ran.findings.listed == []
    assert len(ran.findings.numbers) == ran.findings.certificates > 0


def enrolments_of(witness: Witness, webinar_id: str) -> list[dict[str, Any]]:
    """Enrolments from their topic; e-mail addresses are compared by their pseudonym there."""
    found = witness.latest("registration.enrolments.v1").values()
    return [e for e in found if e["webinar_id"] == webinar_id]


@pytest.mark.parametrize("year", SEEDS)
def test_a_witness_with_another_client_and_the_brute_force_agree(
    system: Running, played: Any, year: int
) -> None:
    world, ran = played[year]
    witness = Witness(system.card)
    expected = brute_force(world, ran.webinar_id, list(witness.webhooks()))
    decided = {
        key.split("|")[1]: d
        for key, d in witness.latest("attendance.decisions.v1").items()
        if d["webinar_id"] == ran.webinar_id
    }
    assert decided.keys() == expected.people.keys()
    for person, outcome in expected.people.items():
        d = decided[person]
        found = (d["verdict"], d["present_seconds"], d["base_seconds"], d["required_seconds"])
        assert found == tuple(getattr(outcome, name) for name in EXACT), person
    issued = {
        c["participant_id"]: c["number"]
        for c in witness.latest("certificates.certificates.v1").values()
        if c["webinar_id"] == ran.webinar_id
    }
    assert issued.keys() == {p for p, o in expected.people.items() if o.verdict == "eligible"}
    assert len(set(issued.values())) == len(issued)
    assert cells_of(witness, year) == counted(witness, ran.webinar_id, expected, issued)


def brute_force(world: World, webinar_id: str, bodies: list[bytes]) -> attendance_oracle.Findings:
    """The oracle on all that is on the webhooks topic, and the scans that were sent."""
    webinar = webinar_body(world, "")
    people = [
        {"participant_id": participant_id_of(p.external_id), "email": p.email, "status": "enrolled",
         "links": [{"zoom_number": n, "registrant_id": r} for n, r in p.links]}
        for p in map(world.person, range(world.scenario.participants))
    ]  # fmt: skip
    scans = [a for a in Arrivals(world) if isinstance(a, Scan)]
    clocks = [(s["id"], kind) for s in webinar["sessions"] for kind in ("grace", "retry_window")]
    mine = [b for b in bodies if any(n.encode() in b for n in numbers_of(webinar))]
    return attendance_oracle.find(webinar, people, mine, [check_in(s) for s in scans], clocks)


def numbers_of(webinar: dict[str, Any]) -> set[str]:
    return {s["zoom"]["number"] for s in webinar["sessions"] if s.get("zoom")}


def check_in(scan: Scan) -> dict[str, Any]:
    """A scan in the contract's shape."""
    return scan._asdict()


def cells_of(witness: Witness, year: int) -> dict[Any, Any]:
    """The year's cells from the quota topic alone."""
    return {
        (c["year"], c["region_code"], c["category"]): figures
        for c in witness.latest("reporting.quotas.v1").values()
        if c["year"] == year
        and any(figures := tuple(c[n] for n in counting_oracle.Counted._fields))
    }


def counted(witness: Witness, webinar_id: str, expected: Any, issued: Any) -> dict[Any, Any]:
    """The same by brute force over the enrolments and the oracle's outcomes."""
    rows = []
    for e in enrolments_of(witness, webinar_id):
        outcome = expected.people[e["participant_id"]]
        rows.append(
            counting_oracle.Enrolled(
                e["year"], e["participant_id"], e["webinar_id"], e["version"], e["region_code"],
                e["category"], e["status"] == "cancelled", outcome.present,
                outcome.verdict == "eligible", e["participant_id"] in issued,
            )
        )  # fmt: skip
    return {cell: tuple(figures) for cell, figures in counting_oracle.cells(rows).items()}
