"""Why, what if, and who is in now, on the running system."""

import contextlib
import json
import threading
import time
from typing import Any

import httpx
import orjson
import pytest

from deploy.simulator.delivery import World
from deploy.simulator.now import WebinarNow
from deploy.simulator.run import Ran, run
from deploy.simulator.system import System
from tests.support.flow import Running, Witness, world_of

LAG, PAGE_SECONDS = 3, 1.0


@pytest.fixture(scope="module")
def played(system: Running) -> tuple[World, Ran]:
    world = world_of(2017, 41, "ugly", people=60)
    return world, run(world, system.addresses)


@pytest.fixture
def client(system: Running) -> System:
    return System(system.addresses)


def test_everybodys_timeline_counts_their_decisions_seconds(
    system: Running, client: System, played: Any
) -> None:
    base = f"{system.addresses.attendance}/v1/webinars/{played[1].webinar_id}/attendance"
    looked = []
    for item in list(client.attendance(played[1].webinar_id))[:20]:
        told = client.call("GET", f"{base}/{item['participant_id']}").json()
        present = sum(s["present_seconds"] for s in told["timeline"]["sessions"])
        assert present == told["present_seconds"] == item["present_seconds"]
        assert told["timeline"]["now"]["digest"] == item["digest"]
        assert next(v["version"] for v in told["versions"]) == item["version"]
        assert all(v["cause"] for v in told["versions"])
        looked.append(item["participant_id"])
    audit = Witness(system.card).records("attendance.audit.v1")
    noted = {r["subject"].split("|")[1] for r in (json.loads(seen.value) for seen in audit)
             if r["action"] == "attendance-looked-at"}  # fmt: skip
    assert noted >= set(looked)


def test_a_personal_link_opens_without_a_token(
    system: Running, client: System, played: Any
) -> None:
    url = f"{system.addresses.attendance}/v1/webinars/{played[1].webinar_id}/attendance-links"
    link = client.call("GET", url, params={"limit": 1}).json()["items"][0]
    shown = httpx.get(system.addresses.attendance + link["path"])
    assert shown.status_code == 200
    assert "Kehadiran Anda" in shown.text
    assert link["external_id"] not in shown.text


def test_a_changed_rule_does_what_its_preview_said(
    system: Running, client: System, played: Any
) -> None:
    webinar_id = played[1].webinar_id
    url = f"{system.addresses.attendance}/v1/webinars/{webinar_id}/rule:preview"
    body = {"rule": {"minimum_share": 9500, "scope": "each_session"}, "limit": 1000}
    told = client.call("POST", url, json=body).json()
    before = {i["participant_id"]: i["verdict"] for i in client.attendance(webinar_id)}
    assert told["eligible_before"] == sum(v == "eligible" for v in before.values())
    assert told["falls"] > 0
    client.call(
        "PATCH", f"{system.addresses.registration}/v1/webinars/{webinar_id}",
        content=orjson.dumps({"rule": body["rule"]}),
        headers={"content-type": "application/merge-patch+json"},
    )  # fmt: skip
    after = applied(client, webinar_id)
    fell = {p for p, v in before.items() if v == "eligible" and after[p]["verdict"] != "eligible"}
    assert {i["participant_id"] for i in told["items"] if i["change"] == "falls"} == fell
    for item in told["items"]:
        mine = after[item["participant_id"]]
        for name in ("verdict", "present_seconds", "base_seconds", "required_seconds"):
            assert item["after"][name] == mine[name]
    assert {d["cause"] for d in after.values()} == {"webinar"}


def applied(client: System, webinar_id: str) -> dict[str, Any]:
    """The decisions, once all of them are by the second rule."""
    until = time.monotonic() + 60
    while True:
        found = {i["participant_id"]: i for i in client.attendance(webinar_id)}
        if {d["rule_version"] for d in found.values()} == {2}:
            return found
        assert time.monotonic() < until
        time.sleep(0.3)


class Followed:
    """The stream of one webinar: (when, figures)."""

    def __init__(self, system: Running, webinar_id: str) -> None:
        self.seen: list[tuple[float, dict[str, Any]]] = []
        self._url = f"{system.addresses.attendance}/v1/webinars/{webinar_id}/live/stream"
        self._headers = {"authorization": f"Bearer {system.addresses.token}"}
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        with (
            contextlib.suppress(httpx.TransportError),
            httpx.stream(  # it ends with the system
                "GET", self._url, headers=self._headers, timeout=90
            ) as events,
        ):
            for line in events.iter_lines():
                if line.startswith("data: "):
                    self.seen.append((time.time(), json.loads(line[6:])))

    def until(self, **wanted: int) -> tuple[float, dict[str, Any]]:
        """The first message with these figures."""
        last = time.monotonic() + 30
        while True:
            for when, live in list(self.seen):
                if all(live[name] == value for name, value in wanted.items()):
                    return when, live
            assert time.monotonic() < last, (wanted, self.seen[-1:])
            time.sleep(0.02)


def test_V1_the_live_view_follows_and_never_dips(system: Running, client: System) -> None:
    webinar = WebinarNow(client, 12, tag="flow-live", number="99933322211")
    followed = Followed(system, webinar.webinar_id)
    followed.until(**{"in": 0})
    for n in range(10):
        webinar.send("joined", n, time.time() - 60)
    webinar.scan("in", 10, time.time() - 30)
    webinar.scan("in", 0, time.time() - 30)
    _, live = followed.until(**{"in": 11, "room": 2, "online": 10})
    assert [(r["region_code"], r["in"]) for r in live["regions"]] == [("15", 6), ("16", 5)]

    whole = len(followed.seen)
    moved = time.time()
    for n in range(1, 6):  # the leave of a breakout move comes a second before its join
        webinar.send("left", n, moved)
    webinar.send("joined", 6, moved, device=1, user=2)  # a second device
    time.sleep(1)
    for n in range(1, 6):
        webinar.send("joined", n, moved, user=1)
    joined = time.time()
    webinar.send("joined", 11, joined)
    when, _ = followed.until(**{"in": 12})
    assert min(live["in"] for _, live in followed.seen[whole:]) >= 11, "it dips"
    assert when - (int(joined) + LAG) < 1 + PAGE_SECONDS + 1  # Zoom's seconds are cut

    followed.seen.clear()  # these figures were there before
    webinar.send("left", 7, time.time() - 5)
    followed.until(**{"in": 11, "online": 10})
    assert webinar.live()["last_hour"][-1]["in"] == 11


def test_V1_a_webinar_of_the_past_shows_zero(system: Running, client: System, played: Any) -> None:
    url = f"{system.addresses.attendance}/v1/webinars/{played[1].webinar_id}/live"
    assert client.call("GET", url).json()["in"] == 0
