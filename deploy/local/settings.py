"""Settings of the local system: the same HADIR_* names, here with defaults for one machine."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import PREFIX, load


class LocalSettings(BaseSettings):
    """Where the local system lives and what it brings itself."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data_dir: Path = Path("var")
    kafka: str = Field(default="", description="a broker of yours, instead of one of our own")
    redis: str = Field(default="", description="a store of yours, instead of one of our own")
    topic_prefix: str = "hadir."
    partitions: int = Field(default=12, ge=1)
    native: bool = Field(default=False, description="run the compiled build (deploy/native)")
    port_base: int = Field(
        default=8000, ge=0, le=65_000, description="ports are base + 1 …; 0 takes free ones"
    )


def local_settings() -> LocalSettings:
    """From the environment.

    Raises:
        shared.settings.MissingSetting: a value is wrong.
    """
    return load(LocalSettings)
