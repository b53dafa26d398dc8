"""Zoom's report through both stages in memory: any order, any crash, the same truth (rules Z1–Z3)."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from deploy.simulator.delivery import World
from deploy.simulator.setup import webinar_body
from shared.crypto import identity_hmac
from shared.events.registration import WebinarSetV1
from shared.keys import participant_id_of
from tests.services.attendance.test_pipeline import WEBINAR, bodies_of, enrol, scan_all
from tests.support.flow import world_of
from tests.support.pipeline import KEY, Pipeline
from tests.support.reports import REPORTED, Stay, read, stays, twice

Deed = Callable[[Pipeline], None]


def reconciled(world: World) -> Pipeline:
    """A pipeline of a webinar with reconciliation on, everybody enrolled."""
    pipeline = Pipeline()
    body = {**webinar_body(world, "p"), "webinar_id": WEBINAR, "version": 1, "year": 2001}
    staff = [identity_hmac(KEY, who) for who in body.get("staff", ())]
    pipeline.webinar(
        WebinarSetV1.model_validate(
            {**body, "programme_id": "p", "staff": staff, "reconciliation": True}
        )
    )
    for index in range(world.scenario.participants):
        enrol(pipeline, world, index)
    return pipeline


def is_presence(body: bytes) -> bool:
    event = orjson.loads(body)["event"]
    return event.endswith((".participant_joined", ".participant_left"))


def after(world: World, deeds: Sequence[Deed]) -> Pipeline:
    pipeline = reconciled(world)
    for deed in deeds:
        deed(pipeline)
    pipeline.flush()
    scan_all(pipeline, world)
    return pipeline


def webhook(body: bytes) -> Deed:
    return lambda pipeline: pipeline.webhook(body)


def reported(event: Any) -> Deed:
    return lambda pipeline: pipeline.report(event)


def outcome(pipeline: Pipeline) -> dict[str, Any]:
    return {
        who: (d["verdict"], d["provisional"], d["present_seconds"], d["digest"])
        for who, d in pipeline.decisions().items()
    }


def seconds(pipeline: Pipeline) -> dict[str, Any]:
    return {who: (d["verdict"], d["present_seconds"]) for who, d in pipeline.decisions().items()}


def lossy(world: World, seed: int, share: float) -> tuple[list[bytes], list[Stay]]:
    """(webhooks that came, rows of all that Zoom made): whole people's webhooks are lost."""
    rng, bodies = random.Random(seed), bodies_of(world)
    lost = {p for p in range(world.scenario.participants) if rng.random() < share}
    registrants = {r for p in lost for _, r in world.person(p).links}
    gone = [
        body for body in bodies
        if is_presence(body)
        and orjson.loads(body)["payload"]["object"]["participant"].get("registrant_id") in registrants
    ]  # fmt: skip
    missing = set(gone)
    return [body for body in bodies if body not in missing], stays(bodies)


@pytest.mark.parametrize("seed", range(80, 83))
def test_Z3_webhooks_that_were_lost_are_found_in_the_report(seed: int) -> None:
    world = world_of(2006, seed, "calm", people=60)
    came, rows = lossy(world, seed, 0.3)
    assert len(came) < len(bodies_of(world))
    whole = after(world, [webhook(b) for b in bodies_of(world)])
    found = after(world, [*map(webhook, came), *map(reported, twice(KEY, rows))])
    assert seconds(found) == seconds(whole)
    assert not any(d["provisional"] for d in found.decisions().values())


def test_Z2_rows_that_no_second_read_confirms_change_nothing() -> None:
    world = world_of(2006, 84, "calm", people=40)
    came, rows = lossy(world, 84, 0.3)
    without = after(world, [webhook(b) for b in came])
    once = after(world, [*map(webhook, came),
                         *map(reported, read(KEY, rows, REPORTED * 1000, REPORTED))])  # fmt: skip
    assert outcome(once) == outcome(without)


