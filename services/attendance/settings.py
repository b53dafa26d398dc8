"""ATTENDANCE's settings: HADIR_* as typed values."""

from pydantic import Field

from shared.settings import ApiSettings, KafkaSettings, Key, Settings, Words


class GatewaySettings(KafkaSettings):
    """The webhook gateway needs Kafka and Zoom's secrets, nothing else."""

    zoom_secrets: Words = Field(min_length=1, description="Zoom secret tokens, newest first")
    webhook_oldest_seconds: int = 6_000
    webhook_newest_seconds: int = 300
    webhook_max_bytes: int = 1024 * 1024
    gateway_max_waiting_bytes: int = 48 * 1024 * 1024
    gateway_answer_seconds: float = 2.5


class WorkerSettings(Settings):
    """The worker compares identifiers by HMAC and keeps its state in memory."""

    identity_key: Key


class AttendanceApiSettings(ApiSettings):
    """The api verifies check-in codes."""

    code_key: Key
    identity_key: Key
