"""Reading topics as a bystander: no consumer group, from a place up to what is there now."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
from kafka import KafkaConsumer, TopicPartition

from deploy.cli.errors import CannotDo
from shared.batch import CONTENT_TYPE, TornBatch, decode
from shared.envelope import as_dict
from shared.settings import KafkaSettings


class Shown(NamedTuple):
    """One event as tools print it: its address, CloudEvents attributes, key and body."""

    address: str
    key: str
    attributes: Mapping[str, str]
    body: bytes | None


@contextmanager
def consumer(settings: KafkaSettings, group: str | None = None) -> Iterator[KafkaConsumer]:
    """A reader that joins no group; `group` only to remember positions under that name."""
    client = KafkaConsumer(
        bootstrap_servers=settings.kafka.split(","),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    try:
        yield client
    finally:
        client.close()


def partitions(client: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """The topic's partitions.

    Raises:
        CannotDo: it does not exist.
    """
    found = client.partitions_for_topic(topic)
    if not found:
        raise CannotDo(f"The topic {topic} does not exist; `hadir topics apply` creates it.")
    return [TopicPartition(topic, p) for p in sorted(found)]


def read(client: KafkaConsumer, places: Sequence[TopicPartition], start: int = 0) -> Iterator[Any]:
    """Records from `start` (or the oldest kept one) to the present end of each partition."""
    client.assign(list(places))
    begins, ends = client.beginning_offsets(places), client.end_offsets(places)
    for place in places:
        client.seek(place, max(start, begins[place]))
    left = {place for place in places if client.position(place) < ends[place]}
    while left:
        for place, found in client.poll(timeout_ms=500).items():
            yield from (record for record in found if record.offset < ends[place])
        left = {place for place in left if client.position(place) < ends[place]}


def events(record: Any) -> Iterator[Shown]:
    """The events of one record, one by one, whether it is a batch or not; bad frames included."""
    headers = as_dict(record.headers)
    address = f"{record.topic}/{record.partition}/{record.offset}"
    if headers.get("content-type") != CONTENT_TYPE:
        yield Shown(address, _text(record.key), headers, record.value)
        return
    try:
        for index, (header, body) in enumerate(decode(record.value)):
            attributes = orjson.loads(header)
            yield Shown(f"{address}/{index}", attributes.get("key", ""), attributes, body)
    except (TornBatch, ValueError) as torn:
        yield Shown(address, "", {"torn": str(torn)}, record.value)


def _text(raw: bytes | str | None) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw or ""
