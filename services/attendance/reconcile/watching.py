"""What the reconciler knows: webinars, their meetings' lives, reads so far, who asked for one.

Meetings come from the events topic, seven weeks back; nothing of a person is kept.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.attendance.domain.facts import MeetingTimes, Session, Webinar
from services.attendance.domain.meetings import instants, life, merge
from services.attendance.domain.plan import overlapping, windows_of
from services.attendance.domain.reading_plan import KEPT
from services.attendance.domain.reports import NEAR, Read
from services.attendance.frames import items
from services.attendance.knowledge import to_webinar
from services.attendance.reconcile.reading import Job, epoch
from services.attendance.reconcile.zoom_client import Kind
from shared.batch import TornBatch
from shared.events.attendance import ConnectionSeenV1, MeetingSeenV1
from shared.events.registration import WebinarSetV1
from shared.events.reports import ReportAskedV1, ReportReadV1
from shared.settings import KafkaSettings
from shared.topics import EVENTS, Topic

log = structlog.get_logger()
LOOK_BACK = KEPT + 30 * 86_400
"""Seconds back at which the events are begun. An old meeting may be told of anew as long as its
webhooks are kept; if that were the first word heard of it, its report would be read far too late."""


class Wanted(NamedTuple):
    """A meeting whose report belongs to a webinar: when it was over, and the webinar's setting."""

    job: Job
    over: int
    reread: int
    asked_ms: int


class Held(NamedTuple):
    """A session of which Zoom may know meetings that no webhook told of."""

    webinar_id: str
    session: Session
    kind: Kind
    asked_ms: int


def instances_in(body: Mapping[str, Any], held: Held) -> Iterator[MeetingTimes]:
    """The meetings of Zoom's answer that began around the session: all of whose webhooks may be
    lost, if the gateway was away."""
    session = held.session
    for one in body.get("meetings") or body.get("webinars") or ():
        if not isinstance(one, dict):
            continue
        start = epoch(one.get("start_time"))
        uuid = one.get("uuid")
        if uuid and start is not None and session.start - NEAR <= start < session.end:
            yield MeetingTimes(str(uuid), session.number or "", started=start)


class Watch:
    """A fold; no I/O."""

    def __init__(self) -> None:
        self._webinars: dict[str, Webinar] = {}
        self._kinds: dict[str, Kind] = {}
        self._meetings: dict[str, dict[str, MeetingTimes]] = defaultdict(dict)
        self._heard: dict[str, int] = {}
        self.reads: dict[str, dict[int, Read]] = defaultdict(dict)
        self._first: dict[str, int] = {}
        self._asked_uuid: dict[str, int] = {}
        self._asked_webinar: dict[str, int] = {}

    def apply(self, topic: Topic, key: str, event: object | None, _partition: int = 0) -> None:
        """A record of the webinars or the reports topic."""
        if isinstance(event, WebinarSetV1):
            self._webinars[event.webinar_id] = to_webinar(event)
            zooms = [session.zoom for session in event.sessions if session.zoom]
            self._kinds.update({zoom.number: zoom.kind for zoom in zooms})
        elif isinstance(event, ReportReadV1):
            self.read(event)
        elif isinstance(event, ReportAskedV1):
            if event.meeting_uuid:
                self._asked_uuid[event.meeting_uuid] = event.asked_ms
            elif event.webinar_id:
                self._asked_webinar[event.webinar_id] = event.asked_ms

    def read(self, event: ReportReadV1) -> None:
        """A reading is over, whoever read."""
        first = event.first or event.read
        known = self._first.setdefault(event.meeting_uuid, first)
        self._first[event.meeting_uuid] = min(first, known)
        self.reads[event.meeting_uuid][event.read] = Read(
            event.read, event.at, event.total_records, event.rows, event.digest, event.problem
        )

    def meeting(self, said: MeetingTimes, heard: int) -> None:
        """Something about a uuid, heard at that second."""
        known = self._meetings[said.number].get(said.uuid)
        self._meetings[said.number][said.uuid] = said if known is None else merge(known, said)
        self._heard.setdefault(said.uuid, heard)

    def wanted(self, now: int) -> Iterator[Wanted]:
        """Every meeting of a webinar with reconciliation on, or that somebody asked for."""
        for webinar in self._webinars.values():
            asked = self._asked_webinar.get(webinar.id, 0)
            for times, over in self._held(webinar):
                wish = max(asked, self._asked_uuid.get(times.uuid, 0))
                fresh = now - self._heard[times.uuid] <= KEPT
                if fresh and (webinar.reconciliation or wish) and over <= now:
                    yield Wanted(self._job(times), over, webinar.report_reread_seconds, wish)

    def sessions_over(self, now: int) -> Iterator[Held]:
        """Sessions with a Zoom number that are over, of webinars whose reports are wanted."""
        for webinar in self._webinars.values():
            asked = self._asked_webinar.get(webinar.id, 0)
            for session in webinar.sessions if webinar.reconciliation or asked else ():
                if session.number and now - KEPT <= session.end <= now:
                    kind = self._kinds.get(session.number, "meeting")
                    yield Held(webinar.id, session, kind, asked)

    def _held(self, webinar: Webinar) -> Iterator[tuple[MeetingTimes, int]]:
        numbers = {s.number for s in webinar.sessions if s.number}
        meetings = [m for n in numbers for m in self._meetings[n].values()]
        windows = windows_of(webinar, meetings)
        for session in webinar.sessions:
            if session.number:
                for times in overlapping(session, meetings, windows[session.number]):
                    yield times, life(times).end or session.end

    def _job(self, times: MeetingTimes) -> Job:
        seen = instants(times)
        around = (min(seen), max(seen)) if seen else None
        kind = self._kinds.get(times.number, "meeting")
        return Job(times.uuid, times.number, kind, around, self._first.get(times.uuid, 0))


