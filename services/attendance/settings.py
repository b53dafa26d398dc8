"""ATTENDANCE's settings: HADIR_* as typed values."""

from socket import gethostname

from pydantic import Field

from shared.keeper import PACE
from shared.settings import ApiSettings, KafkaSettings, Key, Seconds, Settings, Words


class GatewaySettings(KafkaSettings):
    """The webhook gateway needs Kafka and Zoom's secrets, nothing else."""

    zoom_secrets: Words = Field(min_length=1, description="Zoom secret tokens, newest first")
    webhook_oldest_seconds: int = 6_000
    webhook_newest_seconds: int = 300
    webhook_max_bytes: int = 1024 * 1024
    gateway_max_waiting_bytes: int = 48 * 1024 * 1024
    gateway_answer_seconds: float = 1.5


class WorkerSettings(Settings):
    """The worker compares identifiers by HMAC and keeps its state in memory."""

    identity_key: Key
    advertised_host: str = Field(
        default="", description="under which the api reaches this worker; default: its HTTP host"
    )

    checkpoint_events: int = Field(
        default=PACE.grown, ge=1,
        description="so many events of a partition, and a tenth of it, are folded again at most",
    )  # fmt: skip

    @property
    def address(self) -> str:
        """Where the api asks for state. A worker that listens everywhere is found by its name."""
        everywhere = self.http_host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        host = self.advertised_host or (gethostname() if everywhere else self.http_host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.http_port}"


class AttendanceApiSettings(ApiSettings):
    """The api verifies check-in codes."""

    code_key: Key
    identity_key: Key
    registration_url: str = Field(
        default="",
        description="registration's address for browsers: enrols walk-ins, applies a rule",
    )


class ZoomAccountSettings(KafkaSettings):
    """A Server-to-Server OAuth app of the account, by which Zoom is called.

    Limits are the account's, shared by all of its apps: leave some to the others.
    """

    zoom_account_id: str = Field(min_length=1)
    zoom_client_id: str = Field(min_length=1)
    zoom_client_secret: str = Field(min_length=1)
    zoom_token_url: str = "https://zoom.us/oauth/token"  # noqa: S105 - an address
    zoom_heavy_per_second: float = Field(default=10.0, gt=0, description="Pro 10, Business+ 40")
    zoom_heavy_per_day: int = Field(default=30_000, ge=1)
    zoom_medium_per_second: float = Field(default=20.0, gt=0)
    zoom_timeout_seconds: float = Field(default=30.0, gt=0)


class ReconcilerSettings(ZoomAccountSettings):
    """The reconciler writes pseudonyms only."""

    identity_key: Key
    report_first_read_seconds: int = Field(default=300, ge=0, description="after a meeting ended")
    report_again: Seconds = Field(
        default=(3600, 21_600), description="seconds after the end at which to look once more"
    )
