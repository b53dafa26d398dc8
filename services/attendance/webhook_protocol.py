"""Deliveries straight from the socket: uvicorn's own protocol, but for the usual delivery.

A usual one (kept-alive HTTP/1.1, its length told, nothing before it unanswered) goes to the gateway with
its last byte, and its answer to the socket in one piece. A task, a scope and the messages of ASGI would
cost as much as to verify and to keep it. Every other request takes uvicorn's way.
"""

import asyncio
import time
from functools import partial
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.attendance.gateway import BROKEN, PATH, Answer, Gateway, answer_of
from shared.telemetry import ANSWERS

log = structlog.get_logger()
URL = PATH.encode()
SMALL = 64 * 1024
"""Bytes of a body that are taken in without holding the sender back."""


class _Nobody:
    """Nobody waits for the parts of a usual delivery."""

    def set(self) -> None:
        """See `asyncio.Event`."""


class Delivery:
    """A usual delivery; the names are those that uvicorn's protocol looks for in a request."""

    __slots__ = ("begun", "body", "disconnected", "given", "keep_alive", "more_body",
                 "response_complete")  # fmt: skip
    message_event = _Nobody()

    def __init__(self, given: dict[bytes, bytes]) -> None:
        self.given, self.body, self.begun = given, bytearray(), time.perf_counter()
        self.more_body = self.keep_alive = True
        self.disconnected = self.response_complete = False


class WebhookProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, gateway: Gateway, **server: Any) -> None:
        super().__init__(**server)
        self._gateway = gateway

    def on_message_begin(self) -> None:
        """A request begins; its scope is made if it takes uvicorn's way."""
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Which way this request takes."""
        given = dict(self.headers)
        if self.url == URL and self._usual(given):
            self.cycle = Delivery(given)  # type: ignore[assignment] # in place of uvicorn's
        else:
            self._long_way()

    def _long_way(self) -> None:
        known = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = known
        self.scope["headers"] = self.headers
        super().on_headers_complete()

    def _usual(self, given: dict[bytes, bytes]) -> bool:
        length = given.get(b"content-length", b"")
        return (
            self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and (length.isdigit() and int(length) <= SMALL)
            and not (self.expect_100_continue or self.parser.should_upgrade())
            and (self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive())
        )

    def on_message_complete(self) -> None:
        """The last byte is there."""
        super().on_message_complete()
        one: Any = self.cycle
        if type(one) is Delivery and not one.response_complete:
            self._take(one)

    def _take(self, one: Delivery) -> None:
        try:
            found = self._gateway.take(one.given, bytes(one.body))
        except Exception as error:  # noqa: BLE001 - uvicorn would answer 400, and Zoom drop the delivery
            log.error("unexpected_error", kind=type(error).__name__)  # noqa: TRY400 - a trace may quote it
            found = BROKEN
        if isinstance(found, Answer):
            # When over a thousand sockets are ready, libuv reads on as long as some are, up to 48
            # times, before it looks at timers and other sockets. Who is answered in that time asks
            # again in that time: 2,000 connections stopped all else for four seconds.
            self.loop.call_soon(self._answer, one, found)
        else:
            asyncio.ensure_future(found).add_done_callback(partial(self._told, one))

    def _told(self, one: Delivery, written: "asyncio.Future[Answer | None]") -> None:
        self._answer(one, answer_of(written))

    def _answer(self, one: Delivery, answer: Answer) -> None:
        ANSWERS.add(answer.status, time.perf_counter() - one.begun)
        one.response_complete = True
        if one.disconnected:
            return
        default = self.server_state.default_headers
        if one.keep_alive:
            self.transport.write(answer.raw(default))
        else:  # the server is about to stop
            self.transport.write(answer.raw([*default, (b"connection", b"close")]))
            self.transport.close()
        self.on_response_complete()
