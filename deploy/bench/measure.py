"""Processes on a core of their own, medians and ratios."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Row:
    """One line of the table; `ratio` is ours / other (or the figure itself without another)."""

    name: str
    ours: float
    other: float | None
    unit: str
    runs: list[float] = field(default_factory=list)
    target: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if not self.other else self.ours / self.other

    @property
    def spread(self) -> float:
        """(max − min) / median of our runs."""
        return (max(self.runs) - min(self.runs)) / self.ours if self.runs and self.ours else 0.0

    def as_json(self) -> dict[str, object]:
        holds = None if self.target is None or self.ratio is None else self.ratio >= self.target
        return {"name": self.name, "ours": round(self.ours, 2), "unit": self.unit,
                "other": None if self.other is None else round(self.other, 2),
                "ratio": None if self.ratio is None else round(self.ratio, 3),
                "target": self.target, "holds": holds, "runs": len(self.runs),
                "spread": round(self.spread, 3)}  # fmt: skip


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def cores() -> tuple[set[int], set[int]]:
    """(the core under test, the others); the same one twice where there is only one."""
    mine = sorted(os.sched_getaffinity(0))
    return {mine[0]}, set(mine[1:]) or {mine[0]}


@contextmanager
def pinned(
    command: Sequence[str], env: Mapping[str, str], core: set[int]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process on a core; killed at the end."""
    full = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    process = subprocess.Popen(
        command, env=full, cwd=ROOT, stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, core),  # noqa: PLW1509 - set before exec
    )  # fmt: skip
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
        urlopen(url, timeout=1).close()  # noqa: S310 - loopback
    except HTTPError:
        return True
    except OSError:
        return False
    return True


def peak_mib(pid: int) -> float:
    """A process's peak resident memory, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0
