"""Provisioning: idempotent, as the cards say, and a process refuses topics that do not fit."""

import secrets
import time
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from shared.provision import WrongPartitions, check, configs_of, provision, require, wanted
from shared.settings import KafkaSettings
from shared.topics import FLOW, KEYS, NUMBERS, PARTICIPANTS, WEBHOOKS

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def admin(kafka: str) -> Any:
    with KafkaAdminClient(bootstrap_servers=kafka) as client:
        yield client


def test_a_second_run_creates_nothing(provisioned: Any) -> None:
    assert provision(provisioned) == []


def test_what_was_deleted_is_created_again_and_nothing_else(kafka: str, settings: Any) -> None:
    mine = settings(topic_prefix=f"t{secrets.token_hex(4)}.")
    assert provision(mine) == sorted(wanted(mine))
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_topics([mine.topic(NUMBERS)])
        while mine.topic(NUMBERS) in admin.list_topics():
            time.sleep(0.05)  # the broker deletes behind its answer
    assert provision(mine) == [mine.topic(NUMBERS)]


def test_every_topic_has_its_partitions_and_a_dead_letter_topic_with_one(
    provisioned: Any, admin: Any
) -> None:
    there = {
        t["name"]: len(t["partitions"]) for t in admin.describe_topics(sorted(wanted(provisioned)))
    }
    assert len(there) == 2 * len(FLOW)
    for topic in FLOW:
        expected = 1 if topic is NUMBERS else provisioned.partitions
        assert there[provisioned.topic(topic)] == expected
        assert there[provisioned.dead_letters(topic)] == 1


def test_what_erases_a_person_is_not_delayed_by_the_compactor() -> None:
    for topic in (KEYS, PARTICIPANTS):
        configs = configs_of(topic, KafkaSettings(kafka="none:9092"))
        assert configs["cleanup.policy"] == "compact"
        assert int(configs["max.compaction.lag.ms"]) <= DAY_MS
        assert int(configs["segment.ms"]) <= DAY_MS


def test_the_broker_keeps_what_the_cards_say(provisioned: Any, admin: Any) -> None:
    names = {provisioned.topic(t): t for t in FLOW}
    found = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    kept = {name: values for name, values in _configs(found).items() if name in names}
    assert set(kept) == set(names)
    for name, topic in names.items():
        assert kept[name]["cleanup.policy"] == topic.cleanup
        if topic.cleanup == "delete":
            days = topic.retention_days
            assert int(kept[name]["retention.ms"]) == (days * DAY_MS if days else -1)


def _configs(found: Any) -> dict[str, dict[str, str]]:
    topics: dict[str, Any] = found.get("topic", found) if isinstance(found, dict) else {}
    return {
        name: {
            key: value["value"] if isinstance(value, dict) else value
            for key, value in configs.items()
        }
        for name, configs in topics.items()
    }


def test_the_dead_letters_of_a_topic_take_whatever_the_topic_took(
    provisioned: Any, kafka: str
) -> None:
    largest = b"x" * (4 * 1024 * 1024 - 1024)
    producer = KafkaProducer(bootstrap_servers=kafka, max_request_size=16 * 1024 * 1024)
    headers = [("dl_reason", b"r" * 500), ("x-zm-trackingid", b"t" * 1000)]
    producer.send(provisioned.topic(WEBHOOKS), value=largest, partition=0).get(timeout=30)
    producer.send(provisioned.dead_letters(WEBHOOKS), value=largest, headers=headers).get(
        timeout=30
    )
    producer.close()


def test_a_process_refuses_another_partition_count_in_one_sentence(
    provisioned: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    other = provisioned.model_copy(update={"partitions": 4})
    with pytest.raises(SystemExit) as ended:
        require(other, FLOW)
    assert ended.value.code == 2
    name = other.topic(FLOW[0])
    assert capsys.readouterr().err == f"The topic {name} has 3 partitions, the settings say 4.\n"


def test_a_process_refuses_topics_that_are_not_there(settings: Any) -> None:
    nowhere = settings(topic_prefix=f"t{secrets.token_hex(4)}.")
    with pytest.raises(WrongPartitions, match=r"does not exist; run `hadir topics apply`\."):
        check(nowhere, FLOW)


def test_a_process_says_that_kafka_cannot_be_reached(
    settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KafkaAdminClient.DEFAULT_CONFIG, "bootstrap_timeout_ms", 300)
    with pytest.raises(SystemExit) as ended:
        require(settings(kafka="127.0.0.1:1"), FLOW)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("Kafka at 127.0.0.1:1 cannot be reached")


def test_topics_that_fit_are_accepted(provisioned: Any) -> None:
    check(provisioned, FLOW)
