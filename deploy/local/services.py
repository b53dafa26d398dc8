"""The nine service processes, their ports and the environment that they are started with."""

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from deploy.local.ports import HOST
from deploy.local.settings import LocalSettings


class Service(NamedTuple):
    """`python -m services.<name> <process>`; `port` counts from the base."""

    name: str
    process: str
    port: int

    @property
    def label(self) -> str:
        """How people and logs call it."""
        return f"{self.name}-{self.process}"

    @property
    def command(self) -> list[str]:
        """Its command line."""
        return [sys.executable, "-P", "-m", f"services.{self.name}", self.process]


SERVICES = (
    Service("attendance", "gateway", 1),
    Service("registration", "api", 2),
    Service("attendance", "api", 3),
    Service("certificates", "api", 4),
    Service("reporting", "api", 5),
    Service("registration", "worker", 12),
    Service("attendance", "worker", 13),
    Service("certificates", "worker", 14),
    Service("reporting", "worker", 15),
)
RECONCILER = Service("attendance", "reconciler", 16)
"""Runs only where a Zoom account is configured: it has nothing to do without one."""
BY_LABEL = {service.label: service for service in (*SERVICES, RECONCILER)}
ZOOM_ACCOUNT = ("zoom_account_id", "zoom_client_id", "zoom_client_secret")


def default_services(extra: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The labels of what runs here: the reconciler too, where an account is configured."""
    configured = all(
        extra.get(name)
        or environ.get(f"HADIR_{name.upper()}")
        or environ.get(f"HADIR_{name.upper()}_FILE")
        for name in ZOOM_ACCOUNT
    )
    return tuple(s.label for s in SERVICES) + ((RECONCILER.label,) if configured else ())


def environment(
    service: Service,
    *,
    settings: LocalSettings,
    addresses: Mapping[str, str],
    secrets: Mapping[str, str],
    extra: Mapping[str, str],
) -> dict[str, str]:
    """What the process is started with; our own environment shines through below it.

    `addresses`: kafka, redis, public_url, what the door page needs. `extra`: more settings, without prefix.
    """
    own = {
        **addresses,
        **secrets,
        "topic_prefix": settings.topic_prefix,
        "partitions": str(settings.partitions),
        "http_host": HOST,
        "env": "local",
        "instance": service.label,  # static membership: a restarted process keeps its partitions
        "data_dir": str(settings.data_dir.resolve() / service.name),
        **extra,
    }
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        **{f"HADIR_{name.upper()}": value for name, value in own.items()},
    }
