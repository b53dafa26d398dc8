"""Made once per machine, Java and set of jars, so that later starts are quick:

- the metadata bootstrap file, which Kafka's own `format` writes and every new data folder needs;
- a class-data archive of the JVM, which halves the broker's start (1.7 s instead of 3.7 s).
"""

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.local.cache import cache_dir, locked
from deploy.local.errors import CannotStart
from deploy.local.jars import ensure_jars, fingerprint
from deploy.local.java import find_java
from deploy.local.ports import free_ports, is_open
from deploy.local.process import Process
from deploy.local.say import Say
from deploy.local.server_properties import server_properties

LOG4J = Path(__file__).with_name("log4j2.properties")
JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    f"-Dlog4j2.configurationFile={LOG4J}",
)
CLUSTER_ID = "aGFkaXItbG9jYWwtMDAwMQ"  # any 16 bytes; one node is one cluster
PATIENCE = 60.0


class Runtime(NamedTuple):
    """What it takes to start a broker."""

    java: Path
    classpath: str
    bootstrap: Path
    archive: Path

    def command(self, main: str, *args: str, options: Sequence[str] = ()) -> list[str]:
        """The command line of one of Kafka's programs."""
        quick = (f"-XX:SharedArchiveFile={self.archive}",) if self.archive.exists() else ()
        return [str(self.java), *JVM, *(options or quick), "-cp", self.classpath, main, *args]


def prepare(say: Say) -> Runtime:
    """Everything the broker needs, made when it is not there.

    Raises:
        CannotStart: no Java, or a jar that cannot be fetched.
    """
    java, jars = find_java(), ensure_jars(say)
    folder = cache_dir() / "broker"
    name = f"{fingerprint()}-{_identity(java)}"
    runtime = Runtime(
        java, ":".join(map(str, jars)), folder / f"{name}.checkpoint", folder / f"{name}.jsa"
    )
    with locked(folder):
        if not runtime.bootstrap.exists():
            say("Preparing the broker's quick start (only this once) …")
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                _format(runtime, Path(scratch))
                _archive_classes(runtime, Path(scratch))
                shutil.copy(Path(scratch, "data", "bootstrap.checkpoint"), runtime.bootstrap)
    return runtime


def _identity(java: Path) -> str:
    stat = java.stat()
    return hashlib.sha256(f"{java}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:12]


def _format(runtime: Runtime, scratch: Path) -> None:
    port, controller = free_ports(2)
    text = server_properties(port=port, controller_port=controller, data=scratch / "data")
    (scratch / "server.properties").write_text(text)
    args = ("format", "-t", CLUSTER_ID, "-c", str(scratch / "server.properties"))
    done = subprocess.run(
        runtime.command("kafka.tools.StorageTool", *args), capture_output=True, text=True
    )
    if done.returncode:
        raise CannotStart(f"Kafka could not format a data folder: {done.stderr[-500:]}")


def _archive_classes(runtime: Runtime, scratch: Path) -> None:
    """A trial run lists the classes; the JVM then archives them. Without it all works, slower."""
    listed = scratch / "classes"
    command = runtime.command(
        "kafka.Kafka",
        str(scratch / "server.properties"),
        options=(f"-XX:DumpLoadedClassList={listed}",),
    )
    trial = Process("kafka trial", command, scratch / "log")
    trial.start()
    _wait_served(trial, scratch / "server.properties")
    trial.stop()
    options = (
        "-Xshare:dump",
        f"-XX:SharedClassListFile={listed}",
        f"-XX:SharedArchiveFile={runtime.archive}",
    )
    subprocess.run(
        runtime.command("kafka.Kafka", options=options), capture_output=True, timeout=PATIENCE * 2
    )


def _wait_served(trial: Process, properties: Path) -> None:
    port = int(properties.read_text().partition("127.0.0.1:")[2].partition(",")[0])
    until = time.monotonic() + PATIENCE
    while trial.running and time.monotonic() < until and not is_open(port):
        time.sleep(0.1)
