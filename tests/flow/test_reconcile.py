"""Reconciliation on the running system: webhooks that never came are found in Zoom's report."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest

from deploy.simulator import setup
from deploy.simulator.delivery import World
from deploy.simulator.play import Player
from deploy.simulator.stream import Arrivals, Scan, Webhook
from deploy.simulator.system import System
from shared.keys import participant_id_of
from tests.support.flow import Running, Witness, world_of
from tests.support.reconciling import Asking, Reconciler, reconciler_of, running
from tests.support.reports import stays
from tests.support.wait import until
from tests.support.zoom_api import ZoomApi

LOST = 12
"""Every so-many-th person's webhooks are lost."""
CLOCKS = {"report_deadline_seconds": 10**9, "report_reread_seconds": 1, "reconciliation": True}


class Played(NamedTuple):
    """A webinar whose decisions became final by the report alone: its deadline is in 31 years."""

    world: World
    webinar_id: str
    lost: frozenset[int]
    progress: dict[str, Any]
    zoom: ZoomApi


@pytest.fixture(scope="module")
def zoom() -> Iterator[ZoomApi]:
    with ZoomApi() as api:
        yield api


@pytest.fixture(scope="module")
def reconciler(system: Running, zoom: ZoomApi, tmp_path_factory: Any) -> Iterator[Reconciler]:
    """The one that is there all the time."""
    log: Path = tmp_path_factory.mktemp("reconciler") / "log"
    with running(reconciler_of(system, zoom, log, "attendance-reconciler")) as one:
        yield one


@pytest.fixture(scope="module")
def played(system: Running, zoom: ZoomApi, reconciler: Reconciler) -> Played:
    """Half of the system's truth comes by webhook, the rest in the report."""
    import asyncio

    world = world_of(2018, 32, "calm", people=60)
    arrivals = list(Arrivals(world))
    lost = frozenset(range(0, 60, LOST))
    registrants = {r for n in lost for _, r in world.person(n).links}
    with System(system.addresses) as client:
        programme = client.create_programme(world)
        body = setup.webinar_body(world, programme) | setup.CLOCKS_HELD | CLOCKS
        made = client.call("POST", f"{client.at.registration}/v1/webinars", json=body).json()
        webinar_id = str(made.get("id") or made["webinar_id"])
        client.import_people(world, webinar_id)
        rows = stays(a.body for a in arrivals if isinstance(a, Webhook))
        zoom.faults.append((429, {"retry-after": "1"}, {"code": 429}))
        zoom.add(rows)
        came = [a for a in arrivals if isinstance(a, Scan) or not _of(a.body, registrants)]
        asyncio.run(Player(system.addresses.target(webinar_id)).play(came))
        url = f"{client.at.registration}/v1/webinars/{webinar_id}"
        patch = orjson.dumps({"grace_seconds": 1})
        client.call("PATCH", url, content=patch,
                    headers={"content-type": "application/merge-patch+json"})  # fmt: skip
        return Played(world, webinar_id, lost, client.wait_settled(webinar_id, 180), zoom)


def _of(body: bytes, registrants: set[str]) -> bool:
    event = orjson.loads(body)
    who = event["payload"]["object"].get("participant") or {}
    presence = event["event"].endswith((".participant_joined", ".participant_left"))
    return presence and who.get("registrant_id") in registrants


def test_Z3_whose_webhooks_were_lost_is_as_eligible_as_who_came(
    system: Running, played: Played
) -> None:
    with System(system.addresses) as client:
        found = {item["participant_id"]: item for item in client.attendance(played.webinar_id)}
    wrong = []
    for index in range(60):
        verdict, present, *_ = played.world.outcome(index)
        item = found[participant_id_of(played.world.person(index).external_id)]
        if (item["verdict"], item["present_seconds"], item["provisional"]) != (
            verdict, present, False,
        ):  # fmt: skip
            wrong.append((index, verdict, present, item["verdict"], item["present_seconds"]))
    assert wrong == []
    eligible = [n for n in played.lost if played.world.outcome(n)[0] == "eligible"]
    assert eligible, "somebody whose webhooks were lost has earned it"


def test_Z1_each_report_was_read_twice_with_registrant_ids_and_by_uuid(played: Played) -> None:
    reports = [path for path in played.zoom.asked if "/report/" in path]
    assert len(reports) >= 2
    assert all("include_fields=registrant_id" in path for path in reports)
    numbers = {session.number for session in played.world.timetable.sessions}
    assert not any(f"/{number}/" in path for path in reports for number in numbers)


def test_the_command_line_asks_waits_and_shows_what_differs(
    system: Running, played: Played
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "reconcile", "--webinar", played.webinar_id,
         "--attendance", system.addresses.attendance, "--json"],
        env={**os.environ, "HADIR_TOKEN": system.addresses.token},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    said = orjson.loads(told.stdout)
    assert all(one["settled"] for one in said["meetings"])
    assert {one["kind"] for one in said["differences"]} >= {"lost"}


