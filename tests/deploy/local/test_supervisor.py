"""What crashes comes back; what was told to end stays away."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.process import Process
from deploy.local.supervisor import Supervisor
from tests.support.wait import until

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]
AT_ONCE = [sys.executable, "-c", "raise SystemExit(3)"]
Start = Callable[[list[str]], Process]


class Told(list[str]):
    """The sentences that were said."""


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def supervisor(told: Told) -> Iterator[Supervisor]:
    running = Supervisor(told.append, told.append)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def start(supervisor: Supervisor, tmp_path: Path) -> Iterator[Start]:
    """Starts a command and has it supervised as "it"."""
    started: list[Process] = []

    def begin(command: list[str]) -> Process:
        process = Process("it", command, tmp_path / "log")
        process.start()
        supervisor.watch("it", process, process.start)
        started.append(process)
        return process

    yield begin
    supervisor.stop()
    for process in started:
        process.kill()


def test_a_killed_process_comes_back_with_another_pid_and_it_is_said(
    supervisor: Supervisor, start: Start, told: Told
) -> None:
    process = start(FOREVER)
    before = process.pid
    process.kill()
    until(lambda: supervisor.restarts == 1 and process.running)
    assert process.pid != before
    assert told[0] == "it ended (signal 9); it is started again"
    assert told[1] == "it"


def test_a_process_that_always_fails_is_started_later_each_time(
    supervisor: Supervisor, start: Start, told: Told
) -> None:
    began = time.monotonic()
    start(AT_ONCE)
    until(lambda: supervisor.restarts == 4)
    assert time.monotonic() - began > 0.1 + 0.2 + 0.4 + 0.8
    assert "exit code 3" in told[0]


def test_what_is_forgotten_may_end(supervisor: Supervisor, start: Start) -> None:
    process = start(FOREVER)
    supervisor.forget("it")
    process.kill()
    time.sleep(0.5)
    assert not process.running


def test_after_the_supervisor_stopped_nothing_is_started(
    supervisor: Supervisor, start: Start
) -> None:
    process = start(FOREVER)
    supervisor.stop()
    process.kill()
    time.sleep(0.5)
    assert not process.running
