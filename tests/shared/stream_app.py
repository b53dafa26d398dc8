"""A worker for tests/shared/test_stream.py: copies each event of the input to an output topic once.

`python tests/shared/stream_app.py <Kafka> <prefix> <partitions> <instance>`
"""

import asyncio
import sys
from typing import Any

from shared.publish import AsyncPublisher
from shared.settings import KafkaSettings
from shared.stage import InputRecord
from shared.stream import StreamWorker
from shared.topics import DECISIONS, EVENTS


class Copy:
    """Remembers every event by offset; publishes those not published since it was started."""

    def __init__(self, settings: KafkaSettings, publisher: AsyncPublisher, partition: int) -> None:
        self._settings, self._publisher, self._partition = settings, publisher, partition
        self._waiting: list[tuple[int, bytes]] = []

    def fold(self, record: InputRecord) -> int:
        self._waiting.append((record.offset, record.value))
        return 1

    def unflushed(self) -> int:
        return len(self._waiting)

    async def flush(self) -> None:
        batch = list(self._waiting)
        futures = [
            await self._publisher.producer.send(
                self._settings.topic(DECISIONS),
                value,
                key=b"%d" % offset,
                partition=self._partition,
            )
            for offset, value in batch
        ]
        for future in futures:
            await future
        del self._waiting[: len(batch)]

    def tick(self, now: float, at_end: bool) -> None:
        pass

    def close(self) -> None:
        pass


async def main(settings: KafkaSettings, instance: str) -> None:
    """Run until killed."""
    publisher = AsyncPublisher(settings)
    await publisher.start()
    worker = StreamWorker(
        settings, "copy", {EVENTS: lambda p: Copy(settings, publisher, p)}, instance=instance
    )
    await worker.start()
    while not worker.crashed:  # noqa: ASYNC110 - the framework sets no event for it
        await asyncio.sleep(0.2)
    raise SystemExit(1)


if __name__ == "__main__":
    given: Any = sys.argv
    settings = KafkaSettings(kafka=given[1], topic_prefix=given[2], partitions=int(given[3]))
    asyncio.run(main(settings, given[4]))
