"""The attendance api over stages in memory: its routes, pages and questions, without a broker."""

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from types import SimpleNamespace
from typing import Any

import uvicorn

from deploy.bench.measure import wait_http
from deploy.local.ports import free_ports
from services.attendance.live_pages import LiveStreams
from services.attendance.live_store import Live
from services.attendance.pages import sign_in
from services.attendance.pages.render import serve_static
from services.attendance.routes import attendance, live, rule, rule_page, why
from services.attendance.settings import AttendanceApiSettings
from services.attendance.state_client import WorkerStates
from shared.events.registration import EnrolledV1, WebinarSetV1
from shared.http import build_app
from tests.support.pipeline import KEY
from tests.support.workers import Stages

TOKEN = "a-development-token"
SETTINGS = AttendanceApiSettings(
    kafka="127.0.0.1:1", redis="redis://127.0.0.1:1", dev_token=TOKEN, identity_key=KEY,
    code_key=KEY, partitions=4,
)  # fmt: skip


class MemoryView:
    """The api's view: what registration said, and what the stages published."""

    def __init__(self, stages: Stages, webinars: Iterable[WebinarSetV1],
                 enrolments: Iterable[EnrolledV1]) -> None:  # fmt: skip
        self.view = SimpleNamespace(ready=lambda: True)
        self._stages = stages
        self._webinars = {w.webinar_id: w.model_dump(mode="json") for w in webinars}
        self._people = {(e.webinar_id, e.participant_id): e for e in enrolments}

    def webinar(self, webinar_id: str) -> Any:
        return self._webinars.get(webinar_id)

    def enrolled(self, webinar_id: str, people: Iterable[str]) -> dict[str, list[str]]:
        known = {p: self._people.get((webinar_id, p)) for p in people}
        return {p: [e.external_id, e.status, e.region_code, e.mode] for p, e in known.items() if e}

    def people(self, webinar_id: str, after: str, limit: int) -> list[str]:
        ids = sorted(p for w, p in self._people if w == webinar_id and p > after)
        return ids[:limit]

    def decisions(self, webinar_id: str, people: Iterable[str]) -> dict[str, Any]:
        found = self._stages.topic.decisions()
        return {p: found[p] for p in people if p in found}

    def certificate_statuses(self, webinar_id: str, people: Iterable[str]) -> dict[str, str]:
        return {}


class Addresses:
    """All partitions at one worker."""

    def __init__(self, address: str) -> None:
        self._address = address

    def addresses(self) -> dict[int, str]:
        return dict.fromkeys(range(SETTINGS.partitions), self._address) if self._address else {}


class MemoryLive:
    """What workers said last, set by the test."""

    def __init__(self) -> None:
        counts = {"15": [1200, 300, 950], "31": [421, 0, 421], "34": [77, 70, 9], "": [2, 0, 2]}
        hour = [min(1700, 40 * n) for n in range(61)]
        self.live = Live(int(time.time()) - 3, {**counts, "~": [6, 0, 6]}, hour, stale=False)

    def read(self, webinar_id: str) -> Live:
        return self.live


class NoScans:
    """Nobody was scanned at a door."""

    def of(self, webinar_id: str, people: Iterable[str]) -> list[Any]:
        return []

    def all(self, webinar_id: str) -> list[Any]:
        return []


class Audit:
    """What was written before somebody was answered."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    async def publish(self, events: Iterable[Any]) -> list[Any]:
        self.said += events
        return []


def app_over(view: MemoryView, address: str) -> Any:
    """The application; `address`: where the stages answer ('' = nowhere)."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        yield
        app.state.live.close()
        await app.state.states.close()

    app = build_app("attendance", SETTINGS, list, lifespan=lifespan)
    app.state.settings, app.state.view = SETTINGS, view
    app.state.states = WorkerStates(KEY, SETTINGS.partitions, Addresses(address))
    app.state.publisher, app.state.own_pages = Audit(), {}
    app.state.check_ins = SimpleNamespace(memory=NoScans())
    app.state.live = LiveStreams(MemoryLive())
    for routes in (attendance, why, live, rule, rule_page, sign_in):
        app.include_router(routes.router)
    serve_static(app)
    return app


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application on a port of its own, for a browser."""
    (port,) = free_ports(1)
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=1)
    )
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    wait_http(f"http://127.0.0.1:{port}/livez")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
