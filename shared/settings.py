"""Settings: environment variables `HADIR_*`; each may also come from a file by `HADIR_*_FILE`.

Nothing is read at import. `load(SomeSettings)` reads and checks; a process that misses a setting
ends with one plain sentence and exit code 2.
"""

import base64
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from shared.topics import Topic

PREFIX = "HADIR_"
S = TypeVar("S", bound=BaseSettings)


def _key(value: Any) -> Any:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _words(value: Any) -> Any:
    return (
        tuple(w.strip() for w in value.split(",") if w.strip()) if isinstance(value, str) else value
    )


Key = Annotated[bytes, BeforeValidator(_key), Field(min_length=32)]
"""At least 32 bytes, given in base64."""
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""Comma-separated."""
Seconds = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_words)]
"""Whole numbers, comma-separated."""


class MissingSetting(Exception):
    """A setting is absent or wrong; the text is for the operator."""


class KafkaSettings(BaseSettings):
    """What every process needs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: the environment is read there, at one place."""
        return (init_settings,)

    kafka: str = Field(description="Kafka bootstrap servers, host:port[,host:port]")
    topic_prefix: str = "hadir."
    partitions: int = Field(default=12, ge=1, description="partitions of every keyed topic")
    replication: int = Field(default=1, ge=1)
    env: Literal["local", "production"] = "local"
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    instance: str = Field(default="", description="stable name of this process: static membership")

    def topic(self, topic: Topic) -> str:
        """The topic's full name in this installation."""
        return self.topic_prefix + topic.name

    def dead_letters(self, topic: Topic) -> str:
        """The full name of the topic's dead-letter topic."""
        return self.topic_prefix + topic.dead_letters

    def group(self, name: str) -> str:
        """A consumer group's full name in this installation."""
        return self.topic_prefix + name

    @property
    def source(self) -> str:
        """The CloudEvents source of this installation."""
        return f"urn:{self.topic_prefix.rstrip('.')}"


class Settings(KafkaSettings):
    """Kafka and Redis; processes with an API add `ApiSettings`."""

    redis: str = Field(description="Redis or Valkey URL, redis://host:port/db")


class ApiSettings(Settings):
    """What a process with a protected API needs: an identity provider, or a development token."""

    dev_token: str = ""
    oidc_issuer: str = ""
    oidc_jwks_url: str = ""
    oidc_audience: str = "hadir"


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    merged = dict(environ)
    for name, path in environ.items():
        if name.startswith(PREFIX) and name.endswith("_FILE"):
            try:
                merged[name.removesuffix("_FILE")] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as problem:
                raise MissingSetting(
                    f"{name} names a file that cannot be read: {problem}"
                ) from problem
    return merged


def _sentence(problem: ValidationError) -> str:
    first = problem.errors()[0]
    if not first["loc"]:
        return f"The settings do not fit together: {first['msg']}."
    name = PREFIX + str(first["loc"][0]).upper()
    if first["type"] == "missing":
        return f"The setting {name} is missing."
    return f"The setting {name} is wrong: {first['msg']}."


def load(kind: type[S], environ: Mapping[str, str] | None = None) -> S:
    """The settings of one process.

    Raises:
        MissingSetting: one plain sentence that names what is missing or wrong.
    """
    given = _with_files(os.environ if environ is None else environ)
    values = {k.removeprefix(PREFIX).lower(): v for k, v in given.items() if k.startswith(PREFIX)}
    try:
        return kind.model_validate({k: v for k, v in values.items() if k in kind.model_fields})
    except ValidationError as problem:
        raise MissingSetting(_sentence(problem)) from None


def load_or_exit(kind: type[S]) -> S:
    """Like `load`, but ends the process with exit code 2 and the sentence on stderr."""
    try:
        return load(kind)
    except MissingSetting as sentence:
        stop_with(str(sentence))


def stop_with(sentence: str) -> NoReturn:
    """End the process: it cannot start. Exit code 2."""
    sys.stderr.write(sentence + "\n")
    raise SystemExit(2)
