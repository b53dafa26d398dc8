"""The usual delivery's short way from the socket, beside the long one: the same answers, the same log."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from services.attendance.gateway import PATH, Gateway
from services.attendance.group_commit import GroupCommit
from services.attendance.settings import GatewaySettings
from services.attendance.webhook_protocol import WebhookProtocol
from shared.batch import decode
from tests.support.zoom_events import Room, raw

pytestmark = pytest.mark.anyio
SECRET, NOW = "zoom-demo-secret-1", 1_790_000_000
SETTINGS = GatewaySettings(kafka="nowhere:9092", zoom_secrets=SECRET, partitions=3)
JOIN = raw(Room("u", "9").joined(5, "p", "c"))
Talk = Callable[..., Awaitable[bytes]]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The gateway's loop, which is stricter than that of asyncio."""
    return "asyncio", {"use_uvloop": True}


def request(body: bytes, *more: bytes, path: str = PATH, secret: str = SECRET) -> bytes:
    """A signed delivery as it comes over the wire."""
    signed = hmac.digest(secret.encode(), b"v0:%d:%b" % (NOW, body), "sha256").hex()
    lines = [
        b"POST %b HTTP/1.1" % path.encode(), b"Host: gateway", b"X-Zm-Request-Timestamp: %d" % NOW,
        b"X-Zm-Signature: v0=%b" % signed.encode(), *more,
    ]  # fmt: skip
    if not any(line.startswith(b"Transfer-Encoding") for line in more):
        lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join((*lines, b"", body))
    return b"\r\n".join((*lines, b"", b"%x" % len(body), body, b"0", b"", b""))


class Served:
    """A gateway on a socket; what it wrote, and whether its broker takes anything."""

    def __init__(self, answer_within: float = 60) -> None:
        self.answer_within = answer_within
        self.log: list[bytes] = []
        self.dead: list[bytes] = []
        self.state = ServerState()
        self.asked, self.broker = asyncio.Event(), asyncio.Event()
        self.broker.set()
        self.broken = False
        self.long = 0  # requests that came as ASGI messages

    async def append(self, _: int, value: bytes) -> None:
        self.asked.set()
        await self.broker.wait()
        self.log += [body for _, body in decode(value)]

    async def bury(self, body: bytes, *_: Any) -> None:
        self.dead.append(body)

    async def rest(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def now(self) -> float:
        if self.broken:
            raise RuntimeError
        return NOW

    def protocols(self) -> Callable[[], WebhookProtocol]:
        """One for each connection."""
        commit = GroupCommit(self.append, max_waiting=1 << 20, answer_within=self.answer_within)
        gateway = Gateway(SETTINGS, commit, self.bury, self.rest, now=self.now)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            self.long += 1
            await gateway(scope, receive, send)

        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_keep_alive=60)
        config.load()

        return lambda: WebhookProtocol(
            gateway, config=config, server_state=self.state, app_state={}
        )

    @asynccontextmanager
    async def port(self) -> AsyncIterator[int]:
        """While it serves."""
        server = await asyncio.get_running_loop().create_server(self.protocols(), "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def talking(served: Served) -> AsyncIterator[Talk]:
    """One connection: sends, and reads so many answers."""
    async with served.port() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def talk(*parts: bytes, answers: int = 1) -> bytes:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            async with asyncio.timeout(30):
                return b"".join([await _answer(reader) for _ in range(answers)])

        yield talk
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return head + await reader.readexactly(int(length or 0))


def statuses(answers: bytes) -> list[bytes]:
    """Of each answer."""
    return [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]]


SHORT = {
    "usual": [request(JOIN)],
    "in two parts": [request(JOIN)[:-100], request(JOIN)[-100:]],
}
LONG = {
    "of unknown length": [request(JOIN, b"Transfer-Encoding: chunked")],
    "asking whether to go on": [request(JOIN, b"Expect: 100-continue")],
    "the last of its connection": [request(JOIN, b"Connection: close")],
    "with a query": [request(JOIN, path=PATH + "?from=zoom")],
}


