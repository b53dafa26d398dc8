"""The api process: a board in memory, a tick a second, and the routes."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from kafka.errors import KafkaError
from redis.exceptions import RedisError

from services.reporting import api, dashboard
from services.reporting.board import Board, BoardKeeper
from services.reporting.handlers import SOURCES
from services.reporting.live import LivePages
from services.reporting.marks import ZONE
from services.reporting.settings import ReportingApiSettings
from services.reporting.stores import CounterStore, Floor
from services.reporting.tail import log_ends
from shared.feed import Feed
from shared.http import allowed, build_app, not_ready
from shared.pages import serve_static
from shared.views import connect

log = structlog.get_logger()
TICK_SECONDS = 1.0


def _today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


class Reporting:
    """What the routes answer from."""

    def __init__(
        self,
        settings: ReportingApiSettings,
        store: CounterStore,
        today: Callable[[], date] = _today,
    ) -> None:
        self.settings, self.store, self.today = settings, store, today
        self.board, self.cells = Board(), Feed()
        self.pages = LivePages(self.board, today)
        self.ready, self.recounting = False, True
        self._floor: Floor | None = None

    def readiness(self) -> list[str]:
        """What is missing."""
        return [] if self.ready else ["The quota topic is being read."]

    def require_ready(self) -> None:
        """Raises Problem 503 while the cells are not all read."""
        if not self.ready:
            raise not_ready("The quota cells are being read from their topic.")

    def counters_stand(self, mark: Any) -> bool:
        """Whether the store's counters are as far as has been seen before; needs the broker once."""
        if self._floor is None:
            self._floor = Floor(log_ends(self.settings, SOURCES))
        return self._floor.reached(mark)

    def look(self) -> None:
        """Notice whether the counters are being rebuilt."""
        try:
            self.recounting = not self.counters_stand(self.store.mark())
        except (RedisError, KafkaError) as away:
            log.info("counters_unknown", because=type(away).__name__)
            self.ready, self.recounting = False, True

    async def tick(self) -> None:
        """Once a second, for all viewers together."""
        await asyncio.to_thread(self.look)
        changed = self.board.changes()
        if changed and self.ready:
            self.cells.publish("cells", [event.model_dump(mode="json") for event in changed])
        self.ready = self.board.ready
        self.pages.tick(recounting=self.recounting)

    async def run(self) -> None:
        """Ticks until cancelled; a failure of one is logged and the next is tried."""
        while True:
            try:
                await self.tick()
            except Exception:
                log.exception("tick_failed")
            await asyncio.sleep(TICK_SECONDS)

    def close(self) -> None:
        """End all streams."""
        self.cells.close()
        self.pages.close()


def build(settings: ReportingApiSettings) -> FastAPI:
    """The FastAPI application."""
    reporting = Reporting(settings, CounterStore(settings, connect(settings)))
    keeper = BoardKeeper(settings, reporting.board)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        keeper.start()
        _before_terminating(reporting.close)
        ticking = asyncio.create_task(reporting.run())
        yield
        ticking.cancel()
        await asyncio.to_thread(keeper.stop)

    app = build_app(
        "reporting", settings, reporting.readiness, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.reporting = reporting
    readers = [] if settings.public else [allowed()]
    app.include_router(api.quotas, dependencies=readers)
    app.include_router(api.webinars, dependencies=[allowed()])
    app.include_router(dashboard.router, dependencies=readers)
    serve_static(app, Path(__file__).with_name("static"))
    return app


def _before_terminating(close: Callable[[], None]) -> None:
    """End the streams at SIGTERM: the server waits for open answers before it stops the app."""
    if threading.current_thread() is not threading.main_thread():
        return  # under a test's server there are no signals
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        servers_own = signal.getsignal(signum)

        def both(number: int, frame: Any, servers_own: Any = servers_own) -> None:
            loop.call_soon_threadsafe(close)
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(signum, both)
