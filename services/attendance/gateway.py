"""The webhook gateway: verify, write durably, then answer.

The hot route is plain ASGI (no framework between Zoom and the broker); everything else is FastAPI.
A 200 means that every copy of the bytes is on the broker with acks=all. When that cannot be had in
time the answer is 503, never 4xx: Zoom retries 5xx and drops what it got 3xx or 4xx for (zoom.md A2).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import sha256
from typing import Any

import orjson

from services.attendance.domain.routing import One, Route, route
from services.attendance.domain.signature import SignatureProblem, crc_answer, verify
from services.attendance.domain.webhook import Malformed
from services.attendance.group_commit import GroupCommit
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


class Answer(Exception):
    """An HTTP answer to a delivery."""

    def __init__(self, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = (),
                 kind: bytes = b"application/json") -> None:  # fmt: skip
        length = (b"content-length", str(len(body)).encode())
        self.start = {"type": "http.response.start", "status": status,
                      "headers": [(b"content-type", kind), *headers, length]}  # fmt: skip
        self.end = {"type": "http.response.body", "body": body}
        self.status = str(status)


def problem(status: int, code: str, title: str, *headers: tuple[bytes, bytes]) -> Answer:
    """An RFC 9457 answer."""
    body = {"type": f"urn:hadir:problem:{code}", "title": title, "status": status}
    return Answer(status, orjson.dumps(body), headers, PROBLEM.encode())


ACCEPTED = Answer(200, b'{"status":"accepted"}')
TOO_LARGE = problem(
    413, "too-large", "The body is larger than any webhook", (b"connection", b"close")
)
BUSY = problem(
    503, "cannot-write-now", "It cannot be written now; send it again", (b"retry-after", b"5")
)
GARBAGE = problem(
    400, "not-a-webhook", "The signature is right but the body is no webhook; it was kept"
)
UNSIGNED = {p: problem(401, p.value, p.sentence) for p in SignatureProblem}


class Gateway:
    """The ASGI application of the hot route; `rest` answers every other path."""

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
        try:
            answer = await self._answer(scope["headers"], receive)
        except Answer as other:
            answer = other
        await send(answer.start)
        await send(answer.end)
        ANSWERS.add(answer.status, time.perf_counter() - begun)

    async def _answer(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> Answer:
        given = dict(headers)
        body = await self._body(given, receive)
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
            return await self._garbage(body, given, str(wrong) or type(wrong).__name__)
        return await self._write(where, given, body, now)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        limit = self._settings.webhook_max_bytes
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            raise TOO_LARGE
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise problem(400, "disconnected", "The connection ended inside the body")
            part: bytes = message.get("body", b"")
            body = body + part if body else part
            if len(body) > limit:
                raise TOO_LARGE
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

    async def _write(
        self, where: Route, given: dict[bytes, bytes], body: bytes, now: float
    ) -> Answer:
        try:
            if type(where) is One:
                envelope = frame(_header(where.key, given, body, now), body)
                await self._commit.offer(home_of(where.key, len(self._every)), envelope)
            else:
                envelope = frame(_header(b"", given, body, now), body)
                for waiter in [self._commit.offer(p, envelope) for p in self._every]:
                    await waiter
        except Exception:  # noqa: BLE001 - full, late or refused, whatever the reason: Zoom sends it again
            return BUSY
        return ACCEPTED

    async def _garbage(self, body: bytes, given: dict[bytes, bytes], reason: str) -> Answer:
        try:
            async with asyncio.timeout(self._settings.gateway_answer_seconds):
                kept = [(text, given[name]) for name, text in KEPT_HEADERS if name in given]
                await self._bury(body, kept, reason)
        except Exception:  # noqa: BLE001 - not kept, so Zoom must send it again
            return BUSY
        return GARBAGE


def _header(key: bytes, given: dict[bytes, bytes], body: bytes, now: float) -> bytes:
    """The frame header. `ce_id` is of the body alone: a delivery sent again is the same event."""
    header = {
        "ce_specversion": "1.0",
        "ce_id": sha256(body).hexdigest()[:32],
        "ce_source": "zoom",
        "ce_type": "us.zoom.webhook.v0",
        "received_ms": int(now * 1000),
        "key": key.decode("utf-8", "replace"),
    }
    for name, text in KEPT_HEADERS:
        if name in given:
            header[text] = given[name].decode("latin-1")
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
