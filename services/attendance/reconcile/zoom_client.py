"""Zoom's REST interface, as far as reconciliation needs it: Server-to-Server OAuth.

Tokens last an hour and have no refresh; the reply names the base URL to use. Answers that pass by
themselves (429, 5xx, lost connections) are waited out here; everything else is an exception.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import httpx
import structlog

from services.attendance.reconcile.limits import (
    LONGEST_WAIT,
    Bucket,
    Clock,
    LimitReached,
    Sleep,
    rest_of_day,
)

log = structlog.get_logger()
PAGE_SIZE = 300
EARLY = 60.0
"""Seconds before its end at which a token is not used any more."""
TRIES = 6
PAGE_TOKEN_DEAD = 300
"""Zoom's error code of a page token that is invalid or older than 15 minutes."""
NO_SUCH_CALL = 2300
"""Zoom's error code of a path that it does not know: this says nothing of a meeting."""
Kind = Literal["meeting", "webinar"]


class Credentials(NamedTuple):
    """Of a Server-to-Server OAuth app."""

    account_id: str
    client_id: str
    client_secret: str
    token_url: str


class ZoomProblem(Exception):
    """A call that did not succeed; `code` is stable and says nothing personal."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class NotThere(ZoomProblem):
    """Zoom knows no such thing, or has no report of it."""


class PageTokenDied(ZoomProblem):
    """The next page cannot be had any more: start over."""


class Refused(ZoomProblem):
    """Zoom does not let us: credentials, scopes, plan. Trying again does not help by itself."""


class Unavailable(ZoomProblem):
    """Zoom did not answer in spite of several tries."""


class ZoomClient:
    """One account's client. `heavy` and `medium` are the account's limits."""

    def __init__(self, credentials: Credentials, http: httpx.AsyncClient, heavy: Bucket,
                 medium: Bucket, *, clock: Clock = time.time, sleep: Sleep = asyncio.sleep) -> None:  # fmt: skip
        self._who, self._http = credentials, http
        self._heavy, self._medium = heavy, medium
        self._clock, self._sleep = clock, sleep
        self._token, self._good_until, self._base = "", 0.0, ""
        self._asking = asyncio.Lock()

    async def report_page(self, kind: Kind, uuid: str, page_token: str = "") -> dict[str, Any]:
        """A page of the participant report of one meeting uuid, with registrant ids.

        Raises:
            NotThere, PageTokenDied, Refused, Unavailable, LimitReached
        """
        query = {"page_size": str(PAGE_SIZE), "include_fields": "registrant_id"}
        if page_token:
            query["next_page_token"] = page_token
        return await self._get(f"/report/{kind}s/{encoded(uuid)}/participants", query, self._heavy)

    async def instances(self, kind: Kind, number: str) -> dict[str, Any]:
        """The past instances of a meeting number: their uuids and starts."""
        path = f"/past_{kind}s/{quote(number, safe='')}/instances"
        return await self._get(path, {}, self._medium)

    async def webhook_log(self, app_id: str, since: datetime, until: datetime,
                          page_token: str = "") -> dict[str, Any]:  # fmt: skip
        """A page of the failed deliveries of an app's webhooks (kept for seven days)."""
        query = {"from": _iso(since), "to": _iso(until), "type": "2", "page_size": str(PAGE_SIZE)}
        if page_token:
            query["next_page_token"] = page_token
        path = f"/marketplace/apps/{quote(app_id, safe='')}/webhook_logs"
        return await self._get(path, query, self._medium)

    async def _get(self, path: str, query: Mapping[str, str], bucket: Bucket) -> dict[str, Any]:
        refreshed = False
        for attempt in range(TRIES):
            token = await self._valid_token()
            await bucket.take()
            try:
                answer = await self._http.get(
                    self._base + path, params=dict(query),
                    headers={"authorization": f"Bearer {token}"},
                )  # fmt: skip
            except httpx.RequestError as lost:
                await self._wait(attempt, type(lost).__name__)
                continue
            if answer.status_code == httpx.codes.UNAUTHORIZED and not refreshed:
                refreshed = True
                self._drop(token)
                continue
            body = _body(answer)
            if answer.is_success and body is not None:
                return body
            await self._not_now(answer, body or {}, attempt, bucket)
            _raise_for(answer, body or {}, "next_page_token" in query)
        raise Unavailable("unavailable", f"Zoom did not answer in {TRIES} tries.")

    async def _not_now(self, answer: httpx.Response, body: Mapping[str, Any], attempt: int,
                       bucket: Bucket) -> None:  # fmt: skip
        """Wait, where the answer is one that passes."""
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            daily = "daily" in str(body.get("message", "")).lower()
            unsaid = rest_of_day(self._clock()) if daily else 2.0**attempt
            said = retry_after(answer.headers.get("retry-after", ""), self._clock(), unsaid)
            wait = max(said, 2.0**attempt)  # whoever says "now" and means it not is not hammered
            bucket.pause(wait)
            if wait > LONGEST_WAIT:
                raise LimitReached(wait)
        elif not answer.is_client_error:  # a success without JSON is none, nor is a redirection
            await self._wait(attempt, str(answer.status_code))

    async def _wait(self, attempt: int, because: str) -> None:
        log.info("zoom_call_retried", because=because, attempt=attempt + 1)
        await self._sleep(min(30.0, 2.0**attempt))

    async def _valid_token(self) -> str:
        async with self._asking:
            if self._clock() >= self._good_until:
                await self._new_token()
        return self._token

    def _drop(self, token: str) -> None:
        """Not used again, unless another call has replaced it already."""
        if token == self._token:
            self._good_until = 0.0

    async def _new_token(self) -> None:
        query = {"grant_type": "account_credentials", "account_id": self._who.account_id}
        for attempt in range(TRIES):
            try:
                answer = await self._http.post(
                    self._who.token_url, params=query,
                    auth=(self._who.client_id, self._who.client_secret),
                )  # fmt: skip
            except httpx.RequestError as lost:
                await self._wait(attempt, type(lost).__name__)
                continue
            body = _body(answer)
            if answer.is_success and body and body.get("access_token"):
                self._keep(body)
                return
            if answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                raise Refused("credentials_refused",
                              f"Zoom refuses our credentials ({answer.status_code}).")  # fmt: skip
            await self._wait(attempt, str(answer.status_code))
        raise Unavailable("unavailable", f"Zoom gave no token in {TRIES} tries.")

    def _keep(self, body: Mapping[str, Any]) -> None:
        self._token = str(body["access_token"])
        self._good_until = self._clock() + _seconds(body.get("expires_in")) - EARLY
        self._base = str(body.get("api_url") or "https://api.zoom.us").rstrip("/") + "/v2"


def _seconds(expires_in: object) -> float:
    """How long a token is good: an hour, where the reply does not say."""
    return float(expires_in) if isinstance(expires_in, int | float) else 3600.0


def encoded(uuid: str) -> str:
    """A uuid in a path: one with a slash is encoded twice, or Zoom takes it for two segments."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if "/" in uuid else once


def retry_after(header: str, now: float, otherwise: float) -> float:
    """Seconds to wait: the header holds seconds, an HTTP date or an ISO time, or is missing."""
    text = header.strip()
    if not text:
        return otherwise
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (TypeError, ValueError):
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now)
    return otherwise


def _body(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _raise_for(answer: httpx.Response, body: Mapping[str, Any], paging: bool) -> None:
    status, code = answer.status_code, body.get("code")
    if not answer.is_client_error or status == httpx.codes.TOO_MANY_REQUESTS:
        return
    if status == httpx.codes.NOT_FOUND and isinstance(code, int) and code != NO_SUCH_CALL:
        raise NotThere("not_there", "Zoom has no report of it.")
    if paging and code == PAGE_TOKEN_DEAD:
        raise PageTokenDied("page_token_died", "The next page's token is not valid any more.")
    raise Refused("refused", f"Zoom refuses the call: {status}, code {code}.")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
