"""Both stages in memory against the simulator's truth: any order, any flush, any crash (rule L1)."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from deploy.simulator.delivery import World
from deploy.simulator.setup import webinar_body
from deploy.simulator.stream import Arrivals, Scan
from shared.crypto import identity_hmac
from shared.events.registration import EnrolledV1, Link, WebinarSetV1
from shared.keys import participant_id_of
from tests.support.flow import world_of
from tests.support.pipeline import KEY, Pipeline
from tests.support.words import HOUR, NUMBER, ROOM, enrolment, stay, webinar
from tests.support.zoom_events import iso, raw

WEBINAR = str(UUID(int=7))


def set_up(
    world: World, people: Sequence[int] | None = None, tell: Callable[[Any], None] | None = None
) -> Pipeline:
    """A pipeline that knows the webinar and these people of it (all by default); `tell` hears what
    registration says."""
    pipeline = Pipeline(tell=tell)
    body = {**webinar_body(world, "p"), "webinar_id": WEBINAR, "version": 1, "year": 2001}
    staff = [identity_hmac(KEY, who) for who in body.get("staff", ())]
    pipeline.webinar(WebinarSetV1.model_validate({**body, "programme_id": "p", "staff": staff}))
    for index in range(world.scenario.participants) if people is None else people:
        enrol(pipeline, world, index)
    return pipeline


def enrol(pipeline: Pipeline, world: World, index: int) -> None:
    """One person of the world."""
    p = world.person(index)
    pipeline.enrol(
        EnrolledV1(
            webinar_id=WEBINAR, participant_id=participant_id_of(p.external_id), version=1,
            external_id=p.external_id, year=2001, region_code="15", category="asn",
            links=tuple(Link(zoom_number=n, registrant_id=r) for n, r in p.links),
            email_hmac=identity_hmac(KEY, p.email),
        )
    )  # fmt: skip


def bodies_of(world: World) -> list[bytes]:
    """Every webhook, in order of arrival."""
    return [a.body for a in Arrivals(world) if not isinstance(a, Scan)]


def scan_all(pipeline: Pipeline, world: World) -> None:
    """Every scan at the door."""
    for scan in Arrivals(world):
        if isinstance(scan, Scan):
            at = int(datetime.fromisoformat(scan.time).timestamp())
            fields: dict[str, Any] = {**scan._asdict(), "at": at}
            pipeline.scan(WEBINAR, scan.participant_id, fields)


def differences(pipeline: Pipeline, world: World) -> list[Any]:
    """(person, what, expected, found) against the truth."""
    decisions = pipeline.decisions()
    found = []
    for index in range(world.scenario.participants):
        who, truth = world.person(index).external_id, world.outcome(index)
        decided = decisions[participant_id_of(who)]
        seen = (decided["verdict"], decided["present_seconds"])
        if seen != (truth[0], truth[1]):
            found.append((who, truth[:2], seen))
    return found


@pytest.mark.parametrize("seed", range(60, 64))
@pytest.mark.parametrize("often", [0.0, 0.2])
def test_whenever_it_is_flushed_it_is_the_truth(seed: int, often: float) -> None:
    world, rng = world_of(2002, seed, "ugly", people=80), random.Random(seed)
    pipeline = set_up(world)
    for body in bodies_of(world):
        pipeline.webhook(body)
        if rng.random() < often:
            pipeline.flush()
    scan_all(pipeline, world)
    assert differences(pipeline, world) == []


@pytest.mark.parametrize("seed", range(64, 67))
def test_shuffled_and_doubled_it_is_the_truth(seed: int) -> None:
    world, rng = world_of(2003, seed, "ugly", people=80), random.Random(seed)
    pipeline, bodies = set_up(world), bodies_of(world) * 2
    rng.shuffle(bodies)
    for n, body in enumerate(bodies):
        pipeline.webhook(body)
        if n % 50 == 0:
            pipeline.flush()
    scan_all(pipeline, world)
    assert differences(pipeline, world) == []


@pytest.mark.parametrize("seed", range(67, 69))
def test_crashes_in_between_change_nothing(seed: int) -> None:
    world, rng = world_of(2004, seed, "ugly", people=80), random.Random(seed)
    pipeline, seen = set_up(world), []
    for body in bodies_of(world):
        pipeline.webhook(body)
        seen.append(body)
        if rng.random() < 0.02:
            pipeline.flush()
        if rng.random() < 0.01:
            pipeline.restart(rng.randrange(pipeline.partitions), seen)
    scan_all(pipeline, world)
    assert differences(pipeline, world) == []


def test_W8_enrolments_that_come_after_the_joins_resolve_them() -> None:
    world = world_of(2005, 70, "ugly", people=80)
    pipeline = set_up(world, people=range(0, 80, 2))
    for body in bodies_of(world):
        pipeline.webhook(body)
    pipeline.flush()
    for index in range(1, 80, 2):
        enrol(pipeline, world, index)
    scan_all(pipeline, world)
    assert differences(pipeline, world) == []


def test_only_a_change_of_what_connections_concern_tells_them_again() -> None:
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    pipeline.enrol(enrolment("ani"))
    for event in stay("1", "c1", registrant_id="_ani"):
        pipeline.webhook(raw(event))
    pipeline.flush()
    told = len(pipeline.log.frames)
    pipeline.webinar(webinar(version=2, grace_seconds=300))
    pipeline.flush()
    assert len(pipeline.log.frames) == told
    moved = {"id": "s1", "start": iso(60), "end": iso(HOUR), "zoom": {"number": NUMBER}}
    pipeline.webinar(webinar(version=3, sessions=[moved]))
    pipeline.flush()
    assert len(pipeline.log.frames) > told


def test_W3_a_phone_leg_that_names_somebody_itself_is_whoever_its_app_leg_is() -> None:
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    for who in ("ani", "budi"):
        pipeline.enrol(enrolment(who))
    phone = {"phone_number": "62***01", "email": "budi@contoh.example"}
    events = [ROOM.joined(0, "11", "c1", registrant_id="_ani"), ROOM.left(600, "11", "c1"),
              ROOM.joined(600, "21", "c2", **phone), ROOM.left(HOUR, "21", "c2", **phone)]  # fmt: skip
    for event in events:
        pipeline.webhook(raw(event))
    pipeline.flush()
    assert seconds(pipeline) == {"ani": 600, "budi": HOUR - 600}
    pipeline.webhook(raw(ROOM.bind(600, "21", "11")))
    pipeline.flush()
    pipeline.flush()
    assert seconds(pipeline) == {"ani": HOUR, "budi": 0}


def seconds(pipeline: Pipeline) -> dict[str, int]:
    return {who: one["present_seconds"] for who, one in pipeline.decisions().items()}
