"""`hadir up`, as a newcomer runs it: ready, described, brought back after crashes, gone after down."""

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from deploy.local.ports import is_open
from deploy.local.readiness import all_missing
from deploy.local.services import SERVICES
from tests.support.wait import until

CONTRACT = (
    "gateway", "registration", "attendance", "certificates", "reporting",
    "kafka", "redis", "topic_prefix", "zoom_secret", "token",
)  # fmt: skip
pytestmark = pytest.mark.timeout(600)  # nine processes start; a busy machine gets its time
LABELS = [service.label for service in SERVICES]
Hadir = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def hadir(folder: Path) -> Hadir:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HADIR_")}
    env |= {n: v for n, v in os.environ.items() if n == "HADIR_CACHE_DIR"}
    env |= {"HADIR_DATA_DIR": str(folder / "var"), "HADIR_PORT_BASE": "0"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "deploy.cli.main", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=500)

    return run


@pytest.fixture(scope="module")
def up(hadir: Hadir, folder: Path) -> Iterator[Path]:
    """A running system; the file that describes it."""
    file = folder / "up.json"
    started = hadir("up", "--detach", "--json", str(file))
    try:
        assert started.returncode == 0, started.stderr
        yield file
    finally:
        hadir("down")


def card(file: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(file.read_text())
    return described


def ports(described: dict[str, Any]) -> dict[str, int]:
    """Ports of the service processes."""
    urls = {name: part.get("url") for name, part in described["processes"].items()}
    return {name: urlsplit(url).port or 0 for name, url in urls.items() if url}


def answer(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as response:
        return int(response.status)


def test_the_file_holds_what_the_contract_says_and_only_its_owner_reads_it(up: Path) -> None:
    described = card(up)
    assert all(described[name] for name in CONTRACT)
    assert stat.S_IMODE(up.stat().st_mode) == 0o600
    assert set(described["processes"]) == {"kafka", "store", *LABELS}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("route", ["livez", "readyz", "metrics", "version"])
def test_every_process_answers_its_operator(up: Path, label: str, route: str) -> None:
    assert answer(f"{card(up)['processes'][label]['url']}/{route}") == 200


def test_status_says_that_all_is_ready(up: Path, hadir: Hadir) -> None:
    told = hadir("status", "--json")
    assert told.returncode == 0, told.stdout
    assert json.loads(told.stdout)["ready"] is True


def test_a_second_system_on_the_same_folder_is_refused(up: Path, hadir: Hadir) -> None:
    told = hadir("up")
    assert told.returncode == 2
    assert "already runs" in told.stderr


@pytest.mark.parametrize("name", ["attendance-gateway", "reporting-worker", "store", "kafka"])
def test_what_is_killed_comes_back_and_the_file_knows_its_new_pid(up: Path, name: str) -> None:
    before = card(up)["processes"][name]["pid"]
    os.kill(before, signal.SIGKILL)
    until(lambda: card(up)["processes"][name]["pid"] != before)
    until(lambda: set(all_missing(ports(card(up))).values()) == {None})


def test_down_leaves_no_process_and_no_port(up: Path, hadir: Hadir) -> None:
    described = card(up)
    assert hadir("down").returncode == 0
    pids = [part["pid"] for part in described["processes"].values()]
    backing = [urlsplit(url).port for url in (described["redis"], f"//{described['kafka']}")]
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert [port for port in (*ports(described).values(), *backing) if is_open(port or 0)] == []
    assert hadir("status").returncode == 1
