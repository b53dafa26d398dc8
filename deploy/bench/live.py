"""The live view (rule V1): from a webhook to the figure on the stream, at 1,000 events a second.

The time is taken from the first second at which rule V1 lets a person be shown (the second of the
join that Zoom says, and three more), or from the sending where that is later, to the message on
the stream that counts them.
"""

import asyncio
import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from deploy.bench.measure import Row
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from deploy.simulator.http_client import Connection
from deploy.simulator.now import WebinarNow
from deploy.simulator.system import Addresses, System

RATE, CONNECTIONS, LAG = 1_000, 64, 3
PATIENCE = 30.0


class Follower:
    """The stream of a webinar: (when it came, how many are in)."""

    def __init__(self, at: Addresses, webinar_id: str) -> None:
        self.seen: list[tuple[float, int]] = []
        self._url = f"{at.attendance}/v1/webinars/{webinar_id}/live/stream"
        self._headers = {"authorization": f"Bearer {at.token}"}
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        with (
            contextlib.suppress(httpx.TransportError),
            httpx.stream(  # it ends with the system
                "GET", self._url, headers=self._headers, timeout=60
            ) as events,
        ):
            for line in events.iter_lines():
                if line.startswith("data: "):
                    self.seen.append((time.time(), json.loads(line[6:])["in"]))


def run(*, seconds: int, say: Callable[[str], None]) -> list[Row]:
    """Joins of as many people as there are events; p50 and p99 of the delay, in ms."""
    people = RATE * seconds
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(LocalSettings(data_dir=Path(folder), port_base=0)) as stack,
    ):
        at = Addresses.of(stack.describe())
        system = System(at)
        webinar = WebinarNow(system, people, tag="bench", number="99900011122")
        _quiet(system, webinar.webinar_id, people)
        follower = Follower(at, webinar.webinar_id)
        joined, sent = asyncio.run(_send(webinar, at.gateway, people))
        until = time.monotonic() + PATIENCE
        while follower.seen[-1][1] < people and time.monotonic() < until:
            time.sleep(0.1)
    delays = _delays(joined, sent, follower.seen)
    rate = people / (max(sent) - min(sent))
    p50, p99 = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
    say(
        f"live: {len(delays)} of {people} shown, sent at {rate:,.0f}/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )
    return [
        Row("live_p50_ms", p50, None, "ms"),
        Row("live_p99_ms", p99, None, "ms"),
        Row("live_rate", rate, None, "events/s"),
        Row("live_shown", len(delays), people, "people"),
    ]


def _quiet(system: System, webinar_id: str, people: int) -> None:
    """Until everybody's enrolment has been read: its cost is not what is measured."""
    until = time.monotonic() + 4 * PATIENCE
    while time.monotonic() < until:
        found = system.progress(webinar_id)
        if found["enrolled"] == people and not found["lag"]:
            return
        time.sleep(0.5)


async def _send(webinar: WebinarNow, gateway: str, people: int) -> tuple[list[float], list[float]]:
    """When each person joined, at an even pace, and when that was sent."""
    began, turn, sent = time.time() + people / 2_000, iter(range(people)), [0.0] * people
    bodies = [webinar.event("joined", n, began + n / RATE) for n in range(people)]
    signed = [webinar.signed(body) for body in bodies]  # the sender is not what is measured

    async def worker() -> None:
        connection = Connection(gateway)
        for n in turn:
            await asyncio.sleep(max(0.0, began + n / RATE - time.time()))
            sent[n] = time.time()
            answer = await connection.post("/v1/zoom/webhooks", signed[n], bodies[n])
            if answer.status != 200:
                raise RuntimeError(f"the gateway answered {answer.status}")
        connection.close()

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return [began + n / RATE for n in range(people)], sent


def _delays(joined: list[float], sent: list[float], seen: list[tuple[float, int]]) -> list[float]:
    """Milliseconds, in order; only of those who were shown."""
    due = sorted(max(at, int(join) + LAG) for join, at in zip(joined, sent, strict=True))
    delays: list[float] = []
    shown = iter(sorted(seen))
    when, count = next(shown)
    for place, earliest in enumerate(due, 1):
        while count < place:
            following = next(shown, None)
            if following is None:
                return sorted(delays)
            when, count = following
        delays.append(1000 * max(0.0, when - earliest))
    return sorted(delays)
