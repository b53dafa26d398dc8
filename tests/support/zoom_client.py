"""A client with a clock of its own, against the tests' Zoom."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from services.attendance.reconcile.limits import Bucket
from services.attendance.reconcile.zoom_client import (
    Credentials,
    ZoomClient,
)
from tests.support.reports import Stay
from tests.support.zoom_api import ACCOUNT, CLIENT, SECRET, ZoomApi

T = 1_770_000_000
UUID = "/ab//c+d=="


class Time:
    """A clock that only sleeping moves; it remembers each sleep."""

    def __init__(self) -> None:
        self.now, self.slept = float(T), list[float]()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def stays(count: int, uuid: str = UUID) -> list[Stay]:
    return [
        Stay(uuid, "932", str(16_778_240 + n * 1024), T + n, T + 3600, f"reg{n}", f"p{n}@x.example")
        for n in range(count)
    ]


def ask(zoom: ZoomApi, what: Callable[[ZoomClient], Coroutine[Any, Any, Any]],
        time_: Time | None = None, per_second: float = 1000.0, secret: str = SECRET,
        per_day: int = 1000) -> Any:  # fmt: skip
    """One client's work, to its end."""
    watch = time_ or Time()

    async def run() -> Any:
        async with httpx.AsyncClient(timeout=0.3, trust_env=False) as http:
            who = Credentials(ACCOUNT, CLIENT, secret, f"{zoom.url}/oauth/token")
            heavy = Bucket(per_second, per_day, watch.clock, watch.sleep)
            client = ZoomClient(who, http, heavy, heavy, clock=watch.clock, sleep=watch.sleep)
            return await what(client)

    return asyncio.run(run())


def page(client: ZoomClient) -> Coroutine[Any, Any, Any]:
    return client.report_page("webinar", UUID)
