"""`hadir capacity`: times as people write them, figures for programs, files on demand."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.capacity.measured import load
from deploy.capacity.model import Need, plan
from deploy.cli.capacity import BURSTS, command, seconds
from deploy.cli.errors import CannotDo

APP = typer.Typer()
APP.command()(command)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(APP, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(("text", "value"), [("30s", 30), ("5m", 300), ("2h", 7200), ("45", 45)])
def test_a_time_is_read_as_it_is_written(text: str, value: int) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "half an hour", "0s", "-5s", "1.5h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CannotDo, match="no time"):
        seconds(text)


def test_a_program_gets_the_plan_and_the_three_bursts() -> None:
    said = json.loads(run("--attendees", "500000", "--end-burst", "1m", "--json"))
    wanted = plan(Need(500_000, 60), load())
    assert said["partitions"] == wanted.partitions
    assert (
        said["processes"]["attendance-worker"]["pods"] == wanted.processes["attendance-worker"].pods
    )
    assert [b["leaves_per_second"] for b in said["bursts"]] == list(BURSTS)
    assert said["cost_per_million"] == 0


def test_people_read_sizes_queues_assumptions_and_what_follows() -> None:
    said = run("--price-core-hour", "1")
    for words in ("attendance-worker", "partitions", "100,000", "Assumed:", "What follows:",
                  "partitions are for ever", "at your prices"):  # fmt: skip
        assert words in said


def test_files_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    run("--svg", str(tmp_path / "queue.svg"), "--overlay", str(tmp_path))
    assert (tmp_path / "queue.svg").read_text().startswith("<svg")
    assert "HADIR_PARTITIONS=" in (tmp_path / "settings.env").read_text()
    assert "kind: StatefulSet" in (tmp_path / "sizes.yaml").read_text()
