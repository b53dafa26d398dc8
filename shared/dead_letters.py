"""Dead letters: records that nobody can handle, kept with reason and origin instead of skipped."""

import time

import structlog
from kafka import KafkaProducer

from shared.envelope import Headers
from shared.settings import KafkaSettings
from shared.telemetry import DEAD_LETTERS
from shared.topics import Topic

log = structlog.get_logger()


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
