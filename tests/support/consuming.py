"""What the tests of the batch consumer share: a handler that remembers, records, dead letters."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from kafka import KafkaConsumer

from shared import consume
from shared.consume import BatchConsumer
from shared.events.attendance import EligibilityDecidedV1
from shared.examples import example
from shared.fast_consumer import FastConsumer
from shared.publish import KafkaPublisher, Outgoing
from shared.records import Record
from shared.topics import DECISIONS
from tests.support.witness import committed, read_all

DECIDED = example(EligibilityDecidedV1.type)
HEADERS = [("ce_type", EligibilityDecidedV1.type.encode())]
Handle = consume.Handler


on_both_clients = pytest.mark.parametrize(
    "client", [KafkaConsumer, FastConsumer], indirect=True, ids=["kafka-python", "aiokafka"]
)


class Seen:
    """A handler that remembers (key, version), and fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.records: list[Record] = []
        self.calls = 0
        self._failures = list(failures)

    def __call__(self, records: Sequence[Record]) -> None:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        self.records += records

    @property
    def versions(self) -> list[int]:
        return [record.event.version for record in self.records]


def publish(own: Any, *versions: int, key: str = "w|p") -> None:
    publisher = KafkaPublisher(own)
    publisher.publish(
        [Outgoing(DECISIONS, key, DECIDED.model_copy(update={"version": v})) for v in versions]
    )
    publisher.close()


def run(consumer: BatchConsumer, until: Callable[[], bool], within: float = 30.0) -> None:
    end = time.monotonic() + within
    while not until():
        assert time.monotonic() < end, "it did not come about in time"
        consumer.step(0.1)


def graves(own: Any) -> list[Any]:
    return read_all(own, own.dead_letters(DECISIONS))


def done(own: Any) -> int:
    return committed(own, own.group("g"), own.topic(DECISIONS))
