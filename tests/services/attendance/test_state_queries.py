"""The api asks the worker that holds a person's partition; nobody else gets an answer."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.attendance.settings import WorkerSettings
from services.attendance.state_client import WorkerStates
from services.attendance.state_queries import PATH, token_of
from shared.http import Problem
from shared.keys import partition_of, person_key
from tests.services.attendance.test_pipeline import WEBINAR, bodies_of, set_up
from tests.support.flow import world_of
from tests.support.pipeline import KEY
from tests.support.workers import Stages, answering


@pytest.fixture(scope="module")
def played() -> Any:
    """A webinar that was played, its stages, and their address."""
    world = world_of(2009, 90, "realistic", people=40)
    pipeline = set_up(world)
    for body in bodies_of(world):
        pipeline.webhook(body)
    decisions = pipeline.decisions()
    stages = Stages(pipeline.knowledge, pipeline.partitions)
    for partition, frames in pipeline.log.frames:
        stages.fold(partition, frames)
    stages.flush()
    return SimpleNamespace(stages=stages, decisions=decisions)


@pytest.fixture(scope="module")
def address(played: Any) -> Iterator[str]:
    with answering(played.stages) as at:
        yield at


class Progress:
    """Where partitions are, as Redis would say."""

    def __init__(self, addresses: dict[int, str]) -> None:
        self._addresses = addresses

    def addresses(self) -> dict[int, str]:
        return self._addresses


def ask(addresses: dict[int, str], who: str, key: bytes = KEY) -> dict[str, Any]:
    async def asked() -> dict[str, Any]:
        states = WorkerStates(key, 4, Progress(addresses))
        try:
            return await states.person(WEBINAR, who)
        finally:
            await states.close()

    return asyncio.run(asked())


def test_everybodys_timeline_counts_the_seconds_of_their_decision(
    played: Any, address: str
) -> None:
    for who, decided in played.decisions.items():
        told = ask(dict.fromkeys(range(4), address), who)
        counted = sum(b - a for s in told["sessions"] for a, b in s["counted"])
        assert counted == decided["present_seconds"] == told["now"]["present_seconds"]
        assert told["now"]["required_seconds"] == decided["required_seconds"]
        assert told["enrolment"] == "enrolled"


def test_D3_before_the_grace_it_is_a_projection(played: Any, address: str) -> None:
    who = next(iter(played.decisions))
    told = ask(dict.fromkeys(range(4), address), who)
    assert told["grace_passed"] is False
    assert told["now"]["verdict"] in {"eligible", "not_eligible"}
    assert played.stages.topic.decisions() == {}


def refused(**how: Any) -> Problem:
    with pytest.raises(Problem) as refusal:
        ask(**how)
    return refusal.value


def test_nobody_there_is_a_503_that_says_when_to_come_back(played: Any, address: str) -> None:
    who = next(iter(played.decisions))
    home = partition_of(person_key(WEBINAR, who).encode(), 4)
    nobody = [{}, {home: "http://127.0.0.1:1"}, {p: address for p in range(4) if p != home}]
    for addresses in nobody:
        problem = refused(addresses=addresses, who=who)
        assert (problem.status, problem.headers["Retry-After"]) == (503, "2")


def test_without_the_common_key_nothing_is_told(played: Any, address: str) -> None:
    who = next(iter(played.decisions))
    everywhere = dict.fromkeys(range(4), address)
    assert refused(addresses=everywhere, who=who, key=b"x" * 32).status == 503
    assert httpx.post(address + PATH, json={"query": "person"}).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"query":"all"}', b'{"query":"person"}'])
def test_an_unknown_question_is_refused(address: str, body: bytes) -> None:
    given = {"authorization": f"Bearer {token_of(KEY)}"}
    assert httpx.post(address + PATH, content=body, headers=given).status_code == 400


def test_a_partition_that_is_elsewhere_is_not_answered_for(played: Any, address: str) -> None:
    given = {"authorization": f"Bearer {token_of(KEY)}"}
    asked = {"query": "person", "partitions": [99], "webinar_id": WEBINAR, "participant_id": "p"}
    assert httpx.post(address + PATH, json=asked, headers=given).status_code == 409


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"http_host": "0.0.0.0", "advertised_host": "10.1.2.3"}, "http://10.1.2.3:8000"),
        ({"http_host": "0.0.0.0", "advertised_host": "fd00::7"}, "http://[fd00::7]:8000"),
    ],
)
def test_a_worker_says_where_it_is_reached(given: dict[str, str], address: str) -> None:
    settings = WorkerSettings(kafka="k:1", redis="redis://r", identity_key=KEY, **given)
    assert settings.address == address


def test_a_worker_that_listens_everywhere_is_found_by_its_name() -> None:
    settings = WorkerSettings(kafka="k:1", redis="redis://r", identity_key=KEY, http_host="0.0.0.0")
    assert "0.0.0.0" not in settings.address


def test_a_decision_says_which_fact_made_it(played: Any) -> None:
    stages = Stages(played.stages.knowledge)
    clock = {"webinar_id": WEBINAR, "clock": "grace", "source": 0, "sources": 1}
    session = played.stages.knowledge.webinars[WEBINAR].sessions[-1]
    clock |= {"session_id": session.id, "official_end": session.end}
    for stage in stages.stages:
        stage._take("hadir.attendance.clock-passed.v1", clock)
    stages.flush()
    assert {d["cause"] for d in stages.topic.decisions().values()} == {"grace"}
