"""What the simulator delivers: the same bytes for a seed, in Zoom's shapes, with every ugliness."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.simulator import delivery
from deploy.simulator.delivery import World
from deploy.simulator.people import csv_text, index_of, person
from deploy.simulator.scenario import calm, realistic, ugly
from deploy.simulator.stream import Arrivals, Scan, Webhook
from deploy.simulator.zoom import headers
from shared.regions import regions

VECTOR = Path(__file__).with_name("zoom-signature-vector.json")


def webhooks(world: World) -> list[Webhook]:
    return [item for item in Arrivals(world) if isinstance(item, Webhook)]


def events(world: World) -> list[dict[str, Any]]:
    return [json.loads(webhook.body) for webhook in webhooks(world)]


def people_in(found: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [
        {**event["payload"]["object"]["participant"], "object": event["payload"]["object"]}
        for event in found
        if event["event"].partition(".")[2] == name
    ]


UGLY = World(ugly(participants=300, seed=11))
UGLY_EVENTS = events(UGLY)


def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first = list(Arrivals(World(realistic(participants=80, seed=5))))
    assert first == list(Arrivals(World(realistic(participants=80, seed=5))))
    assert first != list(Arrivals(World(realistic(participants=80, seed=6))))


def test_everything_comes_in_order_of_arrival_and_is_counted_before() -> None:
    arrivals = Arrivals(UGLY)
    items = list(arrivals)
    assert [i.at_ms for i in items] == sorted(i.at_ms for i in items)
    assert sum(isinstance(i, Scan) for i in items) == arrivals.scans
    assert sum(isinstance(i, Webhook) for i in items) == arrivals.webhooks
    assert sum(isinstance(i, Webhook) and i.repeat for i in items) == arrivals.repeats


def test_the_signature_is_over_the_raw_bytes_in_utf_8() -> None:
    """The vector was accepted by Zoom's own receiver."""
    body = VECTOR.read_bytes()
    found = headers(b"zoom-demo-secret-1", 1769997604, "r", body)
    right = "v0=dbceca28b32c6187b9f32258721417ca475a80ddd27b9e7b592bd6bea2030a79"
    assert found["x-zm-signature"] == right
    assert found["x-zm-request-timestamp"] == "1769997604"
    assert found["user-agent"] == "Zoom Marketplace/1.0a"


def test_copies_keep_their_body_and_the_second_subscription_has_its_own_request_id() -> None:
    ids = Counter(w.request_id for w in webhooks(UGLY))
    bodies = Counter(w.body for w in webhooks(UGLY))
    assert max(ids.values()) > 1
    repeated = [w for w in webhooks(UGLY) if bodies[w.body] > 1]
    assert any(ids[w.request_id] == 1 for w in repeated)


def every_kind(found: list[dict[str, Any]]) -> bool:
    names = {event["event"] for event in found}
    wanted = [
        "started",
        "ended",
        "participant_joined",
        "participant_left",
        "participant_bind",
        "participant_joined_breakout_room",
        "participant_left_breakout_room",
        "participant_joined_waiting_room",
        "participant_left_waiting_room",
        "participant_admitted",
        "participant_jbh_waiting",
        "participant_role_changed",
        "registration_created",
        "registration_approved",
    ]
    return {f"meeting.{name}" for name in wanted} <= names


def blank_lefts(found: list[dict[str, Any]]) -> bool:
    return any(
        not p["registrant_id"] and not p["email"] for p in people_in(found, "participant_left")
    )


def email_in_upper_case(found: list[dict[str, Any]]) -> bool:
    return any(p["email"].isupper() for p in people_in(found, "participant_joined"))


def only_the_email(found: list[dict[str, Any]]) -> bool:
    joined = people_in(found, "participant_joined")
    return any(p["email"] and not p["registrant_id"] for p in joined)


def ids_as_text_and_as_numbers(found: list[dict[str, Any]]) -> bool:
    joined = people_in(found, "participant_joined")
    return {type(p["object"]["id"]) for p in joined} == {str, int}


def glued_user_ids(found: list[dict[str, Any]]) -> bool:
    rooms = people_in(found, "participant_joined_breakout_room")
    return all(p["user_id"].startswith(p["parent_user_id"] + "2026-") for p in rooms) and bool(
        rooms
    )


