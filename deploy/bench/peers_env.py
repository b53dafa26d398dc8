"""What the peers are made of: Python packages in an environment of their own (`.venv-peers`, pinned by
hash), and Kafka Streams with a small Java compiler, fetched like the broker's jars."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from deploy.bench.measure import ROOT
from deploy.local.cache import cache_dir, locked
from deploy.local.errors import CannotStart
from deploy.local.jars import ensure_jars
from deploy.local.java import find_java
from deploy.local.say import Say
from deploy.local.warm import LOG4J

PEERS = ROOT / "tests/benchmarks/peers"
LOCK = PEERS / "requirements.lock"
JARS = PEERS / "kafka-streams.jars"
SOURCE = PEERS / "KafkaStreamsTwin.java"
ENVIRONMENT = ROOT / ".venv-peers"


def peers_python(say: Say) -> Path:
    """The interpreter of the peers' environment, which is made when it is not there or outdated.

    Raises:
        CannotStart: its packages cannot be had.
    """
    python = ENVIRONMENT / "bin/python"
    stamp = ENVIRONMENT / f".installed-{_hash(LOCK)}"
    if stamp.exists():
        return python
    say("Installing the peers' packages into .venv-peers (only this once) …")
    _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
          "--require-hashes", "-r", str(LOCK)])  # fmt: skip
    stamp.touch()
    return python


def kafka_streams(say: Say) -> list[str]:
    """The command of the Kafka Streams twin, compiled when it is not yet.

    Raises:
        CannotStart: no Java, a jar that cannot be fetched, or a twin that does not compile.
    """
    java, kafka, own = find_java(), ensure_jars(say), ensure_jars(say, JARS)
    compiler = next(path for path in own if path.name.startswith("ecj-"))
    folder = cache_dir() / "peers"
    classes = folder / _hash(SOURCE, JARS)
    jars = os.pathsep.join(str(path) for path in (*kafka, *own) if path != compiler)
    with locked(folder):
        if not (classes / ".compiled").exists():
            _run([str(java), "-jar", str(compiler), "-source", "17", "-target", "17", "-warn:none",
                  "-cp", jars, "-d", str(classes), str(SOURCE)])  # fmt: skip
            (classes / ".compiled").touch()
    return [str(java), "-Xmx1g", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={LOG4J}",
            "-cp", f"{classes}{os.pathsep}{jars}", SOURCE.stem]  # fmt: skip


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CannotStart(f"The peers' packages cannot be had: {' '.join(said)}")


def _hash(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