def test_no_name_and_no_address_stands_in_the_reports_topic(
    system: Running, played: Played
) -> None:
    values = [seen.value for seen in Witness(system.card).records("attendance.reports.v1")]
    assert values
    text = b"\n".join(values)
    assert b"Nama Contoh" not in text
    assert not any(played.world.person(n).email.encode() in text for n in range(60))


def test_the_list_of_differences_names_what_was_lost(system: Running, played: Played) -> None:
    base = f"{system.addresses.attendance}/v1/webinars/{played.webinar_id}"
    lost = {participant_id_of(played.world.person(n).external_id) for n in played.lost}
    seen = {row.registrant_id for row in stays(
        a.body for a in Arrivals(played.world) if isinstance(a, Webhook))}  # fmt: skip
    online = {
        participant_id_of(played.world.person(n).external_id)
        for n in played.lost
        if {r for _, r in played.world.person(n).links} & seen
    }
    with System(system.addresses) as client:
        items = client.call("GET", f"{base}/differences").json()["items"]
        text = client.call("GET", f"{base}/differences.csv").text
        page = client.call("GET", f"{system.addresses.attendance}/webinars/{played.webinar_id}"
                           "/differences?lang=en", cookies={"hadir_token": client.at.token})  # fmt: skip
    assert {i["participant_id"] for i in items if i["kind"] == "lost"} == online <= lost
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == len(items)
    assert "webhooks were lost" in page.text


def test_whoever_asks_has_it_read_once_more(
    system: Running, played: Played, reconciler: Reconciler
) -> None:
    with System(system.addresses) as client:
        desk = Asking(client, played.webinar_id)
        assert all(one["complete"] for one in desk.meetings())
        asked = desk.ask()
        until(lambda: desk.read_since(asked))
    assert httpx.get(f"{reconciler.url}/readyz", trust_env=False).status_code == 200


LATER = "99999001"
"""The user_id of a row that a report has at a later read."""


def longest(zoom: ZoomApi) -> str:
    """The uuid with the most rows; reports come in pages of a few rows from now on."""
    zoom.page_rows = 5
    return max(zoom.rows, key=lambda uuid: len(zoom.rows[uuid]))


def test_Z1_a_reconciler_killed_within_a_read_begins_it_anew_and_finds_the_same(
    system: Running, played: Played, reconciler: Reconciler
) -> None:
    zoom = played.zoom
    uuid = longest(zoom)
    with System(system.addresses) as client:
        desk = Asking(client, played.webinar_id)
        before = desk.differences()
        zoom.rows[uuid].append({**zoom.rows[uuid][0], "user_id": LATER})
        zoom.hold(1)
        asked = desk.ask()
        until(lambda: uuid in zoom.held)
        reconciler.process.kill()
        zoom.let_go()
        reconciler.process.start()
        until(lambda: desk.read_since(asked))
        until(lambda: desk.differences() == before | {(uuid, LATER, "lost")})
    assert unfinished(system, asked), "it was killed within a read"


def unfinished(system: Running, asked: int) -> set[int]:
    """Reads begun after that of which pages were written, and no end."""
    begun, ended = set[int](), set[int]()
    for seen in Witness(system.card).records("attendance.reports.v1"):
        event = orjson.loads(seen.value)
        if "page" in event:
            begun.add(event["read"])
        elif "digest" in event:
            ended.add(event["read"])
    return {read for read in begun - ended if read >= asked}


def test_L1_two_reconcilers_within_the_same_read_find_what_one_finds(
    system: Running, played: Played, reconciler: Reconciler, tmp_path: Path
) -> None:
    zoom = played.zoom
    uuid = longest(zoom)
    with System(system.addresses) as client:
        desk = Asking(client, played.webinar_id)
        until(lambda: httpx.get(f"{reconciler.url}/readyz", trust_env=False).is_success)
        zoom.rows[uuid][:] = [row for row in zoom.rows[uuid] if row["user_id"] != LATER]
        expected = {one for one in desk.differences() if one[1] != LATER}
        zoom.hold(1)
        asked = desk.ask()
        until(lambda: uuid in zoom.held)
        # by its name it comes before the other one: the group gives it the first one's seat
        with running(reconciler_of(system, zoom, tmp_path / "log", "a-second")):
            until(lambda: zoom.held.count(uuid) == 2)  # both are within it
            zoom.let_go()
            until(lambda: desk.read_since(asked))
            until(lambda: desk.differences() == expected)
            counts = desk.reads_since(asked)
    assert max(counts.values()) <= 4, "one each, and each once more to be sure"
