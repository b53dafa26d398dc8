"""Is a view what its topics say? It is built once more beside the live one, and both are compared.

Works on the running system: the copy is built up to the positions that the live view has.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import redis as redis_lib
from kafka import KafkaConsumer, TopicPartition

from shared.provision import partitions_of
from shared.records import Parse, Poison, Record, parse
from shared.settings import Settings
from shared.topics import Topic
from shared.views import View
from shared.writes import Project

CHUNK = 2_000
APART = ("ready", "position:", "scan-claims:", "reserved")
"""What is no projection: readiness, positions, scan ids claimed until their record is projected, data
keys reserved for a person whose import is under way."""


class Built(NamedTuple):
    """A view, what it is projected from, and how."""

    view: View
    topics: Sequence[Topic]
    project: Project
    parse: Parse = parse
    """As the live view's projector reads: what that sets aside stands in no view."""


S = TypeVar("S", bound=Settings)
BuildView = Callable[[S], Built]
"""Makes the view of an installation; with another topic prefix it is another view."""


def differences(settings: S, build: BuildView[S]) -> list[str]:
    """One line per key that differs; [] when the view is right. Raises kafka and redis errors."""
    live = build(settings)
    copy = build(settings.model_copy(update={"topic_prefix": f"audit-{secrets.token_hex(6)}."}))
    try:
        for topic in live.topics:
            for partition in range(partitions_of(topic, settings)):
                upto = live.view.stored(topic.name, partition) or 0
                _rebuild(settings, copy, topic, partition, upto)
        return [*_behind(settings, live), *_compare(live.view, copy.view)]
    finally:
        copy.view.drop()


def _rebuild(settings: Settings, copy: Built, topic: Topic, partition: int, upto: int) -> None:
    batch: list[Record] = []
    at = {(topic.name, partition): 0}
    for record in _log(settings, copy, topic, partition, upto):
        batch.append(record)
        if len(batch) == CHUNK:
            at = copy.view.advance(batch, copy.project, at)
            batch = []
    if batch:
        copy.view.advance(batch, copy.project, at)


def _log(
    settings: Settings, built: Built, topic: Topic, partition: int, upto: int
) -> Iterator[Record]:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka.split(","), enable_auto_commit=False)
    place = TopicPartition(settings.topic(topic), partition)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    try:
        while consumer.position(place) < upto:
            for raw in consumer.poll(timeout_ms=500).get(place, []):
                if raw.offset < upto and (record := _record(built.parse, topic, raw)) is not None:
                    yield record
    finally:
        consumer.close()


def _record(parse: Parse, topic: Topic, raw: Any) -> Record | None:
    headers = list(raw.headers or ())
    try:
        event = None if raw.value is None else parse(topic, headers, raw.value)
    except Poison:  # it stands in the dead letters, and in no view
        return None
    key = (raw.key or b"").decode("utf-8", "replace")
    return Record(topic, raw.partition, raw.offset, key, event, raw.timestamp, raw.value, headers)


def _behind(settings: Settings, live: Built) -> Iterator[str]:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka.split(","))
    for topic in live.topics:
        places = [
            TopicPartition(settings.topic(topic), p) for p in range(partitions_of(topic, settings))
        ]
        for place, end in consumer.end_offsets(places).items():
            at = live.view.stored(topic.name, place.partition) or 0
            if at < end:
                yield f"{live.view.prefix}: {topic.name}/{place.partition} is at {at} of {end}"
    consumer.close()


def _compare(live: View, copy: View) -> Iterator[str]:
    names = _names(live) | _names(copy)
    for name in sorted(names):
        if _value(live.client, live.key(name)) != _value(copy.client, copy.key(name)):
            yield f"{live.key(name)} differs from what the topics say"


def _names(view: View) -> set[str]:
    start = len(view.prefix) + 1
    found = (
        key.decode()[start:] for key in view.client.scan_iter(match=view.prefix + ":*", count=1000)
    )
    return {name for name in found if not name.startswith(APART)}


def _value(client: "redis_lib.Redis", key: str) -> Any:
    kind: Any = client.type(key)
    read: dict[bytes, Callable[[], Any]] = {
        b"hash": lambda: client.hgetall(key),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1, withscores=True),
        b"string": lambda: client.get(key),
        b"none": lambda: None,
    }
    return read[kind]()
