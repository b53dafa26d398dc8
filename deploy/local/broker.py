"""A real Kafka on this machine: one KRaft node, its data in a folder, its life in our hands."""

import secrets
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.local.errors import CannotStart
from deploy.local.ports import HOST, free_ports, is_open
from deploy.local.process import Process
from deploy.local.say import Say, quiet
from deploy.local.server import LocalServer
from deploy.local.server_properties import NODE_ID, server_properties
from deploy.local.warm import CLUSTER_ID, Runtime, prepare


class LocalBroker(LocalServer):
    """A broker. `port` 0 takes a free one. `address` is what clients are told."""

    ready_within, stop_within = 60.0, 30.0

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        controller_port: int = 0,
        log: Path | None = None,
        say: Say = quiet,
    ) -> None:
        free = free_ports(2)
        super().__init__("broker", folder, port or free[0], log or folder / "kafka.log")
        self._controller_port, self._say = controller_port or free[1], say
        self._runtime: Runtime | None = None

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"{HOST}:{self.port}"

    def launch(self) -> None:
        """Start without waiting; the first time its data folder is laid out."""
        if is_open(self.port):
            raise CannotStart(f"The broker's port {self.port} is already in use.")
        runtime = self._runtime = self._runtime or prepare(self._say)
        data, properties = self.folder / "data", self.folder / "server.properties"
        if not (data / "meta.properties").exists():
            _lay_out(data, runtime.bootstrap)
        properties.write_text(
            server_properties(port=self.port, controller_port=self._controller_port, data=data)
        )
        command = runtime.command("kafka.Kafka", str(properties))
        self.process = Process("kafka", command, self._log)
        self.process.start()

    def ready(self) -> bool:
        """Whether the broker serves: it listens only once it has caught up and is unfenced."""
        return is_open(self.port)


def _lay_out(data: Path, bootstrap: Path) -> None:
    """What Kafka's `format` leaves behind, without starting a JVM for it."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(bootstrap, data / "bootstrap.checkpoint")
    directory_id = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    (data / "meta.properties").write_text(
        f"version=1\ncluster.id={CLUSTER_ID}\nnode.id={NODE_ID}\ndirectory.id={directory_id}\n"
    )
