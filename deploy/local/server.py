"""What a broker and a store on this machine have in common: one process on one port, in our hands."""

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from deploy.local.errors import DidNotStart
from deploy.local.process import Process


class LocalServer(ABC):
    """Start, stop, kill and restart a server; the port and the data stay the same."""

    ready_within: float
    """Seconds that a start may take."""
    stop_within = 15.0
    """Seconds for a clean stop, before it is killed."""

    def __init__(self, name: str, folder: Path, port: int, log: Path) -> None:
        self.folder, self.port = folder, port
        self._name, self._log = name, log
        self.process: Process | None = None

    @abstractmethod
    def launch(self) -> None:
        """Start without waiting."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it serves."""

    def start(self) -> None:
        """Start and wait until it serves.

        Raises:
            CannotStart: a program or file that it needs is missing, or its port is taken.
            DidNotStart: it ended or did not answer in time; the end of its log is in the text.
        """
        self.launch()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until clients are served; raises DidNotStart."""
        until = time.monotonic() + self.ready_within
        while not self.ready():
            if not self.running or time.monotonic() > until:
                tail = self.process.last_lines() if self.process else ""
                self.kill()
                raise DidNotStart(
                    f"The {self._name} did not start; the end of {self._log}:\n{tail}"
                )
            time.sleep(0.03)

    @property
    def running(self) -> bool:
        """Whether the process runs; it may not serve yet."""
        return self.process is not None and self.process.running

    @property
    def exit_code(self) -> int | None:
        """How the process ended, if it did."""
        return self.process.exit_code if self.process else None

    def stop(self) -> None:
        """A clean stop: everything is on disk."""
        if self.process is not None:
            self.process.stop(timeout=self.stop_within)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            self.process.kill()

    def signal(self, sig: int) -> None:
        """Send it a signal, if it runs: SIGSTOP has it stand still as a server without a disk would."""
        if self.process is not None:
            self.process.signal(sig)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