@pytest.mark.parametrize("seed", range(85, 91))
def test_L1_any_order_any_flush_any_crash_gives_the_same(seed: int) -> None:
    world, rng = world_of(2006, seed, "ugly", people=50), random.Random(seed)
    came, rows = lossy(world, seed, 0.2)
    partial = [row for row in rows if rng.random() < 0.8]
    facts = [*twice(KEY, partial), *twice(KEY, rows, REPORTED + 1000)]
    expected = outcome(after(world, [*map(webhook, came), *map(reported, facts)]))
    deeds = [webhook(b) for b in came * 2]
    rng.shuffle(deeds)
    for fact in facts:  # in the order of their partition, among webhooks that come later still
        at = rng.randrange(len(deeds) // 2, len(deeds))
        deeds.insert(at, reported(fact))
    deeds = [*in_order(deeds, facts)]
    for _ in range(20):
        deeds.insert(rng.randrange(len(deeds)), Pipeline.flush)
    for _ in range(6):
        deeds.insert(rng.randrange(len(deeds)), lambda p: p.crash(rng.randrange(p.partitions)))
    assert outcome(after(world, deeds)) == expected


def in_order(deeds: list[Deed], facts: list[Any]) -> list[Deed]:
    """The same places, but the report's records among them in their own order."""
    waiting = [reported(fact) for fact in facts]
    kinds = ["fact" if "reported" in deed.__qualname__ else "" for deed in deeds]
    return [waiting.pop(0) if kind else deed for deed, kind in zip(deeds, kinds, strict=True)]


def test_Z2_the_last_confirmed_read_wins_and_takes_back_what_an_earlier_one_added() -> None:
    world = world_of(2006, 92, "calm", people=40)
    came, rows = lossy(world, 92, 0.3)
    seen = {row.user_id for row in stays(came)}
    only = [row for row in rows if row.user_id in seen]
    first = after(world, [*map(webhook, came), *map(reported, twice(KEY, only))])
    both = [*twice(KEY, rows), *twice(KEY, only, REPORTED + 500)]
    deeds: list[Deed] = [*map(webhook, came)]
    for fact in both:
        deeds += [reported(fact), Pipeline.flush]
    assert outcome(after(world, deeds)) == outcome(first)
    back = [*both, *twice(KEY, rows, REPORTED + 900)]  # and a third time, soon after
    for fact in back[len(both) :]:
        deeds += [reported(fact), Pipeline.flush]
    again = after(world, [*map(webhook, came), *map(reported, twice(KEY, rows))])
    assert outcome(after(world, deeds)) == outcome(again)


def test_Z3_a_late_webhook_takes_its_row_from_nobody_to_its_connection() -> None:
    world = world_of(2006, 93, "calm", people=40)
    came, rows = lossy(world, 93, 0.3)
    late = [b for b in bodies_of(world) if b not in set(came)]
    pipeline = after(world, [*map(webhook, came), *map(reported, twice(KEY, rows)),
                             Pipeline.flush, *map(webhook, late)])  # fmt: skip
    whole = after(world, [*map(webhook, bodies_of(world)), *map(reported, twice(KEY, rows))])
    assert outcome(pipeline) == outcome(whole)
    loose = [
        s.connection
        for state in pipeline.states
        for people in state.people.values()
        for person in people.values()
        for s in person.seen.values()
        if "|~" in s.connection.connection_id and s.role != "none"
    ]
    assert loose == []


def test_Z3_W8_a_row_nobody_knows_is_found_by_an_enrolment_that_comes_late() -> None:
    world = world_of(2006, 94, "calm", people=30)
    came, rows = lossy(world, 94, 0.5)
    whole = after(world, [*map(webhook, came), *map(reported, twice(KEY, rows))])
    late = Pipeline()
    body = {**webinar_body(world, "p"), "webinar_id": WEBINAR, "version": 1, "year": 2001}
    staff = [identity_hmac(KEY, who) for who in body.get("staff", ())]
    late.webinar(WebinarSetV1.model_validate(
        {**body, "programme_id": "p", "staff": staff, "reconciliation": True}))  # fmt: skip
    for deed in [*map(webhook, came), *map(reported, twice(KEY, rows)), Pipeline.flush]:
        deed(late)
    for index in range(30):
        enrol(late, world, index)
    scan_all(late, world)
    assert outcome(late) == outcome(whole)


def test_D6_without_the_report_everything_that_is_not_closed_waits_for_it() -> None:
    world = world_of(2006, 95, "calm", people=30)
    pipeline = after(world, [webhook(b) for b in bodies_of(world)])
    decisions = pipeline.decisions().values()
    assert {d["provisional"] for d in decisions if d["verdict"] == "not_eligible"} == {True}
    late = pipeline.decisions(passed=["s1", "s2", "s3"]).values()
    assert not any(d["provisional"] for d in late)


def test_Z3_who_has_a_connection_without_a_row_waits_for_the_deadline() -> None:
    world = world_of(2006, 96, "calm", people=30)
    rows = stays(bodies_of(world))
    pipeline = after(world, [webhook(b) for b in bodies_of(world)])
    short = next(
        who for who, d in sorted(pipeline.decisions().items())
        if d["verdict"] == "not_eligible" and d["present_seconds"]
    )  # fmt: skip
    index = next(i for i in range(30) if participant_id_of(world.person(i).external_id) == short)
    mine = {r for _, r in world.person(index).links}
    rest = [row for row in rows if row.registrant_id not in mine]
    found = after(world, [*map(webhook, bodies_of(world)), *map(reported, twice(KEY, rest))])
    waiting = {who for who, d in found.decisions().items() if d["provisional"]}
    assert waiting == {short}
    assert (
        found.decisions()[short]["present_seconds"]
        == pipeline.decisions()[short]["present_seconds"]
    )