def moves_in_the_same_second(found: list[dict[str, Any]]) -> bool:
    joined = {
        (p["participant_uuid"], p["join_time"]): p["user_id"]
        for p in people_in(found, "participant_joined")
    }
    return any(
        joined.get((p["participant_uuid"], p["leave_time"]), p["user_id"]) != p["user_id"]
        for p in people_in(found, "participant_left")
    )


def uuids_that_must_be_escaped(found: list[dict[str, Any]]) -> bool:
    uuids = {event["payload"]["object"]["uuid"] for event in found}
    return any(u.startswith("/") for u in uuids) and any("//" in u for u in uuids)


def a_restart_under_one_number(found: list[dict[str, Any]]) -> bool:
    started = [e["payload"]["object"] for e in found if e["event"] == "meeting.started"]
    return len({s["id"] for s in started}) == 1 and len({s["uuid"] for s in started}) > 2


def non_ascii_names(found: list[dict[str, Any]]) -> bool:
    return any(not p["user_name"].isascii() for p in people_in(found, "participant_joined"))


@pytest.mark.parametrize(
    "ugliness",
    [
        every_kind,
        blank_lefts,
        email_in_upper_case,
        only_the_email,
        ids_as_text_and_as_numbers,
        glued_user_ids,
        moves_in_the_same_second,
        uuids_that_must_be_escaped,
        a_restart_under_one_number,
        non_ascii_names,
    ],
)
def test_an_ugly_webinar_has(ugliness: Callable[[list[dict[str, Any]]], bool]) -> None:
    assert ugliness(UGLY_EVENTS)


def test_some_arrive_late_and_out_of_order() -> None:
    delays = [w.at_ms - json.loads(w.body)["event_ts"] for w in webhooks(UGLY)]
    assert max(delays) > 5_000_000
    stamps = [event["event_ts"] for event in UGLY_EVENTS]
    assert stamps != sorted(stamps)


def test_a_calm_webinar_repeats_and_delays_nothing() -> None:
    world = World(calm(participants=200, seed=1))
    found = webhooks(world)
    assert not any(w.repeat for w in found)
    assert max(w.at_ms - json.loads(w.body)["event_ts"] for w in found) < 25_000


def test_a_rehearsal_says_so() -> None:
    found = events(World(ugly(participants=20, kinds=("webinar", "webinar"), seed=1)))
    ends = [
        e["payload"]["object"]["practice_session"] for e in found if e["event"] == "webinar.ended"
    ]
    assert {True, False} == set(ends)


def test_the_end_is_the_worst_minute() -> None:
    world = World(realistic(participants=500, seed=1))
    last = world.timetable.mains(1)[-1].closed
    lefts = [e for e in events(world) if e["event"].endswith("participant_left")]
    stamps = [e["event_ts"] // 1000 for e in lefts]
    assert sum(last - 60 <= at <= last for at in stamps) > 200


def test_people_are_synthetic_and_come_from_every_province() -> None:
    scenario = realistic(participants=3000, seed=1)
    people = [person(scenario, n) for n in range(3000)]
    assert {p.region_code[:2] for p in people} == {
        r.code for r in regions().values() if r.level == "province"
    }
    assert all("Contoh" in p.name and p.email.endswith(".example") for p in people)
    assert all(p.nip == "" or p.nip[8:14] == "199099" for p in people)
    assert [index_of(p.external_id) for p in people] == list(range(3000))


def test_the_same_population_registers_anew_for_another_webinar() -> None:
    one = person(realistic(seed=1, population=7), 3)
    other = person(realistic(seed=2, population=7), 3)
    assert one.external_id == other.external_id
    assert set(one.links).isdisjoint(other.links)


def test_each_link_is_a_row() -> None:
    scenario = ugly(participants=50, kinds=("webinar", "meeting"), seed=1)
    rows = csv_text(scenario).splitlines()
    assert len(rows) - 1 == sum(len(person(scenario, n).links) for n in range(50)) > 100
    assert rows[0].split(",")[:3] == ["external_id", "name", "email"]


def test_few_people_are_kept_in_memory_and_the_others_come_out_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = realistic(participants=300, seed=3)
    expected = list(Arrivals(World(scenario)))
    monkeypatch.setattr(delivery, "KEPT", 40)
    world, found = World(scenario), []
    for item in Arrivals(world):
        found.append(item)
        assert max(len(world._kept), len(world._people)) <= 40
    assert found == expected
