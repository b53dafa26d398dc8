"""The hot route over ASGI, without a socket: whatever is signed is kept, and only then answered."""

import asyncio
import hmac
import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attendance.domain.routing import route, routing
from services.attendance.domain.webhook import parse
from services.attendance.gateway import PATH, Gateway
from services.attendance.group_commit import GroupCommit
from services.attendance.settings import GatewaySettings
from shared.batch import decode
from shared.events.registration import WebinarSetV1
from tests.support.asides import asides, waiting
from tests.support.pipeline import Dead, Pipeline
from tests.support.quirks import Window, places, play
from tests.support.zoom_events import Room, raw

SECRET, NOW = "zoom-demo-secret-1", 1_790_000_000
SETTINGS = GatewaySettings(
    kafka="nowhere:9092", zoom_secrets=SECRET, partitions=3, gateway_answer_seconds=0.2
)


class Kept:
    """What is on the log, and what is in the dead letters."""

    def __init__(self) -> None:
        self.log: list[tuple[int, bytes]] = []
        self.dead: list[tuple[bytes, str]] = []

    async def append(self, partition: int, value: bytes) -> None:
        self.log += [(partition, body) for _, body in decode(value)]

    async def bury(self, body: bytes, headers: Any, reason: str) -> None:
        self.dead.append((body, reason))

    async def away(self, *_: Any) -> None:
        raise OSError("no broker")


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("another route")


def post(kept: Kept, body: bytes, append: Any = None, bury: Any = None) -> tuple[int, bytes]:
    """A signed delivery: status and body of the answer."""
    stamp = str(NOW).encode()
    signed = hmac.digest(SECRET.encode(), b"v0:" + stamp + b":" + body, "sha256").hex()
    scope = {
        "type": "http", "path": PATH, "method": "POST",
        "headers": [(b"x-zm-request-timestamp", stamp),
                    (b"x-zm-signature", b"v0=" + signed.encode())],
    }  # fmt: skip
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        answers.append(message)

    async def once() -> None:
        commit = GroupCommit(append or kept.append, max_waiting=1 << 20)
        gateway = Gateway(SETTINGS, commit, bury or kept.bury, nothing, now=lambda: NOW)
        await gateway(scope, receive, send)

    asyncio.run(once())
    return answers[0]["status"], answers[1]["body"]


def everything() -> list[bytes]:
    """Every event of every quirk, and each that is no evidence."""
    webinar, meeting = Room("u", "9", "webinar"), Room("u", "9", "meeting")
    stories = [raw(body) for place in places() for body in play(place).events]
    return stories + [raw(b) for b in (*asides(webinar), *asides(meeting), *waiting(meeting))]


def test_every_event_of_every_quirk_is_written_before_it_is_accepted() -> None:
    kept, sent = Kept(), everything()
    assert {post(kept, body)[0] for body in sent} == {200}
    assert {body for _, body in kept.log} == set(sent)
    assert not kept.dead


ONE_OF_EACH = list({orjson.loads(body)["event"]: body for body in everything()}.values())
SOME_WEBINAR = WebinarSetV1.model_validate({
    "webinar_id": "w", "version": 1, "programme_id": "p", "year": 2008, "title": "Contoh",
    "sessions": next(places()).sessions([Window()]),
})  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def distorted(data: Any) -> bytes:
    """A real event with anything in one of its fields, or without it."""
    body = orjson.loads(data.draw(st.sampled_from(ONE_OF_EACH)))
    at: Any = body
    while True:
        name = data.draw(st.sampled_from(sorted(at)))
        if data.draw(st.booleans()) and isinstance(at[name], dict) and at[name]:
            at = at[name]
            continue
        if data.draw(st.booleans()):
            at[name] = data.draw(JSON)
        else:
            del at[name]
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(st.data())
def test_whatever_is_in_a_signed_event_it_is_on_the_log_or_in_the_dead_letters(data: Any) -> None:
    kept = Kept()
    status, _ = post(kept, distorted(data))
    assert (status, bool(kept.log), bool(kept.dead)) in {(200, True, False), (400, False, True)}


@given(st.data())
def test_a_shape_that_can_be_read_whole_goes_where_reading_it_whole_says(data: Any) -> None:
    """The short way for the hottest events decides as the long one does."""
    try:
        body = orjson.loads(distorted(data))
        whole = routing(parse(body))
    except (ValueError, AttributeError):
        return  # what cannot be read whole is set aside by whoever reads it
    assert route(body) == whole


@given(st.data())
def test_whatever_was_accepted_the_worker_folds_it_or_sets_it_aside(data: Any) -> None:
    """What stops the worker would stop everybody's decisions."""
    kept, dead, sent = Kept(), Dead(), distorted(data)
    pipeline = Pipeline(dead=dead)
    pipeline.webinar(SOME_WEBINAR)
    if post(kept, sent)[0] == 200 and b"url_validation" not in sent:
        pipeline.webhook(sent)
        pipeline.decisions()
    assert all(reason for reason, _ in dead.letters)


@given(st.binary(max_size=40))
def test_signed_bytes_of_any_kind_are_kept(sent: bytes) -> None:
    kept = Kept()
    assert post(kept, sent)[0] == 400
    assert [body for body, _ in kept.dead] == [sent]


@pytest.mark.parametrize("broken", ["append", "bury"])
def test_what_cannot_be_written_is_503_so_that_zoom_sends_it_again(broken: str) -> None:
    """Never 4xx: Zoom drops what it gets 4xx for."""
    kept = Kept()
    body = raw(Room("u", "9").started(0)) if broken == "append" else b"{"
    given_away: dict[str, Callable[..., Any]] = {broken: kept.away}
    assert post(kept, body, **given_away)[0] == 503


def test_the_endpoint_check_is_answered_and_written_nowhere() -> None:
    kept = Kept()
    body = {"event": "endpoint.url_validation", "event_ts": 1654503849680,
            "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}  # fmt: skip
    status, answer = post(kept, orjson.dumps(body))
    assert status == 200
    assert orjson.loads(answer) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": "51b457d478d51934d9e1407bc724cfa297196a6e2304ec8ecc02689d166c4905",
    }
    assert not kept.log
