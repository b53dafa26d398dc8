"""Reading a stretch of a partition by offset, outside any consumer group (aiokafka)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import ConsumerRecord, TopicPartition

from shared.log_client import LogClient
from shared.settings import KafkaSettings

FETCH_BYTES = 8 * 1024 * 1024
WAIT_MS = 1
"""So long the broker waits for what is not there yet. What is read is there; but behind its end the
client asks once more, and the next stretch would be answered only after that."""
RETRY_MS = 20
"""The client waits so long once for each topic that it hears of for the first time."""
Records = list["ConsumerRecord[bytes | None, bytes | None]"]


class LogReader(LogClient):
    """One client that reads any stretch of any partition, one stretch at a time."""

    def __init__(
        self, settings: KafkaSettings, group: str | None = None, *, check_crcs: bool = True
    ) -> None:
        """`check_crcs`: not where what is read has a checksum of its own."""
        super().__init__(settings, group, max_partition_fetch_bytes=FETCH_BYTES,
                         fetch_max_wait_ms=WAIT_MS, retry_backoff_ms=RETRY_MS,
                         check_crcs=check_crcs)  # fmt: skip
        self._lock = asyncio.Lock()

    async def ends(self, places: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """The next offset to be written of each (topic, partition)."""
        found = await self._client.end_offsets([TopicPartition(*p) for p in places])
        return {(tp.topic, tp.partition): at for tp, at in found.items()}

    async def begins(self, places: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """The oldest kept offset of each (topic, partition)."""
        found = await self._client.beginning_offsets([TopicPartition(*p) for p in places])
        return {(tp.topic, tp.partition): at for tp, at in found.items()}

    async def committed(self, topic: str, partition: int) -> int:
        """What the group has committed there; 0 for nothing."""
        return await self._client.committed(TopicPartition(topic, partition)) or 0

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[Records]:
        """The records with start <= offset < end, in chunks. Compaction may leave offsets out."""
        if start >= end:
            return
        place = TopicPartition(topic, partition)
        async with self._lock:
            self._client.assign([place])
            self._client.seek(place, start)
            try:
                while await self._client.position(place) < end:
                    found = await self._client.getmany(place, timeout_ms=200, max_records=5_000)
                    records = [r for r in found.get(place, []) if r.offset < end]
                    if records:
                        yield records
            finally:
                self._client.pause(place)  # else it goes on asking for what comes behind `end`
