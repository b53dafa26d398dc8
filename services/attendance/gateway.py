"""The webhook gateway: verify, write durably, then answer.

The hot route is plain ASGI (no framework between Zoom and the broker); everything else is FastAPI.
A 200 means that every copy of the bytes is on the broker with acks=all. When that cannot be had in
time the answer is 503, never 4xx: Zoom retries 5xx and drops what it got 3xx or 4xx for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import orjson

from services.attendance.domain.routing import One, Route, route
from services.attendance.domain.signature import SignatureProblem, crc_answer, verify
from services.attendance.domain.webhook import Malformed
from services.attendance.group_commit import GroupCommit, Overloaded
from services.attendance.settings import GatewaySettings
from shared.batch import frame
from shared.envelope import Headers
from shared.http import PROBLEM
from shared.keys import home_of
from shared.telemetry import ANSWERS, CRC, GATEWAY_WAITING, OLD_SECRET

PATH = "/v1/zoom/webhooks"
KEPT_HEADERS = tuple(
    (name.encode(), name)
    for name in ("x-zm-request-timestamp", "x-zm-request-id", "x-zm-trackingid")
)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, SendMessage], Awaitable[None]]
Bury = Callable[[bytes, Headers, str], Awaitable[None]]
"""Keeps signed bytes that are no webhook: body, headers, reason; raises when it cannot."""


class Answer:
    """An HTTP answer to a delivery."""

    def __init__(self, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = (),
                 kind: bytes = b"application/json") -> None:  # fmt: skip
        length = (b"content-length", str(len(body)).encode())
        typed = ((b"content-type", kind),) if body else ()
        self.headers = [*typed, *headers, length]
        self.status, self.body = str(status), body
        self._line = b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())
        self._default: list[tuple[bytes, bytes]] | None = None
        self._raw = b""

    def raw(self, default: list[tuple[bytes, bytes]]) -> bytes:
        """As it goes to the socket. `default`: the server's own headers, another list when they change."""
        if default is not self._default:
            lines = [b"%b: %b" % header for header in (*default, *self.headers)]
            self._raw = b"\r\n".join((self._line, *lines, b"", self.body))
            self._default = default
        return self._raw

    async def send(self, send: SendMessage) -> None:
        """To an ASGI server."""
        await send({"type": "http.response.start", "status": int(self.status),
                    "headers": self.headers})  # fmt: skip
        await send({"type": "http.response.body", "body": self.body})


def problem(status: int, code: str, title: str, *headers: tuple[bytes, bytes]) -> Answer:
    """An RFC 9457 answer."""
    body = {"type": f"urn:hadir:problem:{code}", "title": title, "status": status}
    return Answer(status, orjson.dumps(body), headers, PROBLEM.encode())


ACCEPTED = Answer(200)  # a body would say nothing more
TOO_LARGE = problem(
    413, "too-large", "The body is larger than any webhook", (b"connection", b"close")
)
DISCONNECTED = problem(400, "disconnected", "The connection ended inside the body")
BUSY = problem(
    503, "cannot-write-now", "It cannot be written now; send it again", (b"retry-after", b"5")
)
BROKEN = problem(500, "unexpected", "Something went wrong on our side")
GARBAGE = problem(
    400, "not-a-webhook", "The signature is right but the body is no webhook; it was kept"
)
UNSIGNED = {p: problem(401, p.value, p.sentence) for p in SignatureProblem}


Written = Awaitable[Answer | None]
"""On its way: done when it is durable, with the answer if that is not 200; raises when it is not."""


