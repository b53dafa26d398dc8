"""Wiring of reporting: what each process is made of."""

import signal
import threading
from collections.abc import Callable
from typing import Any

from shared import telemetry
from shared.memory import collect_rarely
from shared.provision import require
from shared.settings import load_or_exit
from shared.topics import CERTIFICATES, DECISIONS, ENROLMENTS, PROGRAMMES, QUOTAS, WEBINARS


def run_api() -> None:
    """Quotas, figures of a webinar, dashboard."""
    from services.reporting.settings import ReportingApiSettings
    from shared.serving import serve

    telemetry.configure("reporting.api")
    settings = load_or_exit(ReportingApiSettings)
    require(settings, (PROGRAMMES, WEBINARS, ENROLMENTS, DECISIONS, CERTIFICATES, QUOTAS))
    serve(build_api(settings), settings)


def build_api(settings: Any) -> Any:
    """The FastAPI application."""
    from services.reporting.app import build

    return build(settings)


def run_worker() -> None:
    """The counting loop, and beside it the publisher of the quota topic."""
    from services.reporting.settings import WorkerSettings
    from shared.operator_routes import serve_operator_routes

    telemetry.configure("reporting.worker")
    settings = load_or_exit(WorkerSettings)
    require(settings, (PROGRAMMES, ENROLMENTS, DECISIONS, CERTIFICATES, QUOTAS))
    worker = build_worker(settings)
    collect_rarely()
    serve_operator_routes(settings, worker.readiness)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: worker.stop.set())
    worker.run()


class Worker:
    """Counting and publishing, each in its own thread; the end of one ends both."""

    def __init__(self, counting: Any, publisher: Any) -> None:
        self.counting, self.publisher = counting, publisher
        self.stop = threading.Event()
        self._failed: list[BaseException] = []

    def readiness(self) -> list[str]:
        """What is missing."""
        if self.counting.consumer.ready.is_set():
            return []
        return ["The worker has not been given its partitions yet."]

    def run(self) -> None:
        """Until `stop`, or until one of the two fails: then that failure is raised."""
        beside = threading.Thread(target=self._guarded, args=(self.publisher.run,), daemon=True)
        beside.start()
        self._guarded(self.counting.run)
        self.counting.consumer.close()
        beside.join(timeout=3)
        if self._failed:
            raise self._failed[0]

    def _guarded(self, run: Callable[[threading.Event], None]) -> None:
        try:
            run(self.stop)
        except Exception as failed:  # noqa: BLE001 - raised again by `run`, after both have ended
            self._failed.append(failed)
        finally:
            self.stop.set()


def build_worker(settings: Any) -> Worker:
    """The worker's two loops around one store."""
    from services.reporting.counting import Counting
    from services.reporting.publisher import QuotaPublisher
    from services.reporting.stores import CounterStore
    from shared.publish import KafkaPublisher
    from shared.views import connect

    store = CounterStore(settings, connect(settings))
    return Worker(
        Counting(settings, store), QuotaPublisher(settings, store, KafkaPublisher(settings))
    )
