"""An independent witness: reads and writes topics with kafka-python's plain client alone."""

import secrets
from collections.abc import Iterable
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from shared.provision import wanted
from shared.settings import KafkaSettings
from shared.topics import Topic


def fresh_topics(settings: Any, topics: Iterable[Topic]) -> Any:
    """The settings with a prefix of their own, and these topics (with dead letters) under it."""
    own = settings(topic_prefix=f"t{secrets.token_hex(4)}.")
    make_topics(own, topics)
    return own


def make_topics(own: KafkaSettings, topics: Iterable[Topic]) -> None:
    """Create these topics and their dead letters."""
    names = {name for t in topics for name in (own.topic(t), own.dead_letters(t))}
    with KafkaAdminClient(bootstrap_servers=own.kafka) as admin:
        admin.create_topics({name: how for name, how in wanted(own).items() if name in names})
        admin.wait_for_topics(sorted(names), timeout_ms=60_000)


def read_all(settings: KafkaSettings, topic: str) -> list[Any]:
    """Every record of a topic (its full name) as it stands now, by partition and offset."""
    with KafkaConsumer(bootstrap_servers=settings.kafka, enable_auto_commit=False) as consumer:
        places = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic))]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends, found = consumer.end_offsets(places), []
        while any(consumer.position(place) < end for place, end in ends.items()):
            for records in consumer.poll(timeout_ms=500).values():
                found += records
    return sorted(found, key=lambda record: (record.partition, record.offset))


def write(settings: KafkaSettings, topic: str, *records: dict[str, Any]) -> list[Any]:
    """Write raw records (keywords of the client's `send`); where each one is."""
    with KafkaProducer(bootstrap_servers=settings.kafka, acks="all") as producer:
        sent = [producer.send(topic, **record) for record in records]
        producer.flush()
        return [each.get(timeout=30) for each in sent]


def committed(settings: KafkaSettings, group: str, topic: str) -> int:
    """How far a group (its full name) has committed, over all partitions of a topic."""
    with KafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=group, enable_auto_commit=False
    ) as consumer:
        places = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
        return sum(consumer.committed(place) or 0 for place in places)