class Gateway:
    """The hot route: `take` for those who have a whole delivery, and an ASGI application, whose `rest`
    answers every other path."""

    def __init__(self, settings: GatewaySettings, commit: GroupCommit, bury: Bury, rest: App,
                 now: Callable[[], float] = time.time) -> None:  # fmt: skip
        self._settings, self._commit, self._bury, self._rest = settings, commit, bury, rest
        self._now = now
        self._secrets = [secret.encode() for secret in settings.zoom_secrets]
        self._every = range(settings.partitions)
        GATEWAY_WAITING.set_function(lambda: commit.waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._rest(scope, receive, send)
            return
        begun = time.perf_counter()
        given = dict(scope["headers"])
        body = await self._body(given, receive)
        found = body if isinstance(body, Answer) else self.take(given, body)
        if not isinstance(found, Answer):
            written = asyncio.ensure_future(found)
            await asyncio.wait((written,))
            found = answer_of(written)
        await found.send(send)
        ANSWERS.add(found.status, time.perf_counter() - begun)

    def take(self, given: dict[bytes, bytes], body: bytes) -> Answer | Written:
        """Bring a delivery on its way to the log or to the dead letters; or answer it at once, with
        nothing written. `given`: its headers, by lower-case name."""
        now = self._now()
        secret = verify(
            self._secrets, given.get(b"x-zm-request-timestamp"), given.get(b"x-zm-signature"),
            body, int(now), oldest=self._settings.webhook_oldest_seconds,
            newest=self._settings.webhook_newest_seconds,
        )  # fmt: skip
        if isinstance(secret, SignatureProblem):
            return UNSIGNED[secret]
        if secret:
            OLD_SECRET.inc()
        try:
            message = orjson.loads(body)
            if message.get("event") == "endpoint.url_validation":
                return self._validation(message)
            where = route(message)
        except (orjson.JSONDecodeError, AttributeError, Malformed) as wrong:
            return self._garbage(body, given, str(wrong) or type(wrong).__name__)
        return self._write(where, given, body, now)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | Answer:
        limit = self._settings.webhook_max_bytes
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            return TOO_LARGE
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return DISCONNECTED
            part: bytes = message.get("body", b"")
            body += part
            if len(body) > limit:
                return TOO_LARGE
            if not message.get("more_body", False):
                return body

    def _validation(self, message: dict[str, Any]) -> Answer:
        """Zoom's endpoint check (every 72 h), answered with the newest secret."""
        token = (message.get("payload") or {}).get("plainToken")
        if not isinstance(token, str):
            CRC.labels(outcome="malformed").inc()
            return GARBAGE
        CRC.labels(outcome="answered").inc()
        return Answer(200, orjson.dumps(crc_answer(self._secrets[0], token)))

    def _write(
        self, where: Route, given: dict[bytes, bytes], body: bytes, now: float
    ) -> Answer | Written:
        try:
            if type(where) is One:
                envelope = frame(_header(where.key, given, body, now), body)
                return self._commit.offer(home_of(where.key, len(self._every)), envelope)
            envelope = frame(_header(b"", given, body, now), body)
            return _all([self._commit.offer(p, envelope) for p in self._every])
        except Overloaded:
            return BUSY

    async def _garbage(self, body: bytes, given: dict[bytes, bytes], reason: str) -> Answer:
        async with asyncio.timeout(self._settings.gateway_answer_seconds):
            kept = [(text, given[name]) for name, text in KEPT_HEADERS if name in given]
            await self._bury(body, kept, reason)
        return GARBAGE


def answer_of(written: "asyncio.Future[Answer | None]") -> Answer:
    """What to answer when it is done: late or refused, whatever the reason, Zoom sends it again."""
    if written.cancelled() or written.exception():
        return BUSY
    return written.result() or ACCEPTED


async def _all(waiters: Iterable[Awaitable[None]]) -> None:
    for waiter in waiters:
        await waiter


def _header(key: bytes, given: dict[bytes, bytes], body: bytes, now: float) -> bytes:
    """The frame header. `ce_id` is of the body alone: a delivery sent again is the same event."""
    header = {
        "ce_specversion": "1.0", "ce_id": sha256(body).hexdigest()[:32], "ce_source": "zoom",
        "received_ms": int(now * 1000), "key": key.decode("utf-8", "replace"),
    }  # fmt: skip
    for name, text in KEPT_HEADERS:
        if name in given:
            header[text] = given[name].decode("latin-1")
    header["ce_type"] = "us.zoom.webhook.v0"  # last, where readers look for it
    return orjson.dumps(header)


def document(rest: Any) -> None:
    """Describe the hot route in the OpenAPI document of the FastAPI part, which never serves it."""
    answers = {
        200: "Durably written, or the answer to an endpoint validation",
        400: "Signed, but no webhook; it was kept",
        401: "Signature or timestamp missing, wrong or too old",
        413: "Larger than any webhook",
        503: "Cannot be written now; send it again (Retry-After)",
    }

    async def receive_webhook() -> None:
        """Zoom's webhooks; `x-zm-signature` is HMAC-SHA-256 over `v0:<timestamp>:<raw body>`."""

    rest.add_api_route(
        PATH, receive_webhook, methods=["POST"], tags=["zoom"], summary="Receive a Zoom webhook",
        responses={status: {"description": text} for status, text in answers.items()},
    )  # fmt: skip
