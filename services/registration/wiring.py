"""THE obvious file: which process is made of what."""

import signal
import socket
import threading
from typing import TYPE_CHECKING

from services.registration.settings import RegistrationApiSettings, RegistrationWorkerSettings
from shared import telemetry
from shared.settings import KafkaSettings, load_or_exit

if TYPE_CHECKING:
    from shared.projector import Projector

KAFKA_SECONDS = 1.0


def run_api() -> None:
    """The api, until SIGTERM."""
    telemetry.configure("registration-api")
    settings = load_or_exit(RegistrationApiSettings)
    from services.registration.api import build
    from services.registration.handlers import TOPICS
    from shared.provision import require
    from shared.serving import serve
    from shared.topics import REGISTRATION_AUDIT

    require(settings, (*TOPICS, REGISTRATION_AUDIT))
    serve(build(settings), settings)


def run_worker() -> None:
    """The worker: keeps the view, until SIGTERM."""
    telemetry.configure("registration-worker")
    settings = load_or_exit(RegistrationWorkerSettings)
    from services.registration.handlers import TOPICS, parse_needed, projection, view_of
    from shared.operator_routes import serve_operator_routes
    from shared.projector import Projector
    from shared.provision import require

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    require(settings, TOPICS)
    view = view_of(settings)
    projector = Projector(settings, view, TOPICS, projection(view), instance=settings.instance,
                          parse=parse_needed)  # fmt: skip
    serve_operator_routes(settings, lambda: worker_misses(settings, projector))
    try:
        projector.run(stop)
    finally:
        projector.consumer.close()


def worker_misses(settings: KafkaSettings, projector: "Projector") -> list[str]:
    """What the worker waits for, in plain sentences."""
    from services.registration.handlers import missing

    found = [] if kafka_answers(settings) else ["Kafka does not answer."]
    if not projector.consumer.ready.is_set():
        found.append("No partitions are assigned yet.")
    return [*found, *missing(projector.view)]


def kafka_answers(settings: KafkaSettings) -> bool:
    """Whether any bootstrap server takes a connection."""
    for server in settings.kafka.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=KAFKA_SECONDS):
                return True
        except OSError:
            continue
    return False