@pytest.mark.parametrize("way", [*SHORT, *LONG])
async def test_however_a_delivery_comes_it_is_written_and_accepted(way: str) -> None:
    served = Served()
    async with talking(served) as talk:
        answers = await talk(*(SHORT | LONG)[way], answers=2 if "asking" in way else 1)
    assert statuses(answers)[-1] == b"200"
    assert served.log == [JOIN]
    assert served.long == (way in LONG)


async def test_a_connection_serves_one_delivery_after_the_other() -> None:
    served = Served()
    async with talking(served) as talk:
        for _ in range(3):
            assert statuses(await talk(request(JOIN))) == [b"200"]
        assert b"date: " not in await talk(request(b"{", secret="x"))
        served.state.default_headers = [(b"date", b"now")]
        assert b"date: now\r\n" in await talk(request(JOIN))
    assert served.log == [JOIN] * 4


async def test_deliveries_sent_without_waiting_are_answered_in_their_order() -> None:
    served = Served()
    async with talking(served) as talk:
        wrong = request(JOIN, secret="no")
        answers = await talk(request(JOIN) + wrong + request(JOIN), answers=3)
    assert statuses(answers) == [b"200", b"401", b"200"]
    assert served.log == [JOIN, JOIN]


async def test_signed_garbage_is_kept_and_a_large_body_refused() -> None:
    served = Served()
    async with talking(served) as talk:
        assert statuses(await talk(request(b"{"))) == [b"400"]
        large = b" " * (SETTINGS.webhook_max_bytes + 1)
        assert statuses(await talk(request(large))) == [b"413"]
    assert (served.dead, served.log) == ([b"{"], [])


async def test_a_broker_that_stands_still_is_503_until_it_moves_again() -> None:
    """Never 4xx: Zoom drops what it gets 4xx for."""
    served = Served(answer_within=0.3)
    async with talking(served) as talk:
        served.broker.clear()
        for _ in range(3):
            assert statuses(await talk(request(JOIN))) == [b"503"]
        served.broker.set()
        await until(lambda: bool(served.log))
        assert statuses(await talk(request(JOIN))) == [b"200"]
    assert served.log == [JOIN] * 2  # the first was late, the next two were not taken in


async def test_a_fault_of_ours_is_500() -> None:
    served = Served()
    served.broken = True
    async with talking(served) as talk:
        assert statuses(await talk(request(JOIN))) == [b"500"]


class Line(asyncio.Transport):
    """The gateway's end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = b""

    def write(self, data: Any) -> None:
        self.answers += data

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Never held back."""


async def test_nobody_is_answered_within_the_turn_in_which_they_were_read() -> None:
    """The loop would read their next delivery, and the one after, and look at nothing else."""
    line, protocol = Line(), Served().protocols()()
    protocol.connection_made(line)
    protocol.data_received(request(JOIN, secret="no"))
    assert line.answers == b""
    await asyncio.sleep(0)
    assert statuses(line.answers) == [b"401"]


async def test_other_paths_take_the_way_of_the_application() -> None:
    async with talking(Served()) as talk:
        assert statuses(await talk(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) == [b"404"]


async def test_a_server_that_stops_still_answers_what_it_has_taken_in() -> None:
    served = Served()
    served.broker.clear()
    async with talking(served) as talk:
        asking = asyncio.ensure_future(talk(request(JOIN)))
        await served.asked.wait()
        for connection in served.state.connections:
            connection.shutdown()
        served.broker.set()
        answer = await asking
        assert (statuses(answer), b"connection: close\r\n" in answer) == ([b"200"], True)
        await until(lambda: not served.state.connections)
    assert served.log == [JOIN]


async def until(done: Callable[[], bool]) -> None:
    """Wait for it."""
    for _ in range(5_000):
        if done():
            return
        await asyncio.sleep(0.002)
    raise TimeoutError


async def test_who_hung_up_is_not_answered_but_written() -> None:
    served, faults = Served(), list[Any]()
    served.broker.clear()
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    async with served.port() as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(JOIN))
        await served.asked.wait()
        writer.close()
        await until(lambda: not served.state.connections)
        served.broker.set()
        await until(lambda: bool(served.log))
    await asyncio.sleep(0)
    assert (served.log, faults) == ([JOIN], [])
