"""A Zoom REST interface of the tests' own, over real HTTP: the documented shapes and faults.

It looks at raw paths (a uuid with a slash must come encoded twice), hands out tokens that expire,
pages with tokens that die, and plays what it is told: 429, 5xx, silence, totals that change.
"""

import base64
import contextlib
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from deploy.simulator.zoom import iso
from tests.support.reports import Stay

ACCOUNT, CLIENT, SECRET = "acc-1", "client-1", "secret-1"
Fault = tuple[int, dict[str, str], Any]
"""(status, headers, body) instead of the answer; status 0: never answer."""


def row(stay: Stay, **more: Any) -> dict[str, Any]:
    """A row as Zoom has it, name and all."""
    return {
        "id": "", "user_id": stay.user_id, "participant_user_id": "", "name": "Nama Contoh",
        "user_email": stay.email, "registrant_id": stay.registrant_id, "customer_key": "",
        "join_time": iso(stay.join), "leave_time": iso(stay.leave),
        "duration": stay.leave - stay.join, "failover": False, "status": "in_meeting",
        "bo_mtg_id": "", **more,
    }  # fmt: skip


@dataclass
class ZoomApi:
    """What it knows, what it is to do wrong, and what it was asked."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    totals: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    faults: deque[Fault] = field(default_factory=deque)
    token_faults: deque[Fault] = field(default_factory=deque)
    logs: list[dict[str, Any]] = field(default_factory=list)
    instances: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    token_seconds: Any = 3600
    dead_after: int = 10**9
    """Page tokens are refused from this page on, once."""
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    url: str = ""
    page_rows: int = 300
    """A page may have fewer rows than were asked for."""
    hold_from: int = 0
    """Report pages from this one on are kept back until `let_go`; 0: none."""
    held: list[str] = field(default_factory=list)
    """The uuids of the pages that were kept back, by arrival."""
    _gate: threading.Event = field(default_factory=threading.Event)

    def hold(self, first_page: int) -> None:
        """Answer no report page from this one on, for a time."""
        self._gate.clear()
        self.held.clear()
        self.hold_from = first_page

    def let_go(self) -> None:
        """Answer whatever was kept back, and everything after it."""
        self.hold_from = 0
        self._gate.set()

    def add(self, stays: Iterable[Stay]) -> None:
        for stay in stays:
            self.rows[stay.uuid].append(row(stay))

    def expire(self) -> None:
        """No token given out so far is good any more."""
        self.tokens.append("")

    # --- answers ---

    def token(self, query: dict[str, list[str]], auth: str) -> Fault:
        if self.token_faults:
            return self.token_faults.popleft()
        right = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if auth != right or query.get("account_id") != [ACCOUNT]:
            return (
                400,
                {},
                {"reason": "Invalid client_id or client_secret", "error": "invalid_client"},
            )
        self.tokens.append(f"token-{len(self.tokens)}")
        return 200, {}, {"access_token": self.tokens[-1], "token_type": "bearer",
                         "expires_in": self.token_seconds, "api_url": self.url}  # fmt: skip

    def get(self, path: str, query: dict[str, list[str]], auth: str) -> Fault:
        if not self.tokens or auth != f"Bearer {self.tokens[-1]}":
            return 401, {}, {"code": 124, "message": "Access token is expired."}
        if self.faults:
            return self.faults.popleft()
        parts = path.split("/")
        if path.startswith("/v2/report/") and path.endswith("/participants") and len(parts) == 6:
            return self._report(unquote(parts[4]), query)
        if path.startswith("/v2/past_") and path.endswith("/instances"):
            kind = "webinars" if "past_webinars" in path else "meetings"
            return 200, {}, {kind: self.instances.get(parts[3], [])}
        if path.startswith("/v2/marketplace/apps/") and path.endswith("/webhook_logs"):
            return self._log(query)
        return 404, {}, {"code": 2300, "message": "This API endpoint is not recognized."}

    def _report(self, asked: str, query: dict[str, list[str]]) -> Fault:
        uuid = unquote(asked) if "%" in asked else asked
        if ("/" in uuid) != ("%" in asked):
            return 404, {}, {"code": 3001, "message": "This meeting does not exist."}
        if uuid not in self.rows:
            return 404, {}, {"code": 3001, "message": "This meeting's details are not available."}
        size = min(self.page_rows, int(query.get("page_size", ["30"])[0]))
        first = int((query.get("next_page_token") or ["0"])[0])
        if first and first >= self.dead_after * size:
            self.dead_after = 10**9
            return (
                400,
                {},
                {"code": 300, "message": "The next page token is either invalid or expired."},
            )
        if 0 < self.hold_from <= first // size:
            self.held.append(uuid)
            self._gate.wait(60)
        rows = self.rows[uuid]
        total = self.totals[uuid].popleft() if self.totals[uuid] else len(rows)
        page = rows[first : first + size]
        if query.get("include_fields") != ["registrant_id"]:
            page = [{k: v for k, v in one.items() if k != "registrant_id"} for one in page]
        after = str(first + size) if first + size < len(rows) else ""
        return 200, {}, {"page_count": -(-len(rows) // size), "page_size": size,
                         "total_records": total, "next_page_token": after, "participants": page}  # fmt: skip

    def _log(self, query: dict[str, list[str]]) -> Fault:
        size, first = 2, int((query.get("next_page_token") or ["0"])[0])
        after = str(first + size) if first + size < len(self.logs) else ""
        return 200, {}, {"next_page_token": after, "webhook_logs": self.logs[first : first + size]}

    # --- the server ---

    def __enter__(self) -> "ZoomApi":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(api: ZoomApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            api.asked.append(self.path)
            auth = self.headers.get("authorization", "")
            self._answer(api.get(split.path, parse_qs(split.query), auth))

        def do_POST(self) -> None:
            split = urlsplit(self.path)
            self._answer(api.token(parse_qs(split.query), self.headers.get("authorization", "")))

        def _answer(self, fault: Fault) -> None:
            status, headers, body = fault
            if status == 0:
                time.sleep(0.6)  # longer than the tests' clients wait
                self.close_connection = True
                return
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            with contextlib.suppress(OSError):  # whoever asked was killed meanwhile
                self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


def twice_encoded(uuid: str) -> str:
    """As Zoom wants a uuid with slashes in a path."""
    return quote(quote(uuid, safe=""), safe="")
