"""Sending dead letters in again, without undoing what happened since."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from deploy.cli.errors import CannotDo
from deploy.cli.records import consumer, partitions, read
from shared.batch import CONTENT_TYPE, TornBatch, decode, encode
from shared.envelope import Headers, as_dict
from shared.settings import KafkaSettings
from shared.topics import Topic

GROUP = "dlq-retry"  # remembers how far each dead-letter topic was retried


class Outcome(NamedTuple):
    """What became of the dead letter at `offset`; an empty `problem` means that it was sent."""

    offset: int
    problem: str


class _Again(NamedTuple):
    place: TopicPartition
    key: bytes | None
    value: bytes | None
    headers: Headers


def retry_all(settings: KafkaSettings, topic: Topic, offset: int | None) -> Iterator[Outcome]:
    """Retry the dead letter at `offset`, or all since the last time, and remember how far."""
    producer = KafkaProducer(
        bootstrap_servers=settings.kafka.split(","), acks="all", allow_auto_create_topics=False,
        max_request_size=8 * 1024 * 1024,
    )  # fmt: skip
    graves = settings.dead_letters(topic)
    try:
        with consumer(settings, settings.group(GROUP)) as client, consumer(settings) as origin:
            for place in partitions(client, graves):
                client.assign([place])
                start = (client.committed(place) or 0) if offset is None else offset
                for record in list(read(client, [place], start)):
                    if offset is not None and record.offset != offset:
                        break
                    yield Outcome(record.offset, _send(producer, origin, topic, record))
                    if offset is None:
                        client.commit({place: OffsetAndMetadata(record.offset + 1)})
    finally:
        producer.close(timeout=10)


def _send(producer: KafkaProducer, origin: KafkaConsumer, topic: Topic, record: Any) -> str:
    try:
        again = _whole(origin, topic, record)
    except CannotDo as reason:
        return str(reason)
    place = again.place
    producer.send(
        place.topic,
        key=again.key,
        value=again.value,
        headers=again.headers,
        partition=place.partition,
    ).get(timeout=30)
    return ""


def _whole(origin: KafkaConsumer, topic: Topic, record: Any) -> _Again:
    """The record as it has to be sent; raises CannotDo with the reason why it must not be."""
    headers = as_dict(record.headers)
    if headers.get("dl_topic") in (None, "http"):
        raise CannotDo("it never was a record of that topic, so there is nothing to send again")
    place = TopicPartition(headers["dl_topic"], int(headers["dl_partition"]))
    at, index = int(headers["dl_offset"]), int(headers.get("dl_index", 0))
    if topic.batched:
        return _Again(place, None, _frame(origin, place, at, index), _batch_headers())
    if topic.cleanup == "compact" and _superseded(origin, place, at, record.key):
        raise CannotDo("a newer record of its key exists, which it would undo")
    kept = [(name, raw) for name, raw in record.headers if not name.startswith("dl_")]
    return _Again(place, record.key, record.value, kept)


def _batch_headers() -> Headers:
    return [("content-type", CONTENT_TYPE.encode())]


def _frame(origin: KafkaConsumer, place: TopicPartition, at: int, index: int) -> bytes:
    """The frame, with its header, from where it came: the dead letter holds its body only."""
    found = next((r for r in read(origin, [place], at) if r.offset == at), None)
    if found is None:
        raise CannotDo("its origin is no longer kept")
    try:
        frame = list(decode(found.value))[index]
    except (TornBatch, IndexError) as torn:
        raise CannotDo("its origin is not a whole batch") from torn
    return encode([frame])


def _superseded(origin: KafkaConsumer, place: TopicPartition, at: int, key: bytes | None) -> bool:
    return any(later.key == key for later in read(origin, [place], at + 1))
