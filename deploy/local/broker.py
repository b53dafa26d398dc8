"""A real Kafka on this machine: one KRaft node, its data in a folder, its life in our hands."""

import secrets
import shutil
import time
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.local.errors import CannotStart, DidNotStart
from deploy.local.ports import HOST, free_ports, is_open
from deploy.local.process import Process
from deploy.local.say import Say, quiet
from deploy.local.server_properties import NODE_ID, server_properties
from deploy.local.warm import CLUSTER_ID, Runtime, prepare

READY_WITHIN = 60.0


class LocalBroker:
    """Start, stop, kill and restart a broker; the port and the data stay the same.

    `port` 0 takes a free one. `address` is what clients are told.
    """

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
        self.folder, self.port, self._controller_port = (
            folder,
            port or free[0],
            controller_port or free[1],
        )
        self._log, self._say = log or folder / "kafka.log", say
        self._runtime: Runtime | None = None
        self.process: Process | None = None

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        """Start and wait until it serves.

        Raises:
            CannotStart: no Java, jars that cannot be fetched, or a port that is taken.
            DidNotStart: it ended or did not answer in time; the end of its log is in the text.
        """
        self.launch()
        self.wait_ready()

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

    def wait_ready(self, timeout: float = READY_WITHIN) -> None:
        """Until clients are served; raises DidNotStart."""
        until = time.monotonic() + timeout
        while not self.ready():
            if not self.running or time.monotonic() > until:
                tail = self.process.last_lines() if self.process else ""
                self.kill()
                raise DidNotStart(f"The broker did not start; the end of {self._log}:\n{tail}")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        """Whether the process runs; it may not serve yet."""
        return self.process is not None and self.process.running

    @property
    def exit_code(self) -> int | None:
        """How the process ended, if it did."""
        return self.process.exit_code if self.process else None

    def ready(self) -> bool:
        """Whether the broker serves: it listens only once it has caught up and is unfenced."""
        return is_open(self.port)

    def stop(self) -> None:
        """A clean stop."""
        if self.process is not None:
            self.process.stop(timeout=30)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            self.process.kill()

    def signal(self, sig: int) -> None:
        """Send it a signal, if it runs: SIGSTOP has it stand still as a broker without a disk would."""
        if self.process is not None:
            self.process.signal(sig)

    def __enter__(self) -> "LocalBroker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _lay_out(data: Path, bootstrap: Path) -> None:
    """What Kafka's `format` leaves behind, without starting a JVM for it."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(bootstrap, data / "bootstrap.checkpoint")
    directory_id = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    (data / "meta.properties").write_text(
        f"version=1\ncluster.id={CLUSTER_ID}\nnode.id={NODE_ID}\ndirectory.id={directory_id}\n"
    )
