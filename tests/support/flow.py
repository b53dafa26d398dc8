"""Helpers of the flow tests: scenarios of their own year, and a witness that reads topics itself."""

import json
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from deploy.local.stack import Stack
from deploy.simulator.delivery import World
from deploy.simulator.scenario import PRESETS
from deploy.simulator.system import Addresses

GRACE, RETRY = 3, 5  # seconds
PARTITIONS = 4
POISON_KEY = "poison"
"""The key of records that a test put on a topic by itself, and that no webhook is in."""


@dataclass(frozen=True)
class Running:
    """A running system."""

    stack: Stack
    card: dict[str, Any]
    addresses: Addresses


def world_of(
    year: int, seed: int, preset: str = "realistic", people: int = 150, **changes: Any
) -> World:
    """A webinar of 3 February of that year, 09.00 in Jakarta, with its clocks set to seconds."""
    start = int(datetime(year, 2, 3, 2, tzinfo=UTC).timestamp())
    return World(
        PRESETS[preset](
            participants=people,
            seed=seed,
            start=start,
            grace_seconds=GRACE,
            retry_window_seconds=RETRY,
            **changes,
        )
    )


class Seen(NamedTuple):
    """A record as the witness saw it."""

    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, bytes]


class Witness:
    """Reads topics by kafka-python and decodes them by the written contract, not by our code."""

    def __init__(self, card: Mapping[str, Any]) -> None:
        self._kafka, self._prefix = card["kafka"], card["topic_prefix"]

    def records(self, topic: str) -> Iterator[Seen]:
        """Every record that is on the topic at this moment, less what a test put there itself."""
        name = self._prefix + topic
        consumer = KafkaConsumer(bootstrap_servers=self._kafka, enable_auto_commit=False)
        try:
            places = [TopicPartition(name, p) for p in consumer.partitions_for_topic(name)]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            ends = consumer.end_offsets(places)
            while any(consumer.position(p) < ends[p] for p in places):
                for records in consumer.poll(timeout_ms=500).values():
                    for r in records:
                        key = (r.key or b"").decode()
                        if key != POISON_KEY or topic.endswith(".dlq"):
                            yield Seen(r.partition, r.offset, key, r.value, dict(r.headers))
        finally:
            consumer.close()

    def latest(self, topic: str) -> dict[str, dict[str, Any]]:
        """The last value of each key, as a reader of the compacted topic has it."""
        found: dict[str, dict[str, Any]] = {}
        for seen in self.records(topic):
            found[seen.key] = json.loads(seen.value)
        return found

    def webhooks(self) -> Iterator[bytes]:
        """The bodies that Zoom sent, out of their frames (each as often as it was written)."""
        for seen in self.records("attendance.zoom-webhooks.v1"):
            at = 0
            while at < len(seen.value):
                (n,) = struct.unpack_from(">I", seen.value, at)
                (m,) = struct.unpack_from(">I", seen.value, at + 4 + n)
                if json.loads(seen.value[at + 4 : at + 4 + n])["ce_type"] == "us.zoom.webhook.v0":
                    yield seen.value[at + 8 + n : at + 8 + n + m]
                at += 8 + n + m

    def ends(self, topic: str) -> int:
        """How many records were ever written to the topic."""
        name = self._prefix + topic
        consumer = KafkaConsumer(bootstrap_servers=self._kafka)
        places = [TopicPartition(name, p) for p in consumer.partitions_for_topic(name)]
        total: int = sum(consumer.end_offsets(places).values())
        consumer.close()
        return total


def steady(measure: Any, still: float = 3.0, within: float = 60.0) -> Any:
    """The value of `measure()` once it has not changed for `still` seconds."""
    last, since, until = measure(), time.monotonic(), time.monotonic() + within
    while time.monotonic() - since < still:
        if time.monotonic() > until:
            raise TimeoutError(f"it does not settle: {last}")
        time.sleep(0.5)
        now = measure()
        if now != last:
            last, since = now, time.monotonic()
    return last
