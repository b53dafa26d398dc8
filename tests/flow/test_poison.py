"""Bad input on every door: each gets its clear answer, is kept where it must be, and the flow goes on."""

import hmac
import json
import time
from typing import Any

import httpx
import pytest
from kafka import KafkaProducer

from deploy.simulator.run import run
from tests.support.flow import POISON_KEY, Running, Witness, world_of

GARBAGE = b"{ this is no JSON, and it is signed"


def post(system: Running, body: bytes, **change: str | None) -> httpx.Response:
    """A delivery; keywords (with _ for -) change or, by None, take away a header."""
    stamp = str(int(time.time()))
    signed = hmac.new(
        system.card["zoom_secret"].encode(), b"v0:" + stamp.encode() + b":" + body, "sha256"
    )
    headers: dict[str, str | None] = {
        "content-type": "application/json", "x-zm-request-timestamp": stamp,
        "x-zm-signature": "v0=" + signed.hexdigest(),
    }  # fmt: skip
    headers |= {name.replace("_", "-"): value for name, value in change.items()}
    raw = [(n.encode(), v.encode()) for n, v in headers.items() if v is not None]
    return httpx.post(f"{system.card['gateway']}/v1/zoom/webhooks", content=body, headers=raw)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and the stable problem type."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:hadir:problem:")


def dead(system: Running, topic: str) -> list[dict[str, str]]:
    """Headers of a topic's dead letters, with the body under `body`."""
    return [
        {**{k: v.decode() for k, v in seen.headers.items()}, "body": seen.value.decode("latin-1")}
        for seen in Witness(system.card).records(topic + ".dlq")
    ]


def test_a_wrong_signature_is_401(system: Running) -> None:
    assert code(post(system, b"{}", x_zm_signature="v0=" + "0" * 64)) == (401, "signature-wrong")


def test_a_signature_in_no_ascii_is_401_and_no_crash(system: Running) -> None:
    assert code(post(system, b"{}", x_zm_signature="v0=é✓")) == (401, "signature-wrong")


@pytest.mark.parametrize("name", ["x_zm_signature", "x_zm_request_timestamp"])
def test_a_missing_header_is_401(system: Running, name: str) -> None:
    assert code(post(system, b"{}", **{name: None})) == (401, "signature-missing")


def test_an_old_timestamp_is_401(system: Running) -> None:
    old = str(int(time.time()) - 6_100)
    assert code(post(system, b"{}", x_zm_request_timestamp=old)) == (401, "timestamp-too-old")


def test_two_megabytes_are_413(system: Running) -> None:
    assert code(post(system, b"x" * 2_000_000)) == (413, "too-large")


def test_signed_garbage_is_400_and_kept(system: Running) -> None:
    assert code(post(system, GARBAGE)) == (400, "not-a-webhook")
    kept = dead(system, "attendance.zoom-webhooks.v1")
    assert [k for k in kept if k["body"] == GARBAGE.decode() and k["dl_reason"]]


def test_an_unknown_but_signed_event_is_accepted_and_kept(system: Running) -> None:
    body = json.dumps(
        {"event": "user.presence_status_updated", "event_ts": 1, "payload": {}}
    ).encode()
    assert post(system, body).status_code == 200
    assert body in list(Witness(system.card).webhooks())


def poison(system: Running, topic: str, value: bytes, headers: dict[str, bytes]) -> None:
    """Something on a topic that no process of ours wrote."""
    producer = KafkaProducer(bootstrap_servers=system.card["kafka"])
    name = system.card["topic_prefix"] + topic
    producer.send(
        name, value, key=POISON_KEY.encode(), headers=list(headers.items()), partition=0
    ).get(30)
    producer.close()


POISON: dict[str, tuple[str, bytes, dict[str, bytes]]] = {
    "no event at all": ("attendance.events.v1", b"poison", {}),
    "a torn batch": (
        "attendance.events.v1", b"\x00\x00\x00\x09{}",
        {"content-type": b"application/vnd.hadir.batch.v1"},
    ),
    "an unknown version": (
        "attendance.events.v1", b"{}", {"ce_type": b"hadir.attendance.connection-seen.v9"},
    ),
    "a webhook that is none": (
        "attendance.zoom-webhooks.v1", b"poison", {"content-type": b"application/vnd.hadir.batch.v1"},
    ),
    "an unknown decision": (
        "attendance.decisions.v1", b"{}", {"ce_type": b"hadir.attendance.eligibility-decided.v9"},
    ),
    "an enrolment that is none": (
        "registration.enrolments.v1", b"{}", {"ce_type": b"hadir.registration.enrolled.v1"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", POISON)
def test_poison_is_dead_lettered_with_reason_and_origin(system: Running, what: str) -> None:
    topic, value, headers = POISON[what]
    before = len(dead(system, topic))
    poison(system, topic, value, headers)
    until = time.monotonic() + 30
    while len(dead(system, topic)) == before and time.monotonic() < until:
        time.sleep(0.3)
    letters = dead(system, topic)
    assert len(letters) > before
    assert any(
        letter["body"] == value.decode("latin-1") and letter["dl_reason"] and letter["dl_offset"]
        for letter in letters[before:]
    )


def test_the_flow_goes_on_after_all_of_it(system: Running) -> None:
    ran = run(world_of(2015, 31, people=60), system.addresses, settle_within=60)
    assert ran.right, ran.findings.listed


def test_nobody_gets_in_without_a_token(system: Running) -> None:
    at = system.card["attendance"] + "/v1/webinars/x/progress"
    for headers in ({}, {"authorization": "Bearer wrong"}):
        answer: Any = httpx.get(at, headers=headers)
        assert code(answer) == (401, "unauthorised")
