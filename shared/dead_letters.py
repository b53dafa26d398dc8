"""Dead letters: records that nobody can handle, kept with reason and origin instead of skipped."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from kafka import KafkaProducer

from shared.envelope import Headers
from shared.settings import KafkaSettings
from shared.telemetry import DEAD_LETTERS
from shared.topics import Topic

log = structlog.get_logger()
POISON_RUN_LIMIT = 1_000
"""So many dead letters in a row are our own fault: the worker stops instead."""


class TooMuchPoison(Exception):
    """More dead letters in a row than an input can have; the worker must not go on."""


class Dead(NamedTuple):
    """A record (raw or parsed) for the dead letters, and its key as it was."""

    topic: Topic
    record: Any
    key: bytes | None
    reason: str
    attempts: int


class DeadLetters:
    """Writes what could not be read: original bytes and headers, reason, origin, attempts."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: KafkaProducer | None = None

    def write(self, topic: Topic, partition: int, offset: int, key: bytes | None,
              value: bytes | None, headers: Headers, reason: str, *, attempts: int = 1) -> None:  # fmt: skip
        """Write one and wait for the broker."""
        if self._producer is None:
            self._producer = KafkaProducer(
                bootstrap_servers=self._settings.kafka.split(","), acks="all",
                max_request_size=8 * 1024 * 1024, allow_auto_create_topics=False,
            )  # fmt: skip
        extra = dead_letter_headers(
            self._settings.topic(topic), partition, offset, reason, attempts
        )
        name = self._settings.dead_letters(topic)
        self._producer.send(name, key=key, value=value, headers=[*headers, *extra]).get(timeout=30)
        DEAD_LETTERS.labels(topic=topic.name).inc()
        log.warning("dead_letter", topic=topic.name, partition=partition, offset=offset)

    def close(self) -> None:
        """Close the producer, if there ever was a dead letter."""
        if self._producer is not None:
            self._producer.close(timeout=10)
            self._producer = None


class Burial:
    """Sets aside what a batch consumer cannot handle, as long as that is not everything."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._letters = DeadLetters(settings)
        self._run = 0

    def bury(self, dead: Sequence[Dead], *, all_of_them: bool) -> None:
        """Write a batch's dead letters; `all_of_them`: nothing else was in the batch.

        Raises:
            TooMuchPoison: nothing but dead letters for too long; these are not written.
        """
        run = self._run + len(dead) if all_of_them else 0
        if run > POISON_RUN_LIMIT:
            raise TooMuchPoison(f"more than {POISON_RUN_LIMIT} unreadable records in a row")
        for topic, record, key, reason, attempts in dead:
            self._letters.write(topic, record.partition, record.offset, key, record.value,
                                list(record.headers or ()), reason, attempts=attempts)  # fmt: skip
        self._run = run

    def close(self) -> None:
        """Close the producer, if there ever was a dead letter."""
        self._letters.close()


def dead_letter_headers(
    topic: str, partition: int, offset: int, reason: str, attempts: int = 1, index: int = 0
) -> Headers:
    """Where a dead letter came from and why, as record headers."""
    pairs = {
        "dl_topic": topic,
        "dl_partition": str(partition),
        "dl_offset": str(offset),
        "dl_index": str(index),
        "dl_reason": reason[:500],
        "dl_attempts": str(attempts),
        "dl_at": str(int(time.time())),
    }
    return [(name, text.encode()) for name, text in pairs.items()]
