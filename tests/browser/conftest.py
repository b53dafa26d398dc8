"""A browser, and what it looks at: reporting's processes, or a hall whose door it stands at."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from tests.browser.webdriver import Browser, missing_tool
from tests.support.door_phone import (
    PEOPLE,
    SERVICES,
    Hall,
    Phone,
    codes,
    counted,
    webinar,
)
from tests.support.processes import Processes
from tests.support.wait import until

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
    processes = Processes("reporting", provisioned, tmp_path_factory.mktemp("reporting"))
    yield processes
    processes.stop("api", "worker")


@pytest.fixture(scope="module")
def hall(provisioned: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A running system with one webinar in a hall, and a code of another one."""
    if missing := missing_tool():
        lacking(missing)
    settings = LocalSettings(
        data_dir=tmp_path_factory.mktemp("hall"), port_base=0, kafka=provisioned.kafka,
        redis=provisioned.redis, topic_prefix=provisioned.topic_prefix,
        partitions=provisioned.partitions,
    )  # fmt: skip
    with Stack(settings, services=SERVICES, supervised=False) as stack:
        card = stack.describe()
        headers = {"authorization": f"Bearer {card['token']}"}
        with (
            httpx.Client(
                base_url=card["registration"], headers=headers, timeout=60
            ) as registration,
            httpx.Client(base_url=card["attendance"], headers=headers, timeout=60) as attendance,
        ):
            webinar_id = webinar(registration, "Pelatihan HAM", PEOPLE)
            other = webinar(registration, "Webinar lain", ("cam-1",))
            known = codes(attendance, webinar_id, len(PEOPLE))
            foreign = codes(attendance, other, 1)["cam-1"]
            yield Hall(stack, registration, attendance, webinar_id, foreign, known)


@pytest.fixture(scope="module")
def phone(hall: Hall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    """A phone at the hall's door, ready for the day; all of a module's tests go on with it."""
    started = Phone(hall, tmp_path_factory.mktemp("phone"))
    started.set_up()
    yield started
    started.close_browser()


@pytest.fixture
def online(phone: Phone) -> Phone:
    """The page, connected, with nothing waiting."""
    phone.view("scan")
    until(lambda: phone.counts().startswith(counted(0, 0)[:2]))
    return phone
