"""Following several partitions from positions of our own, outside any consumer group (aiokafka)."""

from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition

from shared.log_client import LogClient
from shared.log_reader import Records
from shared.settings import KafkaSettings

FETCH_WAIT_MS = 25
"""How long the broker gathers before it answers a fetch: so records come by the handful, and each
hop adds so much at most."""
FETCH_AT_ONCE = 64 * 1024
"""Bytes for which it does not wait: behind its log a follower reads without a pause."""
PARTITION_BYTES = 1024 * 1024
MOST_RECORDS = 500
"""Per call, so that folding them never holds the event loop for long."""
Place = tuple[str, int]


class LogFollower(LogClient):
    """One client; who follows what may change between two calls of `next`."""

    def __init__(self, settings: KafkaSettings) -> None:
        super().__init__(
            settings, max_partition_fetch_bytes=PARTITION_BYTES, fetch_min_bytes=FETCH_AT_ONCE,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )  # fmt: skip
        self._following: frozenset[Place] = frozenset()

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
        found = await self._client.getmany(timeout_ms=200, max_records=MOST_RECORDS)
        return [((tp.topic, tp.partition), records) for tp, records in found.items()]

    def more(self, place: Place, position: int) -> bool:
        """Whether the log held more beyond `position` when the broker last answered."""
        end = self._client.highwater(TopicPartition(*place))
        return end is not None and end > position

    async def position(self, place: Place) -> int:
        """Where `next` goes on."""
        at: int = await self._client.position(TopicPartition(*place))
        return at
