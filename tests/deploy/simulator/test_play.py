"""The player against a small real server: signatures, order of tries, counting."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from deploy.simulator.delivery import World
from deploy.simulator.play import Pace, Player, Target
from deploy.simulator.scenario import realistic
from deploy.simulator.stream import Arrivals, Webhook

SECRET = "a secret of the test"
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class Server:
    """Keeps what it gets; answers what `answers` says, then 200."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    webhooks: list[tuple[str, bytes]] = field(default_factory=list)
    scans: list[dict[str, Any]] = field(default_factory=list)
    hang_up: int = 0
    url: str = ""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        status, extra, reply = self.answer(scope["path"], headers, body)
        found = [(k.encode(), v.encode()) for k, v in extra.items()]
        found.append((b"content-length", str(len(reply)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": found})
        await send({"type": "http.response.body", "body": reply})

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any, bytes]:
        if path.endswith("/check-ins"):
            assert headers["authorization"] == "Bearer t"
            scans = json.loads(body)["scans"]
            assert len(scans) <= 200
            self.scans += scans
            results = [{"scan_id": s["scan_id"], "status": "accepted"} for s in scans]
            return 200, {}, json.dumps({"results": results}).encode()
        assert path == "/v1/zoom/webhooks"
        signed = b"v0:" + headers["x-zm-request-timestamp"].encode() + b":" + body
        right = "v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        if headers["x-zm-signature"] != right or headers["user-agent"] != "Zoom Marketplace/1.0a":
            return 401, {}, b""
        if self.answers:
            status, extra = self.answers.pop(0)
            return status, extra, b""
        self.webhooks.append((headers["x-zm-request-id"], body))
        return 200, {}, b"{}"


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    config = uvicorn.Config(server, port=0, log_level="warning", lifespan="off")
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    async with asyncio.timeout(10):
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}"
    yield server
    running.should_exit = True
    await task


async def play(server: Server, world: World, pace: Pace, secret: str = SECRET) -> Any:
    async with serving(server):
        target = Target(server.url, secret, server.url, "t", "w1")
        return await Player(target, pace).play(Arrivals(world))


def test_every_webhook_and_every_scan_arrives_once_and_is_counted() -> None:
    world, server = World(realistic(participants=150, seed=4)), Server()
    report = asyncio.run(play(server, world, Pace()))
    arrivals = Arrivals(world)
    sent = sorted((i.request_id, i.body) for i in arrivals if isinstance(i, Webhook))
    assert sorted(server.webhooks) == sent
    assert report.webhooks_sent == report.webhooks_accepted == arrivals.webhooks
    assert report.duplicates_sent == arrivals.repeats > 0
    assert report.scans_sent == report.scans_accepted == arrivals.scans == len(server.scans) > 0
    assert report.complete
    assert 0 < report.p50 <= report.p99


def test_webhooks_are_sent_in_the_order_of_arrival() -> None:
    world, server = World(realistic(participants=30, seed=4)), Server()
    asyncio.run(play(server, world, Pace(connections=1)))
    expected = [i.body for i in Arrivals(world) if isinstance(i, Webhook)]
    assert [body for _, body in server.webhooks] == expected


def test_a_503_is_sent_again_after_what_the_server_asks_and_nothing_is_lost() -> None:
    world = World(realistic(participants=20, seed=4))
    server = Server(answers=[(503, {"retry-after": "1"}), (500, {}), (503, {})])
    report = asyncio.run(play(server, world, Pace(retries=(0.05, 0.05), connections=4)))
    assert report.retries == 3
    assert report.seconds >= 1
    assert report.complete
    assert len(server.webhooks) == report.webhooks_sent


def test_a_4xx_is_final_and_is_counted() -> None:
    world, server = World(realistic(participants=20, seed=4)), Server()
    report = asyncio.run(play(server, world, Pace(), secret="another"))
    assert report.refused == {401: report.webhooks_sent}
    assert report.retries == 0
    assert not report.complete


def test_after_the_last_try_a_delivery_is_dropped() -> None:
    world, target = World(realistic(participants=5, seed=4)), Target("http://127.0.0.1:9", SECRET)
    report = asyncio.run(Player(target, Pace(retries=(0.01,), limit=10)).play(Arrivals(world)))
    assert report.dropped == report.webhooks_sent == 10
    assert report.webhooks_accepted == 0


def test_the_rate_and_the_limit_are_kept() -> None:
    world, server = World(realistic(participants=100, seed=4)), Server()
    report = asyncio.run(play(server, world, Pace(rate=200, limit=100)))
    assert report.webhooks_sent == 100
    assert 0.45 <= report.seconds < 2


def test_a_silent_server_is_given_up_and_tried_again() -> None:
    async def run() -> Any:
        heard: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda _r, w: heard.append(w), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        target = Target(f"http://127.0.0.1:{port}", SECRET)
        pace = Pace(connections=1, timeout=0.3, retries=(0.01,), limit=1)
        report = await Player(target, pace).play(Arrivals(World(realistic(participants=5))))
        for writer in heard:
            writer.close()
        silent.close()
        return report

    report = asyncio.run(run())
    assert (report.retries, report.dropped) == (1, 1)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "ftp://x", "http://"])
def test_only_plain_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        asyncio.run(Player(Target(url, SECRET)).play([]))
