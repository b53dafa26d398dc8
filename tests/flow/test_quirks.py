"""Zoom's quirks on a running system: signed, over HTTP, each as a webinar of its own."""

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from deploy.simulator.setup import CLOCKS_HELD
from deploy.simulator.system import System
from services.attendance.domain.webhook import Other, parse
from tests.support import asides, stories_of_people, stories_of_rooms, stories_of_times
from tests.support.flow import GRACE, RETRY, Running, Witness, steady
from tests.support.quirks import Place, Story, places, play
from tests.support.zoom_events import T0, raw

TABLES = (stories_of_people, stories_of_rooms, stories_of_times, asides)
MERGE = {"content-type": "application/merge-patch+json"}
WITHIN = 90.0
COLUMNS = "external_id,name,email,category,region_code,zoom_number,registrant_id"


@dataclass(frozen=True)
class Played:
    """One story, and the webinar in which it was played."""

    place: Place
    story: Story
    webinar_id: str


def chosen() -> list[Place]:
    """Each story once: as a meeting and as a webinar in turn."""
    of_story: dict[str, list[Place]] = {}
    for place in places():
        of_story.setdefault(place.name.rpartition("-")[0], []).append(place)
    turns = [of_kinds[n % len(of_kinds)] for n, of_kinds in enumerate(of_story.values())]
    return [place for place in turns if play(place).over_http]


def create(client: System, programme: str, place: Place, story: Story) -> Played:
    """The webinar of a story with its people; its clocks stand still."""
    body = {"programme_id": programme, "title": place.name, **CLOCKS_HELD,
            "sessions": place.sessions(story.windows)}  # fmt: skip
    webinar_id = client.call("POST", webinars(client), json=body).json()["id"]
    rows = [
        f"{who.name},Peserta Contoh,{who.email},public,15,{place.number},_{who.name}"
        for who in story.people
    ]
    client.call("POST", f"{webinars(client)}/{webinar_id}/participants:import",
                content="\n".join([COLUMNS, *rows]), headers={"content-type": "text/csv"})  # fmt: skip
    return Played(place, story, webinar_id)


def webinars(client: System) -> str:
    return f"{client.at.registration}/v1/webinars"


def release(client: System, one: Played) -> None:
    """Everything was sent: the session is moved, where the story says so, and the clocks go."""
    change: dict[str, Any] = {"grace_seconds": GRACE, "retry_window_seconds": RETRY}
    if one.story.moved:
        change["sessions"] = one.place.sessions(one.story.moved)
    at = f"{webinars(client)}/{one.webinar_id}"
    client.call("PATCH", at, content=orjson.dumps(change), headers=MERGE)


def post_all(system: Running, bodies: Sequence[bytes]) -> Counter[int]:
    """Signed as Zoom signs, many at once; the answers by status."""
    secret, url = system.card["zoom_secret"].encode(), system.card["gateway"] + "/v1/zoom/webhooks"

    async def post(http: httpx.AsyncClient, turn: asyncio.Semaphore, body: bytes) -> int:
        stamp = str(int(time.time()))
        signed = hmac.digest(secret, b"v0:" + stamp.encode() + b":" + body, "sha256").hex()
        headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": "v0=" + signed}
        async with turn:
            return (await http.post(url, content=body, headers=headers)).status_code

    async def everything() -> list[int]:
        turn = asyncio.Semaphore(20)
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            return await asyncio.gather(*(post(http, turn, body) for body in bodies))

    return Counter(asyncio.run(everything()))


@pytest.fixture(scope="module")
def played(system: Running) -> tuple[list[Played], Counter[str]]:
    """All stories, and how often each event that is no evidence was counted."""
    before = not_evidence(system)
    with System(system.addresses) as client, ThreadPoolExecutor(4) as pool:
        programme = client.call(
            "POST", f"{client.at.registration}/v1/programmes",
            json={"year": T0.year, "name": "Kebiasaan Zoom (contoh)"},
        ).json()["id"]  # fmt: skip
        made = list(pool.map(lambda place: create(client, programme, place, play(place)), chosen()))
        sent = [raw(body) for one in made for body in one.story.events]
        assert post_all(system, sent) == {200: len(sent)}
        list(pool.map(lambda one: release(client, one), made))
    steady(lambda: not_evidence(system), still=1.0)
    return made, not_evidence(system) - before


def not_evidence(system: Running) -> Counter[str]:
    """The worker's own count of events that are no evidence, by name."""
    text = httpx.get(system.card["processes"]["attendance-worker"]["url"] + "/metrics").text
    found: Counter[str] = Counter()
    for line in text.splitlines():
        if line.startswith("hadir_attendance_not_evidence_total{"):
            name, _, value = line.partition('event="')[2].partition('"} ')
            found[name] = int(float(value))
    return found


def outcomes(client: System, one: Played) -> dict[str, Any]:
    """external_id → what was decided, as a story says it."""
    names = ("verdict", "present_seconds", "base_seconds", "provisional")
    return {
        item["external_id"]: tuple(item.get(name) for name in names)
        for item in client.attendance(one.webinar_id)
    }


def unlike(client: System, made: Iterable[Played]) -> dict[str, Any]:
    """What does not come out as the story says: decisions and open cases."""
    found: dict[str, Any] = {}
    for one in made:
        shown = outcomes(client, one)
        if shown != {name: tuple(came) for name, came in one.story.expected.items()}:
            found[one.place.name] = shown
        elif client.progress(one.webinar_id)["open_reviews"] != one.story.cases:
            found[one.place.name] = client.progress(one.webinar_id)
    return found


def test_every_quirk_comes_out_right(system: Running, played: Any) -> None:
    made, until = played[0], time.monotonic() + WITHIN
    with System(system.addresses) as client:
        wrong = unlike(client, made)
        while wrong and time.monotonic() < until:
            time.sleep(1)
            wrong = unlike(client, [one for one in made if one.place.name in wrong])
    assert wrong == {}


def test_what_is_no_evidence_is_kept_and_counted_by_its_name(system: Running, played: Any) -> None:
    made, counted = played
    sent = [body for one in made for body in one.story.events]
    assert counted == Counter(b["event"] for b in sent if isinstance(parse(b), Other))
    assert counted.keys() >= asides.of_a3()
    assert {raw(body) for body in sent} <= set(Witness(system.card).webhooks())


def test_impossible_times_are_set_aside_once_with_their_reason(
    system: Running, played: Any
) -> None:
    numbers = {one.place.number: one.story.parked for one in played[0] if one.story.parked}
    found: Counter[str] = Counter()
    for seen in Witness(system.card).records("attendance.zoom-webhooks.v1.dlq"):
        number = next((n for n in numbers if n.encode() in seen.value), None)
        if number:
            assert b"impossible time" in seen.headers["dl_reason"]
            found[number] += 1
    assert found == numbers


def test_W7_a_link_in_use_from_two_networks_is_flagged_and_no_other(
    system: Running, played: Any
) -> None:
    with System(system.addresses) as client:
        at = f"{client.at.attendance}/v1/webinars"
        flagged = {
            one.place.name.rpartition("-")[0]: [
                (item["external_id"], item["seconds"])
                for item in client.call("GET", f"{at}/{one.webinar_id}/shared-links").json()[
                    "items"
                ]
            ]
            for one in played[0]
        }
    found = {name: items for name, items in flagged.items() if items}
    assert found == {"a_link_used_by_two_is_one_person_s_time_once": [("ayu", 900)]}
