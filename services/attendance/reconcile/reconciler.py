"""The reconciler process: one elected reader that reads Zoom's reports when they are due."""

import asyncio
import time
from collections.abc import Callable, Sequence

import httpx
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.attendance.domain.reading_plan import Pace, due_at
from services.attendance.reconcile.limits import Bucket, LimitReached
from services.attendance.reconcile.reading import Job, read_report
from services.attendance.reconcile.watching import MeetingsTail, Wanted, Watch, instances_in
from services.attendance.reconcile.zoom_client import (
    Credentials,
    NotThere,
    PageTokenDied,
    Refused,
    Unavailable,
    ZoomClient,
)
from services.attendance.settings import ReconcilerSettings, ZoomAccountSettings
from shared import crypto
from shared.events import Event
from shared.publish import AsyncPublisher, Outgoing
from shared.tail import Tail
from shared.telemetry import REPORT_READS, REPORT_ROWS
from shared.topics import REPORTS, WEBINARS

log = structlog.get_logger()
GROUP = "attendance.reconciler"
AT_ONCE = 4
"""Reports read side by side; the account's limit is shared by all."""
STEP = 0.5
AFTER_A_FAULT = 60.0
"""Seconds without a call to Zoom after a fault of our own, for it takes an app that errs too often away."""


def zoom_client(settings: ZoomAccountSettings, http: httpx.AsyncClient) -> ZoomClient:
    """The account's client with the account's limits."""
    who = Credentials(settings.zoom_account_id, settings.zoom_client_id,
                      settings.zoom_client_secret, settings.zoom_token_url)  # fmt: skip
    heavy = Bucket(settings.zoom_heavy_per_second, settings.zoom_heavy_per_day, time.time)
    medium = Bucket(settings.zoom_medium_per_second, None, time.time)
    return ZoomClient(who, http, heavy, medium)


def http_client(settings: ZoomAccountSettings) -> httpx.AsyncClient:
    """With the settings' patience."""
    return httpx.AsyncClient(timeout=settings.zoom_timeout_seconds, follow_redirects=False)


