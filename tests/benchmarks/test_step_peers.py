"""The peers of the step's benchmark do the work that they are compared for."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from deploy.bench import backlog, peers_env
from deploy.bench.backlog import Outcome
from deploy.bench.drain import Said, difference
from deploy.bench.step import FAUST, Field, twins_of
from deploy.local import jars
from deploy.local.errors import CannotStart
from shared.batch import encode
from shared.keys import person_key
from tests.benchmarks.peers.rules import Rules
from tests.support.pipeline import Pipeline

PEOPLE = 40


def twin_decisions(bodies: list[bytes]) -> dict[str, dict[str, Any]]:
    """The last decision on each person by the rules as the twins call them."""
    roster = (json.loads(backlog.enrolment(n).to_bytes()) for n in range(PEOPLE))
    rules = Rules(json.loads(backlog.webinar(1, 0).to_bytes()), roster)
    states: dict[str, Any] = {}
    found = {}
    for told in rules.told(encode((b"{}", body) for body in bodies)):
        states[told.person] = rules.fold(states.get(told.person), told)
        decision = rules.decided(told.person, states[told.person])
        if decision is not None:
            found[told.person] = decision
    return found


def our_decisions(bodies: list[bytes]) -> dict[str, dict[str, Any]]:
    """Those of our own stages."""
    pipeline = Pipeline()
    pipeline.webinar(backlog.webinar(1, 0))
    for n in range(PEOPLE):
        pipeline.enrol(backlog.enrolment(n))
    for body in bodies:
        pipeline.webhook(body)
    return {person_key(backlog.WEBINAR, who): d for who, d in pipeline.decisions().items()}


def test_the_twins_rules_decide_as_our_step_does() -> None:
    bodies = [one.body for one in backlog.webhooks(0, PEOPLE)]
    ours, twin = our_decisions(bodies), twin_decisions(bodies)
    fields = ("verdict", "present_seconds", "digest", "required_seconds", "reasons")
    assert len(twin) == PEOPLE
    assert {k: [d[f] for f in fields] for k, d in twin.items()} == {
        k: [d[f] for f in fields] for k, d in ours.items()
    }


def test_the_backlog_says_what_is_true_of_each_person() -> None:
    twin = twin_decisions([one.body for one in backlog.webhooks(0, PEOPLE)])
    for n in range(PEOPLE):
        said = twin[person_key(backlog.WEBINAR, backlog.participant(n))]
        assert Outcome(said["verdict"], said["present_seconds"]) == backlog.outcome(n)


def test_some_are_eligible_by_two_devices_together_and_some_are_not_eligible() -> None:
    two = [n for n in range(PEOPLE) if len(backlog.visits(n)) == 2]
    assert all(
        max(leave - join for join, leave in backlog.visits(n)) < backlog.REQUIRED for n in two
    )
    assert {backlog.outcome(n).verdict for n in two} == {"eligible"}
    assert {backlog.outcome(n).verdict for n in range(PEOPLE)} == {"eligible", "not_eligible"}


@pytest.mark.soak  # how soon another framework starts on a busy machine is not ours to promise
@pytest.mark.parametrize("name", ["vanilla_faust", "limit"])
def test_a_peer_is_drained_and_its_results_are_looked_at(
    provisioned: Any, settings: Callable[..., Any], name: str
) -> None:
    own = settings(topic_prefix=f"peer-{uuid4().hex[:6]}.")
    ran = Field(own, 200, {name: FAUST}).run(name, own.redis)
    assert ran.rate > 0
    assert ran.cpu_rate > 0
    assert len(ran.digests) == (0 if name == "limit" else 200)


def test_a_result_that_is_not_true_fails_the_run() -> None:
    truth = {"a": Outcome("eligible", 6000)}
    assert difference({"a": Said(Outcome("eligible", 6000), "")}, truth) == ""
    assert "5999" in difference({"a": Said(Outcome("eligible", 5999), "")}, truth)
    assert "None" in difference({}, truth)


def test_a_peer_whose_packages_cannot_be_had_is_left_out_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_: object) -> None:
        raise CannotStart("No network.")

    said: list[str] = []
    monkeypatch.setattr(peers_env, "peers_python", away)
    assert twins_of("step_vs_quix", said.append).keys() == {"vanilla_faust"}
    assert said == ["quix is left out. No network."]


def test_kafka_streams_is_of_the_brokers_release_and_pinned_by_hash() -> None:
    pins = jars.pinned(peers_env.JARS)
    versions = {p.coordinate.split(":")[2] for p in pins if "kafka-streams" in p.coordinate}
    assert versions == {jars.KAFKA.rpartition(":")[2]}
    assert all(re.fullmatch(r"[0-9a-f]{64}", pin.sha256) for pin in pins)


def test_the_peers_packages_are_pinned_by_hash_and_name_no_address() -> None:
    lock = peers_env.LOCK.read_text()
    assert "quixstreams==" in lock
    assert "--hash=sha256:" in lock
    assert "://" not in lock
