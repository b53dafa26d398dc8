"""One running system for all flow tests: real broker, real store, nine processes, supervised."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from deploy.simulator.system import Addresses
from tests.support.flow import PARTITIONS, Running


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything up; on failure the processes' logs are kept in the test's folder."""
    data: Path = tmp_path_factory.mktemp("system")
    settings = LocalSettings(data_dir=data, port_base=0, partitions=PARTITIONS)
    stack = Stack(settings, say=print)
    with stack:
        card: dict[str, Any] = stack.describe()
        yield Running(stack, card, Addresses.of(card))
