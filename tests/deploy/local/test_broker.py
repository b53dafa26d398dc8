"""The local broker is a real Kafka whose life is in our hands."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from deploy.local.broker import LocalBroker
from deploy.local.errors import CannotStart, DidNotStart
from deploy.local.ports import is_open

TOPIC = "kept.v1"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker of this module's own, with one topic."""
    with LocalBroker(tmp_path_factory.mktemp("broker")) as running:
        admin = KafkaAdminClient(bootstrap_servers=running.address)
        admin.create_topics({TOPIC: {"num_partitions": 1, "replication_factor": 1}})
        admin.wait_for_topics([TOPIC], timeout_ms=30_000)
        admin.close()
        yield running


def write(broker: LocalBroker, *values: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.address, acks="all")
    for value in values:
        producer.send(TOPIC, value).get(timeout=30)
    producer.close()


def read(broker: LocalBroker, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=broker.address, auto_offset_reset="earliest", consumer_timeout_ms=15_000
    )
    consumer.assign([TopicPartition(TOPIC, 0)])
    found: list[bytes] = []
    for record in consumer:
        found.append(record.value)
        if len(found) == count:
            break
    consumer.close()
    return found


def assert_gone(broker: LocalBroker) -> None:
    assert broker.process is not None
    assert broker.process.pid is not None
    assert not is_open(broker.port)
    with pytest.raises(ProcessLookupError):
        os.killpg(broker.process.pid, 0)


def test_what_was_acknowledged_survives_a_kill_and_a_stop_on_the_same_port(
    broker: LocalBroker,
) -> None:
    address = broker.address
    write(broker, b"one", b"two")
    broker.kill()
    assert_gone(broker)
    broker.start()
    write(broker, b"three")
    broker.stop()
    assert_gone(broker)
    broker.start()
    assert broker.address == address
    assert read(broker, 3) == [b"one", b"two", b"three"]


def test_a_topic_that_nobody_provisioned_is_not_made_by_writing_to_it(broker: LocalBroker) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    consumer = KafkaConsumer("never.made.v1", bootstrap_servers=broker.address)
    consumer.poll(timeout_ms=1_000)
    consumer.close()
    assert "never.made.v1" not in admin.list_topics()
    admin.close()


def test_the_features_are_those_of_a_formatted_broker(broker: LocalBroker) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    features = admin.describe_features()
    admin.close()
    final = {name: of["finalized"][1] for name, of in features.items() if "finalized" in of}
    assert final["transaction.version"] == 2
    assert final["group.version"] == 1


def test_a_port_that_is_taken_is_said_at_once(broker: LocalBroker, tmp_path: Path) -> None:
    second = LocalBroker(tmp_path, port=broker.port)
    with pytest.raises(CannotStart, match=f"port {broker.port} is already in use"):
        second.start()


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")
    with pytest.raises(DidNotStart, match="(?s)did not start.*node.id"):
        LocalBroker(tmp_path).start()
