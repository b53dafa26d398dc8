"""The load generator: what it sends, counts and refuses to be."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httptools
import pytest

from deploy.bench.generator import program
from deploy.bench.load import GeneratorWasTheLimit, Load, believed, fire, measured, prepare
from deploy.bench.measure import cores
from deploy.local.compiler import NoCompiler
from services.attendance.domain.signature import verify

SECRET = "s3cret"


class Server(asyncio.Protocol):
    """Answers every third request by 503 and closes after every tenth; keeps what came."""

    got: list[tuple[dict[bytes, bytes], bytes]] = []
    stall = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.parser = transport, httptools.HttpRequestParser(self)
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name] = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.got.append((self.headers, self.body))
        n, self.headers, self.body = len(self.got), {}, b""
        status = b"503 Busy" if n % 3 == 0 else b"200 OK"
        close = b"connection: close\r\n" if n % 10 == 0 else b""
        answer = b"HTTP/1.1 %b\r\n%bContent-Length: 2\r\n\r\nok" % (status, close)
        delay, Server.stall = self.stall, 0.0
        asyncio.get_running_loop().call_later(delay, self.transport.write, answer)


@contextmanager
def server(stall: float = 0.0) -> Iterator[int]:
    Server.got, Server.stall = [], stall
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(loop.create_server(Server, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield listening.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    listening.close()
    loop.run_until_complete(asyncio.sleep(0.05))  # the connections' ends are heard
    loop.close()


def test_every_request_is_whole_signed_and_counted_by_its_answer(tmp_path: Path) -> None:
    requests = prepare(tmp_path, SECRET)
    with server() as port:
        load = fire(requests, port, 0.5, cores()[1], connections=4)
    assert load.accepted + load.refused == len(Server.got) > 100
    assert (load.refused, load.errors) == (len(Server.got) // 3, 0)
    headers, body = Server.got[17]
    stamp = headers[b"x-zm-request-timestamp"]
    assert verify([SECRET.encode()], stamp, headers[b"x-zm-signature"], body, int(stamp),
                  oldest=1, newest=1) == 0  # fmt: skip


def test_an_even_pace_is_kept(tmp_path: Path) -> None:
    with server() as port:
        load = fire(prepare(tmp_path, SECRET), port, 1, cores()[1], rate=200, connections=8)
    assert 190 <= len(Server.got) <= 201
    assert load.not_sent <= 10


def test_who_waits_behind_a_stall_is_counted_from_when_the_request_was_due(tmp_path: Path) -> None:
    with server(stall=0.4) as port:
        load = fire(prepare(tmp_path, SECRET), port, 0.6, cores()[1], rate=100, connections=1)
    assert load.worst >= 400
    assert load.p50 >= 100  # the requests behind it, not only the one
    assert load.first >= 400 > load.stall


def _load(busy: float = 0.1, stall: float = 20) -> Load:
    return Load(1, 1, 0, 0, 0, 1, 1, 1, busy, stall)


def test_a_run_in_which_the_generator_was_the_limit_is_repeated_then_refused() -> None:
    runs = iter([_load(busy=0.95), _load(busy=0.5)])
    assert measured(lambda: next(runs)).busy == 0.5
    with pytest.raises(GeneratorWasTheLimit, match="95%"):
        measured(lambda: _load(busy=0.95))


def test_a_run_in_which_the_generator_was_kept_from_its_core_is_no_run() -> None:
    with pytest.raises(GeneratorWasTheLimit, match="up to 600 ms"):
        believed(_load(stall=600))


def test_a_compiler_that_cannot_build_it_ends_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoCompiler, match="C compiler is needed"):
        program(tmp_path, compilers=("false",))
