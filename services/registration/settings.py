"""REGISTRATION's settings: HADIR_* as typed values."""

from pydantic import Field

from shared.settings import ApiSettings, Key, Settings, Words

MIB = 1024 * 1024


class RegistrationApiSettings(ApiSettings):
    """The api seals personal data, and pseudonymises what others compare."""

    kek: Key
    identity_key: Key
    import_max_bytes: int = Field(default=32 * MIB, ge=1, description="largest file of one import")
    door_origins: Words = Field(
        default=(), description="origins of door pages, scheme://host[:port]: may enrol walk-ins"
    )
    import_rows_at_once: int = Field(
        default=10_000, ge=0, description="imports of more rows than this run in the background"
    )


class RegistrationWorkerSettings(Settings):
    """The worker keeps the view; `instance` (stable over restarts) speeds up its return."""

    instance: str = ""
