"""One running system for all flow tests: real broker, real store, nine processes, supervised."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from deploy.simulator.system import Addresses
from tests.support.flow import PARTITIONS, Running

PATIENCE = 1_200 + 20 * int(os.environ.get("HADIR_KILLS", "30"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A webinar is played inside a fixture: whoever asks for it first has that time, too."""
    for item in items:
        if item.path.parent.name == "flow" and not any(item.iter_markers("timeout")):
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything up; on failure the processes' logs are kept in the test's folder."""
    data: Path = tmp_path_factory.mktemp("system")
    settings = LocalSettings(data_dir=data, port_base=0, partitions=PARTITIONS)
    often = {"checkpoint_events": "20"}  # a killed worker goes on from one, whatever is played
    stack = Stack(settings, say=print, extra=often)
    with stack:
        card: dict[str, Any] = stack.describe()
        yield Running(stack, card, Addresses.of(card))
