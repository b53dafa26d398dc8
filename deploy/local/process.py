"""One operating-system process of the local system: started, stopped, killed, never left behind."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TETHER = str(Path(__file__).with_name("tether.py"))

# The kernel's death signal follows the *thread* that forked, so one thread that lives as long as
# this process starts every child; otherwise a child would die with some helper thread.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def tethered(command: Sequence[str]) -> list[str]:
    """The command, killed by the kernel when the thread that starts it is gone, however it ends (Linux)."""
    return [sys.executable, "-I", "-S", TETHER, str(os.getpid()), *command]


class Process:
    """A child in a process group of its own, with its output appended to a log file."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.log = name, log
        self._command, self._env = list(command), env
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the last start."""
        return self._popen.pid if self._popen else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative = by that signal); None while it runs or before it started."""
        return self._popen.poll() if self._popen else None

    def start(self) -> None:
        """Start it; does not wait until it can serve."""
        if self.running:
            raise RuntimeError(f"{self.name} is already running")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._popen = _SPAWNER.submit(self._spawn).result()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as out:
            return subprocess.Popen(
                tethered(self._command), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env=self._env, process_group=0,
            )  # fmt: skip

    def stop(self, timeout: float = 15.0) -> None:
        """SIGTERM and wait; after `timeout` seconds SIGKILL. Nothing of its group remains."""
        self.ask_to_stop()
        self.wait_stopped(timeout)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        self.signal(signal.SIGTERM)

    def wait_stopped(self, timeout: float) -> None:
        """Wait for the end, then make sure of it."""
        if self._popen is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout)
        self._signal_group(signal.SIGKILL)
        self._popen.wait()

    def kill(self) -> None:
        """SIGKILL the whole group at once and reap it."""
        self._signal_group(signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait()

    def signal(self, sig: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.running and self._popen is not None:
            self._popen.send_signal(sig)

    def _signal_group(self, sig: int) -> None:
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, sig)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, for a message to a person."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 16_384))
                lines = log.read().decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-count:])
