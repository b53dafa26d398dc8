"""A client that reads logs outside any consumer group, and commits nothing (aiokafka)."""

from typing import Any

from aiokafka import AIOKafkaConsumer

from shared.settings import KafkaSettings


class LogClient:
    """Connected by `start`, closed by `stop`; what reads with it says how it fetches."""

    def __init__(self, settings: KafkaSettings, group: str | None = None, **fetching: Any) -> None:
        """`group` – only to ask for that group's committed offsets; it is never joined."""
        self._settings, self._group, self._fetching = settings, group, fetching
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Connect."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **self._fetching,
        )
        await self._consumer.start()

    async def stop(self) -> None:
        """Close."""
        if self._consumer is not None:
            await self._consumer.stop()

    @property
    def _client(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError(f"{type(self).__name__} was not started")
        return self._consumer
