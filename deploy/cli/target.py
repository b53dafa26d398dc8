"""Which system a command works on: the one that the settings name, else the one that runs here."""

import os
from typing import TypeVar

from deploy.cli.errors import CannotDo
from deploy.local.running import read_card
from deploy.local.settings import local_settings
from shared.settings import PREFIX, KafkaSettings, Settings, load

S = TypeVar("S", bound=KafkaSettings)


def kafka_settings() -> KafkaSettings:
    """HADIR_KAFKA and what belongs to it, else those of the system that runs on the data folder.

    Raises:
        CannotDo: neither is there.
    """
    return _from(KafkaSettings)


def full_settings() -> Settings:
    """The same with HADIR_REDIS.

    Raises:
        CannotDo: neither is there.
    """
    return _from(Settings)


def running() -> dict[str, str]:
    """Addresses, secret and token of the system that runs on the data folder.

    Raises:
        CannotDo: none does.
    """
    card = read_card(local_settings().data_dir)
    if card is None:
        raise CannotDo("No system of `hadir up` runs here: give its addresses and a token.")
    return {name: card[name] for name in ("attendance", "gateway", "token", "zoom_secret")}


def settings_of(kind: type[S]) -> S:
    """Settings of some other kind, on the same system."""
    return _from(kind)


def _from(kind: type[S]) -> S:
    if f"{PREFIX}KAFKA" in os.environ:
        return load(kind)
    local = local_settings()
    card = read_card(local.data_dir)
    if card is None:
        raise CannotDo(
            f"The setting HADIR_KAFKA is missing, and no system of `hadir up` runs on"
            f" {local.data_dir}."
        )
    running = {f"{PREFIX}{name.upper()}": card[name] for name in ("kafka", "redis", "topic_prefix")}
    return load(kind, {**os.environ, **running})
