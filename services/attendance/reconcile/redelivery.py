"""Failed deliveries out of Zoom's webhook log, to our gateway once more.

Zoom drops what it could not deliver in four tries, and what it got 3xx or 4xx for; for seven days
its log still has the bodies. Each is signed as Zoom would sign it and posted: one that had arrived
after all is the same facts once more, and changes nothing.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import httpx
import orjson

from services.attendance.domain.signature import signature
from services.attendance.reconcile.zoom_client import PageTokenDied, ZoomClient

KEPT_DAYS = 7
PATH = "/v1/zoom/webhooks"
STARTS = 3
"""How often the log is begun anew when a page's token died."""


class Failed(NamedTuple):
    """A delivery that Zoom has given up, or has not repeated yet."""

    request_id: str
    body: bytes


class Redelivered(NamedTuple):
    """What came of it."""

    found: int
    accepted: int
    refused: int


async def failed_deliveries(client: ZoomClient, app_id: str, now: datetime,
                            days: int = KEPT_DAYS) -> AsyncIterator[Failed]:  # fmt: skip
    """Each failed delivery once, however often Zoom tried it; the oldest log comes first."""
    seen: set[str] = set()
    for start in range(STARTS):
        try:
            async for failed in _log(client, app_id, now, days):
                if failed.request_id not in seen:
                    seen.add(failed.request_id)
                    yield failed
        except PageTokenDied:
            if start + 1 == STARTS:
                raise
            continue
        return


async def _log(client: ZoomClient, app_id: str, now: datetime,
               days: int) -> AsyncIterator[Failed]:  # fmt: skip
    token = ""
    while True:
        page = await client.webhook_log(app_id, now - timedelta(days=days), now, token)
        for entry in page.get("webhook_logs") or ():
            failed = _failed(entry)
            if failed is not None:
                yield failed
        token = page.get("next_page_token") or ""
        if not token:
            return


def _failed(entry: Mapping[str, Any]) -> Failed | None:
    """None for what was delivered, and for what the log has no body of."""
    status, body = entry.get("status"), entry.get("request_body")
    if not body or (isinstance(status, int) and status in {200, 204}):
        return None
    raw = body.encode() if isinstance(body, str) else orjson.dumps(body)
    # several events may share a trace id, so it names none of them
    name = entry.get("request_id") or blake2b(raw, digest_size=16).hexdigest()
    return Failed(str(name), raw)


async def redeliver(http: httpx.AsyncClient, gateway: str, secret: str, now: int,
                    failed: Failed) -> bool:  # fmt: skip
    """Post one to the gateway; whether it was accepted.

    Raises:
        httpx.TransportError: the gateway does not answer.
    """
    stamp = str(now)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-zm-request-timestamp": stamp,
        "x-zm-signature": signature(secret.encode(), stamp.encode(), failed.body).decode(),
        "x-zm-request-id": failed.request_id[:100],
    }
    answer = await http.post(gateway.rstrip("/") + PATH, content=failed.body, headers=headers)
    return answer.status_code == httpx.codes.OK
