"""Walk-ins: a door's pass enrols new people in one webinar, from the door page's origin, and no more."""

import time
from uuid import uuid4

import httpx
import pytest

from shared import passes

KEY = bytes(range(32))
DOOR = "https://door.example"


@pytest.fixture(scope="module")
def door(run, worker):
    """An api that a door page may call."""
    worker.wait_ready()
    return run("api", HADIR_DOOR_ORIGINS=DOOR).wait_ready()


@pytest.fixture(scope="module")
def organiser(door, client_of):
    with client_of(door.url) as made:
        yield made


@pytest.fixture(scope="module")
def webinar(organiser):
    return organiser.webinar()


def pass_for(webinar, seconds=60):
    return passes.make(KEY, "walk-ins", webinar, "crew-1", int(time.time()) + seconds)


def walk_in(**more):
    return {"walk_in_id": str(uuid4()), "name": "Nama Baru", "category": "public",
            "region_code": "15.71", **more}  # fmt: skip


def enrol(door, webinar, body, given, **headers):
    headers = {"authorization": f"Bearer {given}", "origin": DOOR, **headers}
    return httpx.post(f"{door.url}/v1/walk-ins/{webinar}", json=body, headers=headers,
                      timeout=60)  # fmt: skip


def test_a_pass_enrols_a_new_person_once(door, organiser, webinar):
    body = walk_in()
    first = enrol(door, webinar, body, pass_for(webinar))
    assert first.status_code in (201, 202), first.text
    assert first.headers["access-control-allow-origin"] == DOOR
    again = enrol(door, webinar, body, pass_for(webinar)).json()
    assert (again["outcome"], again["participant_id"]) == (
        "unchanged", first.json()["participant_id"],
    )  # fmt: skip
    enrolled = organiser.enrolments(webinar)[f"walk-in-{body['walk_in_id']}"]
    assert (enrolled["mode"], enrolled["status"]) == ("onsite", "enrolled")


def test_a_pass_overwrites_nobody_who_was_enrolled_otherwise(door, organiser, webinar):
    body = walk_in(external_id="p-1")
    refused = enrol(door, webinar, body, pass_for(webinar))
    assert refused.status_code == 422
    assert enrol(door, webinar, walk_in(walk_in_id="p-1"), pass_for(webinar)).status_code == 422


@pytest.mark.parametrize("given", ["guess", "expired", "other"])
def test_without_a_pass_for_this_webinar_nobody_enrols(door, webinar, given):
    made = {"expired": pass_for(webinar, -1), "other": pass_for(str(uuid4()))}.get(given, given)
    refused = enrol(door, webinar, walk_in(), made)
    assert refused.status_code == 401
    assert refused.json()["type"] == "urn:hadir:problem:unauthorised"
    assert refused.headers["access-control-allow-origin"] == DOOR


def test_a_pass_opens_no_other_route(door, webinar):
    headers = {"authorization": f"Bearer {pass_for(webinar)}"}
    for path in ("/enrolments", ""):
        at = f"{door.url}/v1/webinars/{webinar}{path}"
        assert httpx.get(at, headers=headers).status_code == 401


def test_only_the_walk_ins_route_and_only_the_door_s_origin_may_be_called_from_a_page(
    door, webinar
):
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }

    def allowed(path, origin):
        answer = httpx.options(door.url + path, headers={"origin": origin, **asked})
        return answer.headers.get("access-control-allow-origin")

    assert allowed(f"/v1/walk-ins/{webinar}", DOOR) == DOOR
    assert allowed(f"/v1/walk-ins/{webinar}", "https://elsewhere.example") is None
    assert allowed(f"/v1/webinars/{webinar}/enrolments", DOOR) is None


def test_what_is_wrong_with_a_walk_in_is_said_by_field(door, webinar):
    refused = enrol(door, webinar, walk_in(region_code="97", category="x"), pass_for(webinar))
    assert {e["pointer"] for e in refused.json()["errors"]} == {"/region_code", "/category"}
