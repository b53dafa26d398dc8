"""`hadir simulate` and what `hadir demo` writes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deploy.cli import simulate
from deploy.cli.demo_tables import result_of
from deploy.cli.errors import CannotDo, Failed
from deploy.simulator.cells import Counted
from deploy.simulator.compare import Findings
from deploy.simulator.delivery import World
from deploy.simulator.play import PlayReport
from deploy.simulator.run import Ran
from deploy.simulator.scenario import realistic
from deploy.simulator.totals import totals_of

KEYS = (
    "participants webhooks_sent webhooks_accepted duplicates_sent decisions eligible_expected "
    "eligible certificates certificate_numbers_distinct quota_certified_total mismatches seconds "
    "endpoints"
)


def hadir_simulate(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(simulate.command)
    return CliRunner().invoke(app, arguments)


@contextmanager
def gateway(status: int = 200) -> Iterator[tuple[str, list[bytes]]]:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    server.server_close()


def test_simulate_sends_as_many_as_it_may_and_says_so_in_json() -> None:
    with gateway() as (url, bodies):
        done = hadir_simulate(url, "--secret", "s", "--max", "50", "--json")
    assert done.exit_code == 0
    assert len(bodies) == 50
    assert json.loads(done.stdout)["webhooks_accepted"] == 50
    assert json.loads(bodies[0])["payload"]["object"]["uuid"]


def test_simulate_fails_when_the_gateway_refuses() -> None:
    with gateway(401) as (url, _):
        done = hadir_simulate(url, "--secret", "s", "--max", "5", "--json")
    assert isinstance(done.exception, Failed)
    assert json.loads(done.stdout)["refused"] == {"401": 5}


@pytest.mark.parametrize(
    "url", ["http://example.org", "http://10.0.0.1:8001", "http://127.evil.example"]
)
def test_simulate_refuses_hosts_that_are_not_this_machine(url: str) -> None:
    done = hadir_simulate(url, "--secret", "s")
    assert isinstance(done.exception, CannotDo)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:80"])
def test_this_machine_is_allowed_and_an_owned_host_too(url: str) -> None:
    simulate.refuse_foreign(url, owned=False)
    simulate.refuse_foreign("http://gateway.example", owned=True)


def test_simulate_needs_a_secret_and_a_known_preset() -> None:
    assert isinstance(hadir_simulate("http://127.0.0.1:1").exception, CannotDo)
    wrong = hadir_simulate("http://127.0.0.1:1", "--preset", "wild")
    assert "calm, realistic, ugly, national" in str(wrong.exception)


def test_simulate_writes_participants_for_an_import(tmp_path: Path) -> None:
    file = tmp_path / "participants.csv"
    assert hadir_simulate("--csv", str(file), "--participants", "5").exit_code == 0
    assert file.read_text(encoding="utf-8").startswith("external_id,name,")


def test_the_demos_json_has_exactly_the_promised_keys() -> None:
    world = World(realistic(participants=10))
    report = PlayReport(9, 9, 1, 0, 0, {}, 0, 0, {}, 1.0, 1.0, 1.0, 1.0)
    ran = Ran("w", report, totals_of(world), {}, Findings(), Counted())
    result = result_of(world, ran, 1.23, {"dashboard": "http://127.0.0.1/"})
    assert list(result) == KEYS.split()
    assert result["seconds"] == 1.2


@pytest.mark.parametrize("fault", ["refused", "differs", "one number twice"])
def test_a_run_with_any_fault_is_not_right(fault: str) -> None:
    world = World(realistic(participants=10))
    report = PlayReport(9, 9, 1, 0, 0, {}, 0, 0, {}, 1.0, 1.0, 1.0, 1.0)
    findings = Findings(certificates=1, numbers={"1"})
    assert Ran("w", report, totals_of(world), {}, findings, Counted()).right
    if fault == "refused":
        report = PlayReport(9, 8, 1, 0, 0, {401: 1}, 0, 0, {}, 1.0, 1.0, 1.0, 1.0)
    elif fault == "differs":
        findings.differ("P1-0000001", "verdict", "eligible", "not_eligible")
    else:
        findings.certificates = 2
    assert not Ran("w", report, totals_of(world), {}, findings, Counted()).right
