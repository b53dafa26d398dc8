"""A worker's /livez /readyz /metrics /version: the standard library's server in a thread.

Workers have few other routes, so they need not load a web framework: start-up counts on two cores.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.settings import KafkaSettings, stop_with

Readiness = Callable[[], Sequence[str]]
"""Says, in plain sentences, what is missing; empty = ready."""
Answer = tuple[int, str, bytes]
Asked = Callable[[str, bytes], Answer]
"""Answers a POST: (its Authorization header, its body) → answer. Called in a thread of its own."""
LONGEST_QUESTION = 1024 * 1024
NOTHING: Mapping[str, Asked] = {}


def answer(path: str, readiness: Readiness) -> Answer:
    """(status, content type, body) of one operator's route."""
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest()
    if path == "/livez":
        return reply(200, {"status": "alive"})
    if path == "/version":
        return reply(200, {"version": version("hadir")})
    if path == "/readyz":
        missing = list(readiness())
        return reply(503 if missing else 200, {"ready": not missing, "missing": missing})
    return refusal(404, "not-found", "Not Found")


def reply(status: int, body: object) -> Answer:
    """An answer in JSON."""
    return status, "application/json", json.dumps(body).encode()


def refusal(status: int, code: str, title: str) -> Answer:
    """A problem by RFC 9457."""
    problem = {"type": f"urn:hadir:problem:{code}", "title": title, "status": status}
    return status, "application/problem+json", json.dumps(problem).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    readiness: Readiness
    posts: Mapping[str, Asked]

    def do_GET(self) -> None:
        self._send(answer(self.path.partition("?")[0], type(self).readiness))

    def do_POST(self) -> None:
        asked = self.posts.get(self.path)
        length = int(self.headers.get("content-length") or 0)
        if asked is None or not 0 <= length <= LONGEST_QUESTION:
            self.close_connection = True  # the body stays unread
            return self._send(refusal(404, "not-found", "Not Found"))
        body = self.rfile.read(length)
        return self._send(asked(self.headers.get("authorization", ""), body))

    def _send(self, sent: Answer) -> None:
        status, kind, body = sent
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """No access log."""


def serve_operator_routes(
    settings: KafkaSettings, readiness: Readiness, posts: Mapping[str, Asked] = NOTHING
) -> None:
    """Serve until the process ends; a port that is taken ends it with one plain sentence."""
    routes = {"readiness": staticmethod(readiness), "posts": posts}
    handler = type("Handler", (_Handler,), routes)
    try:
        server = ThreadingHTTPServer((settings.http_host, settings.http_port), handler)
    except OSError as taken:
        stop_with(f"Port {settings.http_port} cannot be opened: {taken.strerror}.")
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="operator-routes", daemon=True).start()
