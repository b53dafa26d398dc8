"""The `hadir` command: quick help, exit codes, one plain sentence when it cannot go on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.cli.errors import CannotDo, Failed, code_and_sentence
from deploy.cli.main import COMMANDS, available

# Two subcommands need much more than their names; their help alone must not import that.
HEAVY = ("kafka", "aiokafka", "faust", "fastapi", "redis", "typst", "httpx")


def hadir(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("HADIR_")}
    env |= {"HADIR_DATA_DIR": str(data), "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", *arguments],
        env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_help_lists_every_subcommand_that_is_there(tmp_path: Path) -> None:
    told = hadir("--help", data=tmp_path)
    assert told.returncode == 0
    for name in available():
        assert name in told.stdout
        assert COMMANDS[name][:20] in told.stdout


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from deploy.cli.main import build; build(['--help']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", available())
def test_every_subcommand_explains_itself(name: str, tmp_path: Path) -> None:
    told = hadir(name, "--help", data=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "Usage" in told.stdout


def test_an_unknown_subcommand_is_misuse(tmp_path: Path) -> None:
    assert hadir("nonsense", data=tmp_path).returncode == 2


def test_without_a_system_a_command_says_what_is_missing(tmp_path: Path) -> None:
    told = hadir("topics", "plan", data=tmp_path)
    assert told.returncode == 2
    assert told.stderr.startswith("The setting HADIR_KAFKA is missing")
    assert "Traceback" not in told.stderr


def test_status_of_nothing_is_no_success(tmp_path: Path) -> None:
    assert hadir("status", data=tmp_path).returncode == 1


def test_down_without_a_system_is_no_failure(tmp_path: Path) -> None:
    told = hadir("down", data=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"Nothing runs on {tmp_path}.\n")


def test_a_setting_that_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    env = {**os.environ, "HADIR_DATA_DIR": str(tmp_path), "HADIR_PORT_BASE": "many"}
    told = subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "status"],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 2
    assert told.stderr.startswith("The setting HADIR_PORT_BASE is wrong")


def test_errors_have_their_exit_codes_and_surprises_stay_surprises() -> None:
    assert code_and_sentence(CannotDo("no")) == (2, "no")
    assert code_and_sentence(Failed("differs")) == (1, "differs")
    with pytest.raises(ZeroDivisionError):
        code_and_sentence(ZeroDivisionError("bug"))
