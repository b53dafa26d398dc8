"""`python -m shared.provision`: create the topics of shared/topics.py. Idempotent, kafka-python."""

import time
from collections.abc import Iterable
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from shared.settings import KafkaSettings, load_or_exit, stop_with
from shared.topics import DAY_MS, FLOW, Topic

DEAD_LETTER_DAYS = 28
MAX_MESSAGE = 4 * 1024 * 1024


class WrongPartitions(Exception):
    """Topics that are joined by key have another partition count than the settings say."""


def partitions_of(topic: Topic, settings: KafkaSettings) -> int:
    """How many partitions the topic has in this installation."""
    return 1 if topic.single_partition else settings.partitions


def configs_of(topic: Topic, settings: KafkaSettings) -> dict[str, str]:
    """The topic's Kafka settings, from its card."""
    configs = {"cleanup.policy": topic.cleanup, "max.message.bytes": str(MAX_MESSAGE)}
    if settings.replication > 1:
        configs["min.insync.replicas"] = str(settings.replication - 1)
    if topic.cleanup == "delete":
        days = topic.retention_days
        configs["retention.ms"] = str(days * DAY_MS if days else -1)
    if topic.cleanup == "compact":  # the last segment is never compacted: every reader reads it all
        configs["segment.bytes"] = str(16 * 1024 * 1024)
    if topic.cut:  # the disk is given back segment by segment
        configs["segment.bytes"] = str(64 * 1024 * 1024)
    if topic.erasable:
        configs["max.compaction.lag.ms"] = str(DAY_MS)
    if topic.erasable or topic.name == "attendance.zoom-webhooks.v1":
        configs["segment.ms"] = str(DAY_MS)
    return configs


def dead_letter_configs() -> dict[str, str]:
    """Of every dead-letter topic: it must take whatever its source took, with more headers."""
    days = str(DEAD_LETTER_DAYS * DAY_MS)
    return {"retention.ms": days, "max.message.bytes": str(2 * MAX_MESSAGE)}


def wanted(settings: KafkaSettings) -> dict[str, dict[str, Any]]:
    """Every topic and its dead letters, as kafka-python's admin takes them."""
    topics: dict[str, dict[str, Any]] = {}
    for topic in FLOW:
        topics[settings.topic(topic)] = {
            "num_partitions": partitions_of(topic, settings),
            "replication_factor": settings.replication,
            "configs": configs_of(topic, settings),
        }
        topics[settings.dead_letters(topic)] = {
            "num_partitions": 1,
            "replication_factor": settings.replication,
            "configs": dead_letter_configs(),
        }
    return topics


def provision(settings: KafkaSettings) -> list[str]:
    """Create what is missing and wait until it can be used; the names that were created."""
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.split(","))
    try:
        return _create(admin, wanted(settings))
    finally:
        admin.close()


def _create(admin: KafkaAdminClient, topics: dict[str, dict[str, Any]]) -> list[str]:
    there = set(admin.list_topics())
    missing = {name: how for name, how in topics.items() if name not in there}
    if missing:
        try:
            admin.create_topics(missing)
        except TopicAlreadyExistsError:
            time.sleep(0.5)  # somebody else provisions at this moment: take what they left
            return _create(admin, topics)
    admin.wait_for_topics(list(topics), timeout_ms=60_000)
    return sorted(missing)


def check(settings: KafkaSettings, topics: Iterable[Topic]) -> None:
    """Refuse to start on topics that are missing or differently partitioned.

    Raises:
        WrongPartitions: one plain sentence.
    """
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.split(","))
    try:
        found = {
            t["name"]: len(t["partitions"])
            for t in admin.describe_topics([settings.topic(topic) for topic in topics])
            if not t["error_code"]
        }
    finally:
        admin.close()
    for topic in topics:
        name, wants = settings.topic(topic), partitions_of(topic, settings)
        if name not in found:
            raise WrongPartitions(f"The topic {name} does not exist; run `hadir topics apply`.")
        if found[name] != wants:
            raise WrongPartitions(
                f"The topic {name} has {found[name]} partitions, the settings say {wants}."
            )


def require(settings: KafkaSettings, topics: Iterable[Topic]) -> None:
    """`check` at the start of a process: one sentence and exit code 2 when it cannot run."""
    try:
        check(settings, tuple(topics))
    except WrongPartitions as sentence:
        stop_with(str(sentence))
    except KafkaError as problem:
        stop_with(f"Kafka at {settings.kafka} cannot be reached: {problem}.")


def main() -> None:
    """Provision by the environment's settings, check what was there before, say what was done."""
    settings = load_or_exit(KafkaSettings)
    try:
        created = provision(settings)
    except KafkaError as problem:
        stop_with(f"Kafka at {settings.kafka} cannot be reached: {problem}.")
    require(settings, FLOW)
    print(f"{len(created)} topics created, {len(wanted(settings)) - len(created)} were there.")


if __name__ == "__main__":
    main()
