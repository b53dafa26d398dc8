"""Processes on a core of their own, and what they used."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from deploy.bench.row import Row, median, paired
from deploy.local.process import tethered

__all__ = [
    "ROOT",
    "Row",
    "confine",
    "core_seconds",
    "cores",
    "cpu_seconds",
    "median",
    "paired",
    "peak_mib",
    "pinned",
    "python",
    "wait_http",
]
ROOT = Path(__file__).resolve().parents[2]


def cores() -> tuple[set[int], set[int]]:
    """(the core under test, the others); the same one twice where there is only one."""
    mine = sorted(os.sched_getaffinity(0))
    return {mine[0]}, set(mine[1:]) or {mine[0]}


def confine(pid: int, core: set[int]) -> None:
    """A running process with all its threads to some cores."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):  # it has just ended
            os.sched_setaffinity(int(thread.name), core)


@contextmanager
def pinned(
    command: Sequence[str], env: Mapping[str, str], core: set[int]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process on a core; killed at the end, even of ours by force: left behind, it would spoil what is
    measured next. It runs our compiled modules where these are in use."""
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    full = {**os.environ, "PYTHONPATH": path, **env}
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, core)  # of this thread, from which the process has it
    try:
        process = subprocess.Popen(tethered(command), env=full, cwd=ROOT, stdout=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, mine)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def python(*words: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *words]


def wait_http(url: str, within: float = 30.0) -> None:
    """Until the server answers anything; raises TimeoutError."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if _answers(url):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=1)
    except httpx.TransportError:
        return False
    return True


def peak_mib(pid: int) -> float:
    """A process's peak resident memory, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used so far, all its threads."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def core_seconds(pid: int) -> tuple[float, float]:
    """Of a process's first thread: how long it was on a core, and how long it was ready for one but
    something else was on it. The rest of the time it waited for others."""
    told = Path(f"/proc/{pid}/schedstat")
    if not told.exists():  # not every kernel tells
        return cpu_seconds(pid), 0.0
    on_core, ready, _ = told.read_text().split()
    return int(on_core) / 1e9, int(ready) / 1e9
