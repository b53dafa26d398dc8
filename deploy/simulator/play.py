"""The player: sends a webinar's webhooks to a gateway and its scans to the check-ins API.

It behaves as Zoom does: 200 is done, 5xx and lost connections are sent again later, any other
answer is final. Only the times between two tries are shorter.
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from deploy.simulator import zoom
from deploy.simulator.http_client import Answer, Connection
from deploy.simulator.latencies import Latencies
from deploy.simulator.stream import Scan, Webhook

WEBHOOKS_PATH = "/v1/zoom/webhooks"
SCANS_AT_ONCE = 200


@dataclass(frozen=True)
class Target:
    """Where to send. Without `attendance` scans are left out."""

    gateway: str
    zoom_secret: str
    attendance: str = ""
    token: str = ""
    webinar_id: str = ""
    webhooks_path: str = WEBHOOKS_PATH


@dataclass(frozen=True)
class Pace:
    """How to send: `rate` webhooks a second (0: as fast as it goes), over so many connections."""

    rate: float = 0.0
    connections: int = 48
    retries: tuple[float, ...] = (0.5, 1, 2, 5, 10, 20, 30)
    """Seconds before each further try; after the last one the delivery is dropped, as by Zoom."""
    timeout: float = 10.0
    limit: int = 0
    """Stop after so many webhooks; 0: all."""
    seconds: float = 0.0
    """Stop after so many seconds; 0: never."""


@dataclass(frozen=True)
class PlayReport:
    """What was sent and how it was answered; latencies in milliseconds."""

    webhooks_sent: int
    webhooks_accepted: int
    duplicates_sent: int
    retries: int
    dropped: int
    refused: dict[int, int]
    scans_sent: int
    scans_accepted: int
    scans_otherwise: dict[str, int]
    seconds: float
    p50: float
    p95: float
    p99: float

    @property
    def complete(self) -> bool:
        """Everything that was sent was accepted."""
        webhooks = self.webhooks_accepted == self.webhooks_sent
        return webhooks and self.scans_accepted == self.scans_sent


Observer = Callable[[int, int], None]
"""Called with how many webhooks and scans have been answered so far."""


@dataclass
class Player:
    """Plays one stream of arrivals, once."""

    target: Target
    pace: Pace = field(default_factory=Pace)
    observer: Observer | None = None

    def __post_init__(self) -> None:
        self._secret = self.target.zoom_secret.encode()
        self._latencies = Latencies()
        self._waiting: list[tuple[float, int, int, Webhook]] = []
        self._sent = self._accepted = self._repeats = self._retried = self._dropped = 0
        self._refused: dict[int, int] = {}
        self._scans: list[Scan] = []
        self._scan_results: dict[str, int] = {}
        self._scans_sent = 0
        self._in_flight = 0
        self._tries = 0

    async def play(self, items: Iterable[Webhook | Scan]) -> PlayReport:
        """Sends everything and waits until every delivery is accepted, refused or dropped."""
        self._begun = time.monotonic()
        self._items: Iterator[Webhook | Scan] | None = iter(items)
        self._batches: asyncio.Queue[list[Scan] | None] = asyncio.Queue(4)
        size = self.pace.connections
        connections = [Connection(self.target.gateway, self.pace.timeout) for _ in range(size)]
        watchdog = asyncio.create_task(self._watch(connections))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._door())
                senders = [group.create_task(self._send(c)) for c in connections]
                await asyncio.wait(senders)
                await self._hand_over()
                await self._batches.put(None)
        finally:
            watchdog.cancel()
            for connection in connections:
                connection.close()
        return self._report()

    async def _watch(self, connections: list[Connection]) -> None:
        while True:
            await asyncio.sleep(0.5)
            for connection in connections:
                connection.expire(time.monotonic())
            if self.observer is not None:
                self.observer(self._accepted + sum(self._refused.values()), self._scans_sent)

    async def _send(self, connection: Connection) -> None:
        while True:
            due = await self._next()
            if due is None:
                return
            tries, webhook = due
            self._in_flight += 1
            try:
                await self._deliver(connection, tries, webhook)
            finally:
                self._in_flight -= 1

    async def _next(self) -> tuple[int, Webhook] | None:
        """The next try that is due, else the next new webhook; None when all is done."""
        while True:
            if self._over():
                self._dropped += len(self._waiting)
                self._waiting.clear()
            if self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, tries, webhook = heapq.heappop(self._waiting)
                return tries, webhook
            item = self._new()
            if isinstance(item, Webhook):
                self._sent += 1
                self._repeats += item.repeat
                await self._keep_pace()
                return 0, item
            if isinstance(item, Scan):
                await self._collect(item)
            elif self._waiting or self._in_flight:
                await asyncio.sleep(0.02)
            else:
                return None

    def _new(self) -> Webhook | Scan | None:
        if (
            self._items is None
            or self._over()
            or (self.pace.limit and self._sent >= self.pace.limit)
        ):
            self._items = None
            return None
        item = next(self._items, None)
        if item is None:
            self._items = None
        return item

    def _over(self) -> bool:
        return 0 < self.pace.seconds < time.monotonic() - self._begun

    async def _keep_pace(self) -> None:
        if self.pace.rate:
            ahead = self._begun + self._sent / self.pace.rate - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)

    async def _deliver(self, connection: Connection, tries: int, webhook: Webhook) -> None:
        begun = time.monotonic()
        headers = zoom.headers(self._secret, int(time.time()), webhook.request_id, webhook.body)
        try:
            answer = await connection.post(self.target.webhooks_path, headers, webhook.body)
        except OSError:
            self._again(tries, webhook, 0.0)
            return
        self._latencies.add(time.monotonic() - begun)
        if answer.status in (200, 204):
            self._accepted += 1
        elif answer.status >= 500:
            self._again(tries, webhook, answer.retry_after)
        else:
            self._refused[answer.status] = self._refused.get(answer.status, 0) + 1

    def _again(self, tries: int, webhook: Webhook, retry_after: float) -> None:
        if tries >= len(self.pace.retries):
            self._dropped += 1
            return
        self._retried += 1
        self._tries += 1
        due = time.monotonic() + max(self.pace.retries[tries], retry_after)
        heapq.heappush(self._waiting, (due, self._tries, tries + 1, webhook))

    async def _collect(self, scan: Scan) -> None:
        if self.target.attendance:
            self._scans.append(scan)
            if len(self._scans) >= SCANS_AT_ONCE:
                await self._hand_over()

    async def _hand_over(self) -> None:
        batch, self._scans = self._scans, []
        if batch:
            await self._batches.put(batch)

    async def _door(self) -> None:
        """Posts the scans, batch by batch."""
        if not self.target.attendance:
            return
        connection = Connection(self.target.attendance, 30.0)
        while (batch := await self._batches.get()) is not None:
            self._scans_sent += len(batch)
            answer = await self._post_scans(connection, batch)
            self._count_scans(answer)
        connection.close()

    async def _post_scans(self, connection: Connection, batch: list[Scan]) -> Answer:
        path = f"/v1/webinars/{self.target.webinar_id}/check-ins"
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.target.token}",
        }
        answer = Answer(0, b"not reached", 0.0)
        for pause in (*self.pace.retries, 0.0):
            try:
                answer = await connection.post(path, headers, _scans_body(batch))
            except OSError as lost:
                answer = Answer(0, str(lost).encode(), 0.0)
            if 0 < answer.status < 500:
                break
            await asyncio.sleep(max(pause, answer.retry_after))
        return answer

    def _count_scans(self, answer: Answer) -> None:
        if answer.status == 200:
            found = [result["status"] for result in orjson.loads(answer.body)["results"]]
        else:
            found = [f"HTTP {answer.status}"]
        for status in found:
            self._scan_results[status] = self._scan_results.get(status, 0) + 1

    def _report(self) -> PlayReport:
        fine = {"accepted", "duplicate"}
        return PlayReport(
            webhooks_sent=self._sent,
            webhooks_accepted=self._accepted,
            duplicates_sent=self._repeats,
            retries=self._retried,
            dropped=self._dropped,
            refused=dict(self._refused),
            scans_sent=self._scans_sent,
            scans_accepted=sum(n for s, n in self._scan_results.items() if s in fine),
            scans_otherwise={s: n for s, n in self._scan_results.items() if s not in fine},
            seconds=time.monotonic() - self._begun,
            p50=self._latencies.percentile(0.50),
            p95=self._latencies.percentile(0.95),
            p99=self._latencies.percentile(0.99),
        )


def _scans_body(batch: list[Scan]) -> bytes:
    rows: list[dict[str, Any]] = [
        {name: value for name, value in scan._asdict().items() if name != "at_ms"} for scan in batch
    ]
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return orjson.dumps({"scans": rows, "scanner": {"id": "pintu-1", "clock_now": now}})
