"""Reporting's processes as they run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Processes


@pytest.fixture
def run(provisioned: Any, tmp_path: Path) -> Iterator[Processes]:
    """Start processes of reporting."""
    processes = Processes("reporting", provisioned, tmp_path)
    yield processes
    processes.stop("api", "worker")
