"""Failed deliveries out of Zoom's webhook log reach our gateway, each once."""

import asyncio
import json
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from deploy.cli.errors import code_and_sentence
from services.attendance.domain.signature import SignatureProblem, verify
from services.attendance.reconcile.limits import Bucket, LimitReached
from services.attendance.reconcile.redelivery import Failed, failed_deliveries, redeliver
from services.attendance.reconcile.zoom_client import Credentials, Unavailable, ZoomClient
from tests.support.zoom_api import ACCOUNT, CLIENT, SECRET, ZoomApi

NOW = datetime(2026, 2, 2, 5, tzinfo=UTC)


def entry(number: int, **more: Any) -> dict[str, Any]:
    """A line of the log, as documented."""
    body = json.dumps({"event": "webinar.participant_joined", "n": number})
    return {"event": "webinar.participant_joined", "status": 500, "retry_num": 3,
            "failed_reason_type": -7, "request_id": f"r{number}", "trace_id": "t",
            "request_body": body, **more}  # fmt: skip


def found(zoom: ZoomApi) -> list[Failed]:
    async def run() -> list[Failed]:
        async with httpx.AsyncClient(trust_env=False) as http:
            bucket = Bucket(1000, None, time.time)
            who = Credentials(ACCOUNT, CLIENT, SECRET, f"{zoom.url}/oauth/token")
            client = ZoomClient(who, http, bucket, bucket)
            return [one async for one in failed_deliveries(client, "app/1", NOW)]

    return asyncio.run(run())


def test_every_failed_delivery_is_found_once_over_all_pages(zoom: ZoomApi) -> None:
    zoom.logs = [entry(1, retry_num=0), entry(1, retry_num=1), entry(2), entry(3, status=200),
                 entry(4, request_body=""), entry(5, request_body={"event": "x"})]  # fmt: skip
    assert [one.request_id for one in found(zoom)] == ["r1", "r2", "r5"]
    first = zoom.asked[0]
    assert first.startswith("/v2/marketplace/apps/app%2F1/webhook_logs?")
    assert "from=2026-01-26T05%3A00%3A00Z" in first
    assert "type=2" in first


def test_events_that_share_a_trace_are_told_apart_without_a_request_id(zoom: ZoomApi) -> None:
    zoom.logs = [entry(1, request_id=""), entry(2, request_id=""), entry(1, request_id="")]
    assert len(found(zoom)) == 2


@pytest.mark.parametrize("problem", [LimitReached(60), Unavailable("unavailable", "Zoom is away.")])
def test_what_zoom_does_not_let_us_is_one_sentence_on_the_command_line(problem: Exception) -> None:
    assert code_and_sentence(problem) == (1, str(problem))


class Gateway(BaseHTTPRequestHandler):
    """Checks a delivery as the real one does."""

    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        secret = verify([b"newest"], self.headers["x-zm-request-timestamp"].encode(),
                        self.headers["x-zm-signature"].encode(), body, 1_770_000_000,
                        oldest=300, newest=300)  # fmt: skip
        wrong = isinstance(secret, SignatureProblem) or self.path != "/v1/zoom/webhooks"
        self.send_response(401 if wrong else self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(("secret", "accepted"), [("newest", True), ("older", False)])
def test_it_is_posted_as_zoom_would_sign_it(secret: str, accepted: bool) -> None:
    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        Thread(target=server.handle_request, daemon=True).start()

        async def run() -> bool:
            async with httpx.AsyncClient(trust_env=False) as http:
                url = f"http://127.0.0.1:{server.server_port}/"
                failed = Failed("r1", '{"topic":"Pelatihan é"}'.encode())
                return await redeliver(http, url, secret, 1_770_000_000, failed)

        assert asyncio.run(run()) is accepted
