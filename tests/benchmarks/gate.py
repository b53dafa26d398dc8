"""Two ratios that a slower program changes and a slower machine does not.

The processor time of our hot paths, as real code in one process, divided by that of a fixed work on
the same bodies in the same process: HMAC, JSON, and loops of plain Python in about equal parts, so
that neither a quicker library nor a quicker interpreter moves the ratio much. Nothing is waited for.

`python -m tests.benchmarks.gate` prints the ratios beside the committed ones; with `--write` they are
committed anew, which a change that is meant to cost time does on purpose.
"""

import asyncio
import gc
import hmac
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from uvicorn.server import ServerState

from deploy.bench.load import body
from services.attendance.gateway import PATH, Gateway
from services.attendance.group_commit import GroupCommit
from services.attendance.settings import GatewaySettings
from services.attendance.webhook_protocol import WebhookProtocol
from shared.crypto import identity_hmac
from shared.events.registration import EnrolledV1, Link, SessionV1, WebinarSetV1, ZoomRoom
from shared.keys import participant_id_of
from tests.support.pipeline import KEY, Pipeline

COMMITTED = Path(__file__).with_name("gate.json")
MARGIN = 1.6
"""So much slower, against the reference, is a slowdown and no noise."""
ROUNDS = 21
SEED = "0"
SECRET, STAMP = b"gate-secret", 1_790_000_000
PEOPLE, DELIVERIES, TOGETHER = 60, 600, 64
WEBINAR = "5d0f6f0e-52a5-5c44-9e0c-0a1f0f4b7a11"
BODIES = [body(n) for n in range(DELIVERIES)]


def ratios() -> dict[str, float]:
    """Processor time of each path over that of the reference; of each the quickest round."""
    paths = {"reference": _reference, "gateway": _gateway(), "attendance": _attendance}
    least = dict.fromkeys(paths, float("inf"))
    for _ in range(ROUNDS):
        for name, work in paths.items():
            least[name] = min(least[name], _cpu(work))
    per_event = {"reference": DELIVERIES, "gateway": DELIVERIES, "attendance": 2 * PEOPLE}
    cost = {name: least[name] / per_event[name] for name in paths}
    return {name: cost[name] / cost["reference"] for name in ("gateway", "attendance")}


def too_slow(found: dict[str, float]) -> list[str]:
    """A sentence for each path that is slower than the margin allows."""
    committed = json.loads(COMMITTED.read_text())
    return [
        f"{name} takes {at:.2f} × the reference, {committed[name]:.2f} × is committed"
        for name, at in found.items()
        if at > MARGIN * committed[name]
    ]


def _cpu(work: Callable[[], None]) -> float:
    gc.collect()
    gc.disable()
    began = time.process_time()
    work()
    took = time.process_time() - began
    gc.enable()
    return took


def _reference() -> None:
    for raw in BODIES:
        hmac.new(SECRET, raw, "sha256").hexdigest()
        orjson.dumps(orjson.loads(raw))
        h = 0
        for byte in raw[:80]:
            h = (h * 31 + byte) & 0xFFFFFFFF


def _gateway() -> Callable[[], None]:
    """Signed deliveries as a socket brings them, written to a broker that is always there."""
    settings = GatewaySettings(kafka="", zoom_secrets=(SECRET.decode(),))
    requests = [_request(raw) for raw in BODIES]
    config = uvicorn.Config(_never, log_config=None, lifespan="off")
    config.load()

    async def written(_: int, __: bytes) -> None:
        await asyncio.sleep(0)

    async def all_of_them() -> None:
        commit = GroupCommit(written, max_waiting=settings.gateway_max_waiting_bytes, gather=0)
        gateway = Gateway(settings, commit, _never, _never, now=lambda: STAMP)
        sockets = [Socket() for _ in range(TOGETHER)]
        state = ServerState()
        for socket in sockets:
            socket.protocol = WebhookProtocol(
                gateway, config=config, server_state=state, app_state={}
            )
            socket.protocol.connection_made(socket)
        for first in range(0, DELIVERIES, TOGETHER):
            for socket, request in zip(sockets, requests[first : first + TOGETHER], strict=False):
                socket.protocol.data_received(request)
            await commit.drained()
            await asyncio.sleep(0)
        answers = [answer for socket in sockets for answer in socket.answers]
        assert len(answers) == DELIVERIES
        assert all(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers)

    return lambda: asyncio.run(all_of_them())


class Socket(asyncio.Transport):
    """Takes the answers of one connection."""

    protocol: WebhookProtocol

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[bytes] = []

    def write(self, data: Any) -> None:
        self.answers.append(data)

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Never held back."""


async def _never(_: Any, __: Any, ___: Any) -> None:
    raise AssertionError("every delivery is a signed webhook")


def _request(raw: bytes) -> bytes:
    signed = hmac.new(SECRET, f"v0:{STAMP}:".encode() + raw, "sha256").hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"x-zm-request-timestamp: {STAMP}\r\nx-zm-signature: v0={signed}\r\n"
        f"x-zm-request-id: r\r\ncontent-length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def _attendance() -> None:
    """Both stages over joins and leaves of everybody, to the last decision."""
    pipeline = Pipeline(partitions=2)
    pipeline.webinar(_webinar())
    for n in range(PEOPLE):
        pipeline.enrol(_enrolled(n))
    for raw in BODIES[:PEOPLE]:
        pipeline.webhook(raw)
    for raw in BODIES[:PEOPLE]:
        pipeline.webhook(_left(raw))
    decided = pipeline.decisions()
    assert [d["verdict"] for d in decided.values()] == ["eligible"] * PEOPLE


def _webinar() -> WebinarSetV1:
    session = SessionV1(id="s1", start="2026-02-02T02:00:00Z", end="2026-02-02T04:00:00Z",
                        zoom=ZoomRoom(number="93201235621"))  # fmt: skip
    return WebinarSetV1(webinar_id=WEBINAR, version=1, programme_id=WEBINAR, year=2026,
                        title="Gate", sessions=(session,))  # fmt: skip


def _enrolled(n: int) -> EnrolledV1:
    link = Link(zoom_number="93201235621", registrant_id=f"bench-{n:016d}")
    return EnrolledV1(
        webinar_id=WEBINAR, participant_id=participant_id_of(str(n)), external_id=str(n), version=1,
        year=2026, region_code="15", category="asn", links=(link,),
        email_hmac=identity_hmac(KEY, f"p{n}@contoh.example"),
    )  # fmt: skip


def _left(joined: bytes) -> bytes:
    return joined.replace(b"participant_joined", b"participant_left").replace(
        b'"join_time":"2026-02-02T02:00:03Z"', b'"leave_time":"2026-02-02T03:59:03Z"'
    )


def main() -> None:
    """Print, or write."""
    if os.environ.get("PYTHONHASHSEED") != SEED:  # the order of sets moves the figures
        command = [sys.executable, "-m", "tests.benchmarks.gate", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": SEED})
    found = {name: round(at, 2) for name, at in ratios().items()}
    if "--write" in sys.argv[1:]:
        COMMITTED.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps({"found": found, "committed": json.loads(COMMITTED.read_text())}))


if __name__ == "__main__":
    main()
