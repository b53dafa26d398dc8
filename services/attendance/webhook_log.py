"""The gateway's end of the webhooks topic: one idempotent producer, acks=all."""

from aiokafka import AIOKafkaProducer

from services.attendance.group_commit import HEADERS
from services.attendance.settings import GatewaySettings
from shared.dead_letters import dead_letter_headers
from shared.envelope import Headers
from shared.topics import WEBHOOKS


class WebhookLog:
    """Appends batch records; buries signed garbage."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._topic = settings.topic(WEBHOOKS)
        self._graves = settings.dead_letters(WEBHOOKS)
        self._producer: AIOKafkaProducer | None = None
        self._bootstrap = settings.kafka
        self.connected = False

    async def start(self) -> None:
        """Connect.

        Raises:
            aiokafka.errors.KafkaConnectionError: no broker answers.
        """
        # no linger: the group commit gathers. An idempotent producer repeats a record until it is
        # written, however long the broker is away: the first to be answered tells that it is back.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=True, linger_ms=0,
            max_batch_size=1024 * 1024, max_request_size=4 * 1024 * 1024, request_timeout_ms=10_000,
        )  # fmt: skip
        await self._producer.start()
        self.connected = True

    async def stop(self) -> None:
        """Flush and close."""
        self.connected = False
        if self._producer is not None:
            await self._producer.stop()

    async def append(self, partition: int, value: bytes) -> None:
        """One record of frames; returns when the broker has it."""
        await self._send(self._topic, value, HEADERS, partition)

    async def bury(self, body: bytes, headers: Headers, reason: str) -> None:
        """A signed body that is no webhook, to the dead letters."""
        where = dead_letter_headers("http", 0, 0, reason)
        await self._send(self._graves, body, [*headers, *where], 0)

    async def _send(self, topic: str, value: bytes, headers: Headers, partition: int) -> None:
        if self._producer is None:
            raise RuntimeError("the webhook log was not started")
        await (await self._producer.send(topic, value, partition=partition, headers=headers))
