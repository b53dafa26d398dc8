"""The examples for readers of the quota topic run as they are written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.reporting.domain.publishing import Said, Values
from services.reporting.domain.quota import Cell, Counts
from services.reporting.publisher import event_of, key_of
from shared.publish import Outgoing
from shared.topics import QUOTAS
from tests.services.reporting.world import AT, publish

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "deploy" / "examples"
JAMBI = Cell(2026, "15", "asn")


def lacking(what: str) -> None:
    """Skip, and say what for; where all tools must be there, fail."""
    if os.environ.get("HADIR_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{what} is not there, and HADIR_REQUIRE_TOOLS=1")
    pytest.skip(f"{what} is not there")


def said(version: int, certified: int) -> Outgoing:
    """A version of Jambi's cell."""
    values = Values(20000, Counts(certified, certified, certified, certified))
    return Outgoing(QUOTAS, key_of(JAMBI), event_of(JAMBI, Said(version, values), AT))


@pytest.fixture(scope="module")
def topic(provisioned: Any) -> Any:
    """Settings of a quota topic on which a version comes twice and an old one comes late."""
    publish(provisioned, [said(1, 5), said(2, 7), said(2, 7), said(1, 5), said(3, 9)])
    return provisioned


def lines(command: list[str], settings: Any, folder: Path) -> Iterator[str]:
    """What the program prints, until it is ended."""
    environment = {
        "PATH": os.environ["PATH"],
        "HADIR_KAFKA": settings.kafka,
        "HADIR_TOPIC_PREFIX": settings.topic_prefix,
    }
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                yield line.strip()
        finally:
            process.kill()


def first_three(found: Iterator[str]) -> list[str]:
    """Enough to see that old versions are passed over."""
    return [next(found) for _ in range(3)]


EXPECTED = ["2026|15|asn 5 of 20000", "2026|15|asn 7 of 20000", "2026|15|asn 9 of 20000"]


def test_the_example_in_python_keeps_the_highest_versions(topic: Any, tmp_path: Path) -> None:
    found = lines([sys.executable, str(EXAMPLES / "quotas.py")], topic, tmp_path)
    assert first_three(found) == EXPECTED


def test_the_example_in_javascript_keeps_the_highest_versions(topic: Any, tmp_path: Path) -> None:
    given = os.environ.get("HADIR_NODE_MODULES")
    modules = Path(given) if given else ROOT / ".tools" / "node_modules"
    if not shutil.which("node") or not (modules / "kafkajs").is_dir():
        lacking("node with the npm package kafkajs in .tools/node_modules")
    (tmp_path / "node_modules").symlink_to(modules)
    shutil.copy(EXAMPLES / "quotas.mjs", tmp_path)
    assert first_three(lines(["node", "quotas.mjs"], topic, tmp_path)) == EXPECTED


@pytest.mark.parametrize("name", ["quotas.py", "quotas.mjs"])
def test_an_example_fits_into_ten_lines(name: str) -> None:
    code = [line for line in (EXAMPLES / name).read_text().splitlines() if line.strip()]
    code = [line for line in code if not line.startswith(("//", '"""', "import", "from", "}"))]
    assert len(code) <= 10
