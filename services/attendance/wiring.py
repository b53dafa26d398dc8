"""Wiring of attendance: what each process is made of. Every part can be replaced by a keyword."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from shared import telemetry
from shared.memory import collect_rarely, ready_for_crowds
from shared.provision import require
from shared.settings import load_or_exit
from shared.topics import (
    CERTIFICATES,
    DECISIONS,
    DIFFERENCES,
    ENROLMENTS,
    EVENTS,
    REPORTS,
    REVIEWS,
    RULINGS,
    WEBHOOKS,
    WEBINARS,
)


def run_gateway() -> None:
    """The webhook gateway."""
    from services.attendance.settings import GatewaySettings
    from services.attendance.webhook_protocol import WebhookProtocol
    from shared.serving import serve

    telemetry.configure("attendance.gateway")
    settings = load_or_exit(GatewaySettings)
    require(settings, (WEBHOOKS,))
    gateway = build_gateway(settings)
    collect_rarely(50_000)
    # when everybody leaves, thousands of connections may come at once
    serve(gateway, settings, at_once=64, backlog=4096, proxy_headers=False,
          http=partial(WebhookProtocol, gateway))  # fmt: skip


def build_gateway(settings: Any) -> Any:
    """The ASGI application: Zoom's route before, FastAPI behind."""
    from services.attendance.gateway import Gateway, document
    from services.attendance.group_commit import GroupCommit
    from services.attendance.webhook_log import WebhookLog
    from shared.http import build_app

    log = WebhookLog(settings)
    commit = GroupCommit(log.append, max_waiting=settings.gateway_max_waiting_bytes,
                         answer_within=settings.gateway_answer_seconds)  # fmt: skip

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        await log.start()
        yield
        await commit.drained()
        await log.stop()

    def readiness() -> list[str]:
        return (
            []
            if log.connected and not commit.stands_still
            else ["Kafka does not take records at the moment."]
        )

    rest = build_app("attendance gateway", settings, readiness, lifespan=lifespan)
    document(rest)
    return Gateway(settings, commit, log.bury, rest)


def run_api() -> None:
    """The attendance api, with the projector of its view in a thread."""
    from services.attendance import stores
    from services.attendance.settings import AttendanceApiSettings
    from shared.serving import serve

    telemetry.configure("attendance.api")
    settings = load_or_exit(AttendanceApiSettings)
    require(settings, (*stores.TOPICS, EVENTS))
    serve(build_api(settings), settings)


def build_api(settings: Any) -> Any:
    """The FastAPI application."""
    from services.attendance import stores
    from shared.http import build_app
    from shared.projector import Projector
    from shared.publish import AsyncPublisher

    view, publisher, stop = (
        stores.AttendanceView(settings),
        AsyncPublisher(settings),
        threading.Event(),
    )

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        await publisher.start()
        projector = Projector(settings, view.view, stores.TOPICS, stores.project(view.view),
                              instance=settings.instance, parse=stores.parse_needed)  # fmt: skip
        thread = threading.Thread(target=projector.run, args=(stop,), name="projector", daemon=True)
        thread.start()
        yield
        stop.set()
        app.state.live.close()
        await asyncio.to_thread(thread.join, 5)
        await app.state.states.close()
        await publisher.stop()

    def readiness() -> list[str]:
        return (
            [] if view.view.ready() else ["The attendance view is being rebuilt from the topics."]
        )

    app = build_app("attendance", settings, readiness, lifespan=lifespan)
    _share(app.state, settings, view, publisher)
    _add_routes(app)
    return app


def _add_routes(app: Any) -> None:
    from services.attendance.pages.render import serve_static
    from services.attendance.routes.every import ROUTES

    for routes in ROUTES:
        app.include_router(routes.router)
    serve_static(app)


def _share(state: Any, settings: Any, view: Any, publisher: Any) -> None:
    """What the routes find in `app.state`."""
    from services.attendance.check_in import CheckIns
    from services.attendance.live_pages import LiveStreams
    from services.attendance.live_store import LiveStore
    from services.attendance.operators import Operators
    from services.attendance.progress import LogEnds
    from services.attendance.record_writer import RecordWriter
    from services.attendance.state_client import WorkerStates
    from services.attendance.stores import WorkerProgress

    progress = WorkerProgress(settings, view.view.client)
    state.settings, state.view, state.worker_progress = settings, view, progress
    state.check_ins = CheckIns(settings.code_key, view, publisher)
    state.states = WorkerStates(settings.identity_key, settings.partitions, progress)
    state.ends = LogEnds(settings)
    state.live = LiveStreams(LiveStore(settings, view.view.client))
    state.publisher, state.own_pages = publisher, {}
    state.operators = Operators(view, publisher)
    state.events_writer = RecordWriter(settings, EVENTS, publisher)


def run_worker() -> None:
    """The Faust worker: identify, presence, eligibility."""
    from services.attendance.settings import WorkerSettings

    telemetry.configure("attendance.worker")
    settings = load_or_exit(WorkerSettings)
    require(
        settings,
        (
            WEBINARS,
            ENROLMENTS,
            WEBHOOKS,
            REPORTS,
            EVENTS,
            RULINGS,
            REVIEWS,
            DIFFERENCES,
            DECISIONS,
            CERTIFICATES,
        ),
    )
    asyncio.run(_work(settings))


async def _work(settings: Any) -> None:
    from services.attendance.state_queries import PATH
    from services.attendance.worker import Worker
    from shared.operator_routes import serve_operator_routes

    worker = Worker(settings)
    ready_for_crowds()
    serve_operator_routes(settings, worker.healthy, {PATH: worker.queries().asked})
    stopped = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    await worker.start()
    while not stopped.is_set() and not worker.stream.crashed:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), 0.2)
    if worker.stream.crashed:
        os._exit(1)  # a crashed framework may never finish stopping; everything is on the broker
    await worker.stop()


def run_reconciler() -> None:
    """Reads Zoom's reports; one of several is elected."""
    from services.attendance.settings import ReconcilerSettings

    telemetry.configure("attendance.reconciler")
    settings = load_or_exit(ReconcilerSettings)
    require(settings, (WEBINARS, EVENTS, REPORTS))
    asyncio.run(_reconcile(settings))


async def _reconcile(settings: Any) -> None:
    from services.attendance.reconcile.reconciler import Reconciler
    from shared.operator_routes import serve_operator_routes

    reconciler = Reconciler(settings)
    serve_operator_routes(settings, reconciler.healthy)
    stopped = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    await reconciler.start()
    while not stopped.is_set() and not reconciler.failed:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), 0.5)
    failed = reconciler.failed
    await reconciler.stop()
    if failed:
        raise SystemExit(1)
