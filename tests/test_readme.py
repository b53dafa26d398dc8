"""What the README shows is what the files say; what it tells to run exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("example", ["quotas.py", "quotas.mjs"])
def test_the_examples_are_the_files_that_are_tested(example: str) -> None:
    assert (ROOT / "deploy" / "examples" / example).read_text().strip() in README


def test_every_make_target_that_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z]+)\b", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_it_names_exists() -> None:
    for path in re.findall(r"`((?:deploy|shared|tests)/[\w./-]+|[A-Z]+\.md)`", README):
        assert (ROOT / path).exists(), path


def test_every_hadir_command_that_it_names_exists() -> None:
    from deploy.cli.main import available

    assert set(re.findall(r"\bhadir ([a-z]+)\b", README)) <= set(available())
