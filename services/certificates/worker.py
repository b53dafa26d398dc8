"""The worker's loop: decisions first; when none wait, documents."""

import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue

import structlog
from kafka import TopicPartition
from prometheus_client import Gauge
from redis.exceptions import RedisError

from services.certificates.issuing import Issuer
from services.certificates.logs import Logs
from services.certificates.settings import CertificatesWorkerSettings
from services.certificates.stores import Floors
from shared.consume import TRANSIENT, BatchConsumer, Handler
from shared.fast_consumer import FastConsumer
from shared.needed import parser_of
from shared.projector import GATHER, Projector
from shared.records import Poison, Record
from shared.telemetry import DOCUMENTS_WAITING
from shared.topics import DECISIONS, Topic

log = structlog.get_logger()
WAITING = Gauge("hadir_certificates_waiting", "Earned, but held by a missing person or webinar")
IDLE_SECONDS = 0.2
HOUSEKEEPING_SECONDS = 2.0
DOCUMENTS_AFTER = 3.0
"""Seconds without a decision after which documents have the worker to themselves: at a meeting's end
decisions come in bursts, and a document costs a hundred certificates."""
DOCUMENTS_EVERY = 10.0
"""Seconds between two batches of documents while decisions come."""
parse_needed = parser_of({
    DECISIONS: ("webinar_id", "participant_id", "verdict", "provisional", "goes_out"),
})  # fmt: skip
KEPT: tuple[type[Exception], ...] = (Poison, *TRANSIENT)
PASSING: tuple[type[Exception], ...] = (*TRANSIENT, RedisError)


def fatal(handle: Handler) -> Handler:
    """What nobody foresaw ends the process: it starts anew and reads its logs again. Setting the
    batch aside instead would lose certificates."""

    def handled(records: Sequence[Record]) -> None:
        try:
            handle(records)
        except KEPT:
            raise
        except RedisError as away:
            raise OSError(f"the store: {type(away).__name__}") from away
        except Exception as unforeseen:
            log.exception("worker_ends")
            raise SystemExit(1) from unforeseen

    return handled


class DecisionConsumer(BatchConsumer):
    """Tells the issuer which partitions it holds, before it hands it anything more. (A rebalance
    happens beside a running batch; what that batch issues for a partition that is gone is what its
    new worker issues, byte for byte.)"""

    def __init__(
        self, settings: CertificatesWorkerSettings, *, issuer: Issuer, floors: Floors,
        handle: Handler,
    ) -> None:  # fmt: skip
        self.issuer = issuer
        self._moves: SimpleQueue[tuple[bool, set[int]]] = SimpleQueue()
        told = fatal(handle)

        def handled(records: Sequence[Record]) -> None:
            self.follow_rebalance()
            told(records)

        super().__init__(
            settings, group="certificates.decisions", topics=[DECISIONS], handle=handled,
            position=floors.position, on_assigned=self.given, instance=settings.instance,
            client=FastConsumer, parse=parse_needed, gather=GATHER,
        )  # fmt: skip

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Rebalance: what waited there is another worker's now."""
        self._moves.put((False, {tp.partition for tp in partitions}))

    def given(self, partitions: Sequence[tuple[Topic, int]]) -> None:
        """Rebalance: these are read again from their floors."""
        self._moves.put((True, {partition for _, partition in partitions}))

    def follow_rebalance(self) -> None:
        """Bring the issuer up to what was taken away and given."""
        while not self._moves.empty():
            given, numbers = self._moves.get()
            self.issuer.waiting.forget(numbers)
            if given:
                self.issuer.owned |= numbers
            else:
                self.issuer.owned -= numbers

    def taken_in(self) -> dict[int, int]:
        """By partition, the next decision to read; all before were taken in or set aside. Nothing
        while the floors themselves could not be read: the client's own position is none then."""
        self.follow_rebalance()
        if self._astray:
            return {}
        return {partition: at for (_, partition), at in self.positions().items()}


class Worker:
    """Issuing and documents in one loop, the two views beside it."""

    def __init__(
        self, *, decisions: DecisionConsumer, documents: BatchConsumer, logs: Logs,
        issuer: Issuer, floors: Floors, views: Sequence[Projector],
    ) -> None:  # fmt: skip
        self._decisions, self._documents, self._logs = decisions, documents, logs
        self._issuer, self._floors, self._views = issuer, floors, views
        self._housekept = self._last_decision = self._last_documents = 0.0
        self._failed: list[BaseException] = []
        self.stop = threading.Event()
        self.started = threading.Event()

    def readiness(self) -> list[str]:
        """What is missing."""
        lacks = [] if self.started.is_set() else ["Numbers and certificates are still being read."]
        lacks += [] if self._decisions.ready.is_set() else ["No partition was assigned yet."]
        return lacks

    def run(self) -> None:
        """Until `stop`; raises what ended it otherwise."""
        beside = [threading.Thread(target=self._view, args=(v,), daemon=True) for v in self._views]
        for thread in beside:
            thread.start()
        try:
            self._logs.start()
            self.started.set()
            self._loop()
        finally:
            self.stop.set()
            for consumer in (self._decisions, self._documents, self._logs):
                consumer.close()
            for thread in beside:
                thread.join(timeout=5)
        if self._failed:
            raise self._failed[0]

    def _view(self, projector: Projector) -> None:
        try:
            projector.run(self.stop)
            projector.consumer.close()
        except Exception as failed:  # noqa: BLE001 - raised again by `run`
            self._failed.append(failed)
            self.stop.set()

    def _loop(self) -> None:
        quiet = IDLE_SECONDS
        while not self.stop.is_set():
            taken = self._decisions.step(quiet)
            if not taken:
                self._idle()
            quiet = (
                0.0 if self._document_time(taken) and self._documents.step(0.05) else IDLE_SECONDS
            )
            self._keep_house()

    def _document_time(self, taken: int) -> bool:
        """Documents come when no decision came for a while; where decisions never pause, some all
        the same: numbers are waited for by everybody, a document by whoever opens it (and the api
        makes one that is not there yet)."""
        now = time.monotonic()
        self._last_decision = now if taken else self._last_decision
        pause = DOCUMENTS_EVERY if now - self._last_decision < DOCUMENTS_AFTER else 0.0
        if now - self._last_documents < pause:
            return False
        self._last_documents = now
        return True

    def _idle(self) -> None:
        """Who waits may be issued now: a person or a webinar has arrived."""
        self._decisions.follow_rebalance()
        try:
            self._issuer.issue()
        except PASSING as passing:
            log.info("issuing_waits", because=type(passing).__name__)
            self.stop.wait(0.5)

    def _keep_house(self) -> None:
        if time.monotonic() - self._housekept < HOUSEKEEPING_SECONDS:
            return
        self._housekept = time.monotonic()
        try:
            self._floors.write(self._issuer.waiting.floors(self._decisions.taken_in()))
            WAITING.set(len(self._issuer.waiting))
            DOCUMENTS_WAITING.set(self._documents.lag())
        except PASSING as passing:
            log.info("housekeeping_waits", because=type(passing).__name__)