class MeetingsTail:
    """Reads the events topic for what it says of meetings."""

    def __init__(self, settings: KafkaSettings, watch: Watch) -> None:
        self._settings, self._watch = settings, watch
        self.caught_up = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        name = self._settings.topic(EVENTS)
        consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka, group_id=None,
                                    auto_offset_reset="earliest", fetch_max_wait_ms=200)  # fmt: skip
        await consumer.start()
        try:
            places = [TopicPartition(name, p) for p in range(self._settings.partitions)]
            consumer.assign(places)
            await self._go_back(consumer, places)
            ends = await consumer.end_offsets(places)
            while True:
                await self._step(consumer, ends)
        finally:
            await consumer.stop()

    async def _go_back(self, consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> None:
        since = int((time.time() - LOOK_BACK) * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(places, since))
        for place, at in found.items():
            if at is not None:
                consumer.seek(place, at.offset)
            else:
                await consumer.seek_to_end(place)

    async def _step(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        try:
            found = await consumer.getmany(timeout_ms=300, max_records=500)
        except KafkaError as passing:
            log.info("meetings_wait", because=type(passing).__name__)
            await asyncio.sleep(0.5)
            return
        for records in found.values():
            for record in records:
                self._take(record)
            await asyncio.sleep(0)
        if not self.caught_up.is_set():
            behind = [await consumer.position(place) < end for place, end in ends.items()]
            if not any(behind):
                self.caught_up.set()

    def _take(self, record: Any) -> None:
        heard = record.timestamp // 1000
        try:
            for item in items(record.value or b"", record.headers):
                if item.type == MeetingSeenV1.type:
                    self._watch.meeting(_life(orjson.loads(item.body)), heard)
                elif item.type == ConnectionSeenV1.type:
                    said = _seen(orjson.loads(item.body))
                    if said is not None:
                        self._watch.meeting(said, heard)
        except (TornBatch, KeyError, TypeError, ValueError):  # the worker dead-letters it
            log.warning("unreadable", topic=EVENTS.name, offset=record.offset)


def _life(body: dict[str, Any]) -> MeetingTimes:
    return MeetingTimes(body["meeting_uuid"], body["zoom_number"], body["started"], body["ended"],
                        body["practice_ended"])  # fmt: skip


def _seen(body: dict[str, Any]) -> MeetingTimes | None:
    """When somebody was in a uuid: all that is known of it when its lifecycle was lost."""
    times = [at for _, _, at in body["facts"]]
    if not times:
        return None
    return MeetingTimes(body["meeting_uuid"], body["zoom_number"], last_join=max(times),
                        first_seen=min(times))  # fmt: skip
