"""A real Kafka and a real Redis for the tests, from wherever they can be had.

HADIR_TEST_KAFKA and HADIR_TEST_REDIS name some that are there; else containers where a Docker
daemon answers; else the local stack's own. `Backing.how` says which it was.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.broker import LocalBroker
from deploy.local.store import DATABASES, LocalStore

KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"  # the image family that the container class drives
REDIS_IMAGE = "valkey/valkey:9.0.8"


@dataclass(frozen=True)
class Backing:
    """Addresses, where they come from, and how to be rid of them."""

    kafka: str
    redis: str
    how: str
    _stops: tuple[Callable[[], object], ...] = field(default=(), repr=False)

    def redis_db(self, number: int) -> str:
        """The URL of another database of the same store (0–255)."""
        return f"{self.redis.rpartition('/')[0]}/{number}"

    def stop(self) -> None:
        """End what was started for the tests."""
        for stop in self._stops:
            stop()


def start_services(folder: Path) -> Backing:
    """A broker and a store, both ready; a local one keeps its data in `folder`."""
    kafka, redis = os.environ.get("HADIR_TEST_KAFKA"), os.environ.get("HADIR_TEST_REDIS")
    if kafka and redis:
        return Backing(kafka, redis, "given by HADIR_TEST_KAFKA and HADIR_TEST_REDIS")
    return _containers() if docker_answers() else _local(folder)


def docker_answers() -> bool:
    """Whether a Docker daemon can be asked to run something."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=5)
        client.ping()
    except DockerException:
        return False
    client.close()
    return True


def _containers() -> Backing:
    from testcontainers.community.kafka import KafkaContainer
    from testcontainers.community.redis import RedisContainer

    kafka: Any = KafkaContainer(KAFKA_IMAGE).with_kraft()
    kafka.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    kafka.start(timeout=120)
    redis: Any = RedisContainer(REDIS_IMAGE)
    redis.with_command(f"valkey-server --appendonly yes --databases {DATABASES}")
    redis.start()
    url = f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0"
    how = f"containers {KAFKA_IMAGE} and {REDIS_IMAGE}"
    return Backing(kafka.get_bootstrap_server(), url, how, (redis.stop, kafka.stop))


def _local(folder: Path) -> Backing:
    broker, store = LocalBroker(folder / "kafka", say=print), LocalStore(folder / "store")
    broker.launch()
    store.launch()
    broker.wait_ready()
    store.wait_ready()
    how = "the local stack's own broker and store (no Docker daemon answered)"
    return Backing(broker.address, store.url, how, (store.stop, broker.stop))