class Reconciler:
    """Starts and stops the parts; `healthy` says what is missing."""

    def __init__(self, settings: ReconcilerSettings,
                 clock: Callable[[], float] = time.time) -> None:  # fmt: skip
        self._settings, self._clock = settings, clock
        self.watch = Watch()
        self._http = http_client(settings)
        self._client = zoom_client(settings, self._http)
        self._publisher = AsyncPublisher(settings)
        self._tail = Tail(settings, (WEBINARS, REPORTS), self.watch.apply)
        self._meetings = MeetingsTail(settings, self.watch)
        self._tasks: list[asyncio.Task[None]] = []
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._election: AIOKafkaConsumer | None = None
        self._looked: set[tuple[str, str, int, int]] = set()
        self._paused_until = 0.0
        self._trouble = ""

    async def start(self) -> None:
        """Connect, follow the topics, stand for election."""
        await self._publisher.start()
        await self._tail.start()
        self._election = AIOKafkaConsumer(
            self._settings.topic(REPORTS), bootstrap_servers=self._settings.kafka,
            group_id=self._settings.group(GROUP), enable_auto_commit=False,
            group_instance_id=self._settings.instance or None, session_timeout_ms=15_000,
        )  # fmt: skip
        await self._election.start()
        self._tasks = [asyncio.create_task(part) for part in
                       (self._tail.run(), self._meetings.run(), self._run())]  # fmt: skip

    async def stop(self) -> None:
        """Let go of everything; a reading under way is forgotten and begun anew by whoever is next."""
        for task in (*self._tasks, *self._reading.values()):
            task.cancel()
        if self._election is not None:
            await self._election.stop()
        await self._tail.stop()
        await self._http.aclose()
        await self._publisher.stop()

    @property
    def failed(self) -> bool:
        """Whether a part ended that never should."""
        return any(task.done() for task in self._tasks)

    def healthy(self) -> Sequence[str]:
        """What is missing, in plain sentences."""
        if self.failed:
            return ["A part of the reconciler stopped."]
        if not (self._tail.caught_up.is_set() and self._meetings.caught_up.is_set()):
            return ["The topics are being read."]
        return [self._trouble] if self._trouble else []

    def _elected(self) -> bool:
        """One reader for all: whoever the group gives partition 0 of the reports."""
        assigned = self._election.assignment() if self._election else ()
        return any(place.partition == 0 for place in assigned)

    async def _run(self) -> None:
        await self._tail.caught_up.wait()
        await self._meetings.caught_up.wait()
        while True:
            await self._keep_seat()
            if self._elected() and self._clock() >= self._paused_until:
                await self._look_for_meetings()
                self._begin_what_is_due()
            await asyncio.sleep(STEP)

    async def _keep_seat(self) -> None:
        """A member that never polls is put out of its group; what it polls is read elsewhere."""
        if self._election is None:
            return
        try:
            self._election.pause(*self._election.assignment())
            await self._election.getmany(timeout_ms=0)
        except KafkaError as passing:
            log.info("election_waits", because=type(passing).__name__)

    async def _look_for_meetings(self) -> None:
        """Ask Zoom once for each session that is over which meetings of its number there were."""
        now = int(self._clock())
        for held in list(self.watch.sessions_over(now - self._settings.report_first_read_seconds)):
            place = held.webinar_id, held.session.id, held.session.end, held.asked_ms
            if place in self._looked:
                continue
            self._looked.add(place)
            try:
                body = await self._client.instances(held.kind, held.session.number or "")
                for times in instances_in(body, held):
                    self.watch.meeting(times, now)
            except NotThere:
                continue
            except (Refused, PageTokenDied) as problem:  # not asked again before somebody asks
                self._trouble = str(problem)
                log.warning("instances_not_read", because=problem.code)
            except (Unavailable, LimitReached) as problem:
                self._looked.discard(place)
                self._paused_until = self._clock() + getattr(problem, "wait", 60.0)
                self._trouble = str(problem)
                return

    def _begin_what_is_due(self) -> None:
        now = int(self._clock())
        for wanted in self.watch.wanted(now):
            if len(self._reading) >= AT_ONCE:
                return
            if wanted.job.uuid not in self._reading and self._is_due(wanted, now):
                task = asyncio.create_task(self._read(wanted.job))
                self._reading[wanted.job.uuid] = task

    def _is_due(self, wanted: Wanted, now: int) -> bool:
        settings = self._settings
        pace = Pace(settings.report_first_read_seconds, wanted.reread, settings.report_again)
        reads = self.watch.reads[wanted.job.uuid].values()
        at = due_at(wanted.over, reads, pace, wanted.asked_ms)
        return at is not None and at <= now

    async def _read(self, job: Job) -> None:
        try:
            read = await read_report(self._client, job, self._publish, self._tag, self._clock)
            self.watch.read(read)
            short = "" if read.rows == read.total_records else "short"
            self._trouble = f"Zoom's report: {read.problem}." if read.problem else ""
            REPORT_READS.labels(outcome=read.problem or short or "whole").inc()
            REPORT_ROWS.inc(read.rows)
            log.info("report_read", rows=read.rows, total=read.total_records,
                     refused=read.refused, problem=read.problem)  # fmt: skip
        except LimitReached as later:
            self._paused_until = self._clock() + later.wait
            self._trouble = str(later)
            log.warning("zoom_limit_reached", wait=later.wait)
        except KafkaError as passing:
            log.info("reading_broken_off", because=type(passing).__name__)
        except Exception:  # nothing was said of it, so it is due again at once: not so quickly
            log.exception("reading_failed")
            self._paused_until = self._clock() + AFTER_A_FAULT
            self._trouble = "A reading failed; the log says why."
        finally:
            self._reading.pop(job.uuid, None)

    async def _publish(self, key: str, event: Event) -> None:
        await self._publisher.publish([Outgoing(REPORTS, key, event)])

    def _tag(self, value: str) -> str:
        return crypto.identity_hmac(self._settings.identity_key, value)
