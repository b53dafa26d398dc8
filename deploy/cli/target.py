"""Which system a command works on: the one that the settings name, else the one that runs here."""

import os
from typing import TypeVar

from deploy.cli.errors import CannotDo
from deploy.local.running import read_card
from deploy.local.secret_file import load_or_make
from deploy.local.settings import local_settings
from shared.settings import PREFIX, KafkaSettings, load

S = TypeVar("S", bound=KafkaSettings)


def kafka_settings() -> KafkaSettings:
    """Those of `settings_of` that every command on topics needs."""
    return settings_of(KafkaSettings)


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
    """From HADIR_*; without HADIR_KAFKA on the system that `hadir up` runs on the data folder, with
    its secrets.

    Raises:
        CannotDo: neither is there.
    """
    if f"{PREFIX}KAFKA" in os.environ:
        return load(kind)
    local = local_settings()
    card = read_card(local.data_dir)
    if card is None:
        raise CannotDo(
            f"The setting HADIR_KAFKA is missing, and no system of `hadir up` runs on"
            f" {local.data_dir}."
        )
    known = {
        **load_or_make(local.data_dir / "secrets.json"),
        **{name: card[name] for name in ("kafka", "redis", "topic_prefix")},
        "partitions": str(local.partitions),
    }
    return load(kind, {**os.environ, **{f"{PREFIX}{k.upper()}": v for k, v in known.items()}})
