"""Following several partitions from positions of our own, outside any consumer group (aiokafka)."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition

from shared.log_client import LogClient
from shared.log_reader import Records
from shared.settings import KafkaSettings

GATHER_SECONDS = 0.025
"""Between two calls that reached the ends of the logs: so records come by the handful. Who follows logs
in which nothing happens is answered at the first record, and asks five times a second."""
PARTITION_BYTES = 1024 * 1024
MOST_RECORDS = 500
"""Per call, so that folding them never holds the event loop for long."""
Place = tuple[str, int]


class LogFollower(LogClient):
    """One client; who follows what may change between two calls of `next`."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__(settings, max_partition_fetch_bytes=PARTITION_BYTES, fetch_max_wait_ms=200)
        self._following: frozenset[Place] = frozenset()
        self._not_before = 0.0

    async def next(self, positions: Mapping[Place, int]) -> Sequence[tuple[Place, Records]]:
        """The next records of each place, in order, each from its position on; maybe none.

        Raises:
            aiokafka.errors.KafkaError: not now; ask again.
        """
        if self._following != positions.keys():
            self._client.assign([TopicPartition(*place) for place in positions])
            for place, at in positions.items():
                self._client.seek(TopicPartition(*place), at)
            self._following = frozenset(positions)
        await asyncio.sleep(self._not_before - time.monotonic())
        polled = await self._client.getmany(timeout_ms=200, max_records=MOST_RECORDS)
        found = [((tp.topic, tp.partition), records) for tp, records in polled.items()]
        if found and not any(self.more(place, some[-1].offset + 1) for place, some in found):
            self._not_before = time.monotonic() + GATHER_SECONDS
        return found

    def more(self, place: Place, position: int) -> bool:
        """Whether the log held more beyond `position` when the broker last answered."""
        end = self._client.highwater(TopicPartition(*place))
        return end is not None and end > position

    async def position(self, place: Place) -> int:
        """Where `next` goes on."""
        at: int = await self._client.position(TopicPartition(*place))
        return at
