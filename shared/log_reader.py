"""Reading a stretch of a partition by offset, outside any consumer group (aiokafka)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.settings import KafkaSettings

FETCH_BYTES = 8 * 1024 * 1024
Records = list["ConsumerRecord[bytes | None, bytes | None]"]


class LogReader:
    """One client that reads any stretch of any partition, one stretch at a time."""

    def __init__(self, settings: KafkaSettings, group: str | None = None) -> None:
        """`group` – only to ask for that group's committed offsets; it is never joined."""
        self._settings, self._group = settings, group
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=50,
        )
        await self._consumer.start()

    async def stop(self) -> None:
        """Close."""
        if self._consumer is not None:
            await self._consumer.stop()

    @property
    def _client(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("the log reader was not started")
        return self._consumer

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
