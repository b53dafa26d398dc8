"""The store is emptied while the system runs; topics are replayed from their start: nothing moves."""

from typing import Any

import pytest
import redis

from deploy.cli.audit import audit
from deploy.cli.rebuild import rebuild
from deploy.cli.views import OperatorSettings
from deploy.simulator.compare import Findings, compare_people
from deploy.simulator.run import Ran, compare_counters, run
from deploy.simulator.system import System
from shared.settings import load
from tests.support.flow import PARTITIONS, Running, Witness, steady, world_of

OUTPUTS = (
    "attendance.decisions.v1", "attendance.reviews.v1", "certificates.numbers.v1",
    "certificates.certificates.v1", "reporting.quotas.v1",
)  # fmt: skip


@pytest.fixture(scope="module")
def played(system: Running) -> tuple[Any, Ran]:
    world = world_of(2021, 21, people=120)
    return world, run(world, system.addresses)


def settings_of(system: Running) -> Any:
    """The running system's settings, for the commands."""
    given = {**system.stack.secrets, "partitions": str(PARTITIONS)}
    given |= {name: system.card[name] for name in ("kafka", "redis", "topic_prefix")}
    return load(OperatorSettings, {f"HADIR_{k.upper()}": v for k, v in given.items()})


def written(system: Running) -> dict[str, int]:
    """How many records each output topic ever had."""
    witness = Witness(system.card)
    return {topic: witness.ends(topic) for topic in OUTPUTS}


def agrees(system: Running, played: Any) -> Findings:
    """The public interfaces against the truth, once more."""
    world, ran = played
    findings = Findings()
    with System(system.addresses) as client:
        client.wait_settled(ran.webinar_id, 90)
        compare_people(
            world, client.attendance(ran.webinar_id), client.certificates(ran.webinar_id), findings
        )
        compare_counters(client, world, ran.totals, findings)
    return findings


def test_an_emptied_store_is_rebuilt_and_the_audit_finds_no_difference(
    system: Running, played: Any
) -> None:
    assert played[1].right
    before = steady(lambda: written(system))
    redis.Redis.from_url(system.card["redis"]).flushall()
    rebuild(settings_of(system), within=120)
    assert audit(settings_of(system)) == []
    assert agrees(system, played).listed == []
    assert steady(lambda: written(system)) == before


def test_an_audit_tells_a_difference(system: Running, played: Any) -> None:
    settings = settings_of(system)
    client = redis.Redis.from_url(system.card["redis"])
    key = f"{settings.topic_prefix}attendance:decisions:{played[1].webinar_id}"
    (person, _) = client.hrandfield(key, 1, withvalues=True)
    client.hdel(key, person)
    assert any("decisions" in line for line in audit(settings))
    rebuild(settings, within=120)
    assert audit(settings) == []


def test_replaying_every_topic_from_the_start_makes_nothing_new(
    system: Running, played: Any
) -> None:
    before = steady(lambda: written(system))
    for name in (
        "attendance-worker",
        "certificates-worker",
        "reporting-worker",
        "registration-worker",
    ):
        system.stack.restart(name)
    rebuild(settings_of(system), within=120)
    assert steady(lambda: written(system), still=5) == before
    assert agrees(system, played).listed == []
