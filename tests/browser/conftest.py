"""A browser, and the processes of reporting whose page it looks at."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.webdriver import Browser, missing_tool
from tests.services.reporting.conftest import Processes

ROOT = Path(__file__).parents[2]


def lacking(what: str) -> None:
    """Skip, and say what for; where all tools must be there, fail."""
    if os.environ.get("HADIR_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{what}, and HADIR_REQUIRE_TOOLS=1")
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium with a new profile."""
    if missing := missing_tool():
        lacking(missing)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Browser(tmp_path_factory.mktemp("profile"), port) as started:
        yield started


@pytest.fixture(scope="module")
def axe() -> str:
    """The accessibility checker's script: `npm install --prefix .tools axe-core@4.14.1`."""
    given = os.environ.get("HADIR_NODE_MODULES")
    modules = Path(given) if given else ROOT / ".tools" / "node_modules"
    script = modules / "axe-core" / "axe.min.js"
    if not script.is_file():
        lacking("no npm package axe-core in .tools/node_modules")
    return script.read_text()


@pytest.fixture(scope="module")
def run(provisioned: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Start processes of reporting; all end with the module."""
    processes = Processes(provisioned, tmp_path_factory.mktemp("reporting"))
    yield processes
    processes.stop("api", "worker")
