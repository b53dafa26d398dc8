"""Reporting's settings: HADIR_* as typed values."""

from shared.settings import ApiSettings, Settings


class WorkerSettings(Settings):
    """The worker needs Kafka and the store."""


class ReportingApiSettings(ApiSettings):
    """`reporting_public`: dashboard and quotas without a token; by default only locally."""

    reporting_public: bool | None = None

    @property
    def public(self) -> bool:
        """Whether anybody may read what holds no personal data."""
        return self.env == "local" if self.reporting_public is None else self.reporting_public
