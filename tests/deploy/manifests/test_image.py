"""The image: one pinned base, no root, no compiler; its health check tells ready from not ready."""

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.deploy.manifests.support import DEPLOY, ROOT, run

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def test_only_one_image_is_pulled_and_it_is_pinned_to_a_version() -> None:
    sources = re.findall(r"^FROM (\S+) AS (\S+)", DOCKERFILE, re.MULTILINE)
    stages = {stage for _, stage in sources}
    pulled = [image for image, _ in sources if image not in stages]
    assert pulled == ["python:3.11-slim-trixie"]


def test_dependencies_come_by_hash_from_the_lock() -> None:
    assert "--require-hashes --only-binary=:all: -r requirements.lock" in DOCKERFILE
    assert "--hash=sha256:" in (DEPLOY / "requirements.lock").read_text()


def test_whatever_is_installed_is_pinned_by_hash() -> None:
    commands = DOCKERFILE.replace("\\\n", " ").splitlines()
    installs = [c for line in commands for c in line.split("&&") if " install " in c and "pip" in c]
    outside = [c for c in installs if "--no-deps --no-build-isolation ." not in c]
    assert len(outside) == 2
    assert all("--require-hashes --only-binary=:all:" in command for command in outside)


def test_compiler_and_mypyc_stay_behind() -> None:
    runtime = DOCKERFILE.partition(" AS runtime")[2]
    assert re.findall(r"^COPY (.*)$", runtime, re.MULTILINE) == [
        "--from=builder /opt/hadir /opt/hadir"
    ]
    locked = (DEPLOY / "requirements.lock").read_text()
    assert not re.search(r"^(mypy|setuptools|ziglang)==", locked, re.MULTILINE)


def test_the_process_has_no_root_and_takes_its_name_as_command() -> None:
    runtime = DOCKERFILE.partition(" AS runtime")[2]
    assert re.findall(r"^USER (.*)$", runtime, re.MULTILINE) == ["10001:10001"]
    assert 'ENTRYPOINT ["python", "-m"]' in runtime
    assert 'CMD ["python", "-m", "deploy.healthcheck"]' in runtime
    assert "apt-get" not in DOCKERFILE


def test_no_secret_and_no_data_can_reach_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {r for r in rules if r.startswith("!")} == {
        "!pyproject.toml",
        "!shared",
        "!services",
        "!deploy",
    }
    assert {"deploy/secrets", "deploy/.env"} <= set(rules)


@contextmanager
def process_that_answers(status: int, body: bytes) -> Iterator[int]:
    """A real HTTP server on a free port; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def health(port: int) -> tuple[int, str]:
    done = run(
        sys.executable, "-m", "deploy.healthcheck", cwd=ROOT, env={"HADIR_HTTP_PORT": str(port)}
    )
    return done.returncode, done.stderr


def test_a_ready_process_is_healthy() -> None:
    with process_that_answers(200, b'{"ready":true}') as port:
        assert health(port) == (0, "")


@pytest.mark.parametrize("status", [503, 404, 301])
def test_a_process_that_is_not_ready_is_unhealthy_and_says_what_is_missing(status: int) -> None:
    with process_that_answers(status, b"Kafka is away") as port:
        assert health(port) == (1, f"{status} Kafka is away\n")


def hang_up(server: socket.socket) -> None:
    connection, _ = server.accept()
    connection.close()


def test_an_answer_that_is_not_http_is_unhealthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=hang_up, args=(server,))
        thread.start()
        code, _ = health(server.getsockname()[1])
        thread.join()
    assert code == 1


def test_a_process_that_does_not_answer_is_unhealthy() -> None:
    with process_that_answers(200, b"") as port:
        pass
    code, said = health(port)
    assert code == 1
    assert said.startswith("no answer: ")
