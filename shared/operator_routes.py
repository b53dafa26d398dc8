"""A worker's /livez /readyz /metrics /version: the standard library's server in a thread.

Workers have no other route, so they need not load a web framework: start-up counts on two cores.
"""

import json
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.settings import KafkaSettings, stop_with

Readiness = Callable[[], Sequence[str]]
"""Says, in plain sentences, what is missing; empty = ready."""
Answer = tuple[int, str, bytes]


def answer(path: str, readiness: Readiness) -> Answer:
    """(status, content type, body) of one operator's route."""
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest()
    if path == "/livez":
        return _json(200, {"status": "alive"})
    if path == "/version":
        return _json(200, {"version": version("hadir")})
    if path == "/readyz":
        missing = list(readiness())
        return _json(503 if missing else 200, {"ready": not missing, "missing": missing})
    problem = {"type": "urn:hadir:problem:not-found", "title": "Not Found", "status": 404}
    return 404, "application/problem+json", json.dumps(problem).encode()


def _json(status: int, body: object) -> Answer:
    return status, "application/json", json.dumps(body).encode()


def serve_operator_routes(settings: KafkaSettings, readiness: Readiness) -> None:
    """Serve until the process ends; a port that is taken ends it with one plain sentence."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, body = answer(self.path.partition("?")[0], readiness)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
            """No access log."""

    try:
        server = ThreadingHTTPServer((settings.http_host, settings.http_port), Handler)
    except OSError as taken:
        stop_with(f"Port {settings.http_port} cannot be opened: {taken.strerror}.")
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="operator-routes", daemon=True).start()
