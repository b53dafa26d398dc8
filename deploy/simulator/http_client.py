"""A small HTTP/1.1 client for one host: one request at a time on each kept-alive connection.

About a tenth of httpx's cost per request, so that the sender is not what is measured.
"""

import asyncio
import time
from typing import NamedTuple, cast
from urllib.parse import SplitResult, urlsplit

import httptools


class Answer(NamedTuple):
    """An HTTP answer; `retry_after` in seconds, 0 where the server names none."""

    status: int
    body: bytes
    retry_after: float


class _Wire(asyncio.Protocol):
    """Bytes out, an answer in."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Answer] | None = None
        self.since = 0.0
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._retry_after = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as broken:
            if self.waiting is not None and not self.waiting.done():
                self.waiting.set_exception(ConnectionError(f"not HTTP: {broken}"))
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after" and value.isdigit():
            self._retry_after = float(value)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status, keep = self._parser.get_status_code(), self._parser.should_keep_alive()
        answer = Answer(status, b"".join(self._body), self._retry_after)
        self._begin()
        if not keep:
            self.close()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(answer)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None


class Connection:
    """A connection that is opened when needed, and again after it was lost."""

    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        self.url = http_url(base_url)
        self.timeout = timeout
        self._wire = _Wire()

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The answer to one POST.

        Raises:
            OSError: refused, closed or silent for longer than the time-out; send it again.
        """
        wire, transport = await self._open()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST {self.url.path.rstrip('/')}{path} HTTP/1.1\r\nhost: {self.url.netloc}\r\n"
            f"content-length: {len(body)}\r\n{lines}\r\n"
        )
        wire.waiting = asyncio.get_running_loop().create_future()
        wire.since = time.monotonic()
        transport.write(head.encode() + body)
        return await wire.waiting

    async def _open(self) -> tuple[_Wire, asyncio.WriteTransport]:
        if self._wire.transport is None or self._wire.transport.is_closing():
            loop = asyncio.get_running_loop()
            host, port = self.url.hostname or "", self.url.port or 80
            opening = loop.create_connection(_Wire, host, port)
            _, self._wire = await asyncio.wait_for(opening, self.timeout)
        if self._wire.transport is None:
            raise ConnectionError("closed as soon as it was opened")
        return self._wire, self._wire.transport

    def expire(self, now: float) -> None:
        """Gives up a request that was sent too long ago; called by a watchdog."""
        wire = self._wire
        waiting = wire.waiting
        if waiting is not None and not waiting.done() and now - wire.since > self.timeout:
            waiting.set_exception(ConnectionError("no answer in time"))
            wire.close()

    def close(self) -> None:
        self._wire.close()


def http_url(text: str) -> SplitResult:
    """A plain http URL with host and port.

    Raises:
        ValueError: it is something else.
    """
    url = urlsplit(text if "//" in text else f"http://{text}")
    if url.scheme != "http" or not url.hostname:
        raise ValueError(f"{text} is not an http:// address")
    return url if url.port else url._replace(netloc=f"{url.netloc}:80")
