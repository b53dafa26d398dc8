"""The first stage: webhooks of a partition → connections, meetings and clocks on the events topic."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from services.attendance.connection_book import ConnectionBook
from services.attendance.domain import clocks
from services.attendance.domain.connections import seen
from services.attendance.domain.facts import ClockPassed, MeetingTimes, Webinar
from services.attendance.domain.impossible import impossible
from services.attendance.domain.meetings import merge, of_lifecycle, of_participant
from services.attendance.domain.webhook import (
    EVERY,
    Bound,
    Lifecycle,
    Malformed,
    Other,
    Participant,
    parse,
    routing,
)
from services.attendance.frames import items
from services.attendance.knowledge import Knowledge, Listener
from services.attendance.record_writer import DeadFrames, RecordWriter
from services.attendance.report_desk import Claims, ReportDesk
from services.attendance.roster import tokens
from services.attendance.telling import Frames, Teller
from shared import crypto
from shared.batch import TornBatch
from shared.events.attendance import LegSeenV1, ReportClaimsV1
from shared.events.registration import EnrolledV1
from shared.events.rulings import ConnectionAssignedV1, PeopleListedV1, Ruling
from shared.stage import InputRecord
from shared.telemetry import EVENTS as FOLDED
from shared.telemetry import NOT_EVIDENCE

SLICE = 2_000
"""Connections per write, so that a burst never holds the event loop for long."""


class IdentifyStage(Listener):
    """The state of one webhooks partition. `out` writes to the events topic, `legs` to the webhooks
    topic (what all partitions must know)."""

    def __init__(self, partition: int, partitions: int, knowledge: Knowledge, identity_key: bytes,
                 out: RecordWriter, legs: RecordWriter, dead: DeadFrames,
                 epoch: Callable[[], int], source: str) -> None:  # fmt: skip
        self._knowledge, self._out, self._legs, self._dead = knowledge, out, legs, dead
        self._key = identity_key
        self._book = ConnectionBook(partition, partitions)
        self._desk = ReportDesk(partition, partitions, knowledge.reports, self._book)
        self._teller = Teller(
            partition, partitions, knowledge, self._book, self._desk, epoch, source
        )
        self._every, self._mine = range(partitions), partition
        self._meetings: dict[str, MeetingTimes] = {}
        self._by_number: dict[str, set[str]] = defaultdict(set)
        self._arrivals: dict[str, int] = {}
        self._dirty: set[str] = set()
        self._dirty_floats: set[str] = set()
        self._dirty_meetings: set[str] = set()
        self._meetings_told: dict[str, MeetingTimes] = {}
        self._legs_told: dict[str, int] = {}
        self._flushing = False
        self._claims: dict[str, Claims] = {}
        self._due: list[ClockPassed] = []
        self._written: set[ClockPassed] = set()
        knowledge.listeners.append(self)

    def close(self) -> None:
        """The partition is not ours any more."""
        self._knowledge.listeners.remove(self)

    # --- folding: no I/O ---

    def fold(self, record: InputRecord) -> int:
        """Every webhook of a record; what cannot be read is dead-lettered alone."""
        count = 0
        try:
            for item in items(record.value, record.headers):
                count += 1
                try:
                    body = orjson.loads(item.body)
                    if item.type == LegSeenV1.type:
                        self._leg(body)
                    elif item.type == ReportClaimsV1.type:
                        if self._desk.take(body):
                            self._dirty.update(self._book.of_meeting(body["meeting_uuid"]))
                    else:
                        arrived = int(item.header.get("received_ms", record.timestamp)) // 1000
                        self._take(body, arrived, record.settled)
                except (Malformed, ValueError, TypeError, KeyError) as wrong:
                    self._dead.add(record, item.place, item.key, item.body, f"no webhook: {wrong}")
        except (TornBatch, orjson.JSONDecodeError) as torn:
            self._dead.add(record, count, "", record.value, str(torn))
        return count

    def _leg(self, body: dict[str, Any]) -> None:
        if self._book.leg(body):
            self._dirty_floats.add(body["meeting_uuid"])
            self._bound_rows(body["meeting_uuid"])

    def _bound_rows(self, uuid: str) -> None:
        """Rows of phone legs whose webhooks were lost are whoever their app leg is (rule W3)."""
        for bind in self._book.binds(uuid):
            self._desk.spoken_of(uuid, bind.user_id, bind.bind_user_id)

    def _take(self, body: Any, arrived: int, settled: bool) -> None:
        event = parse(body)
        if isinstance(event, Other):
            NOT_EVIDENCE.labels(event=event.event).inc()
            return
        uuid = event.meeting_uuid
        if not isinstance(event, Bound) and (reason := impossible(event, arrived)):
            if routing(event) is not EVERY or self._book.is_home(uuid):
                raise Malformed(reason)
            return  # every partition has a copy: one of them sets it aside
        FOLDED.labels(stage="identify", kind=type(event).__name__).inc()
        if arrived > self._arrivals.get(uuid, 0):
            self._arrivals[uuid] = arrived
        if isinstance(event, Participant):
            self._meeting(of_participant(event))
            self._participant(event, settled)
        elif isinstance(event, Lifecycle):
            self._meeting(of_lifecycle(event))
            self._dirty_meetings.add(uuid)
        elif self._book.float(uuid, event):
            self._dirty_floats.add(uuid)
            self._bound_rows(uuid)

    def _meeting(self, said: MeetingTimes) -> None:
        known = self._meetings.get(said.uuid)
        after = said if known is None else merge(known, said)
        self._meetings[said.uuid] = after
        self._by_number[after.number].add(said.uuid)
        if after.practice_ended is not None and after != known:
            self._dirty_meetings.add(said.uuid)

    def _participant(self, event: Participant, settled: bool) -> None:
        one, uuid = seen(event, self._tag), event.meeting_uuid
        if not event.participant_uuid:
            if self._book.float(uuid, one):
                self._dirty_floats.add(uuid)
            return
        key = self._book.add(one)
        if key is None:
            return
        self._dirty.add(key)
        if settled:
            self._teller.maybe_parked.add(key)
        if self._book.has_floating(uuid):
            self._dirty_floats.add(uuid)
        self._desk.noticed(uuid)

    def _tag(self, value: str) -> str:
        return crypto.identity_hmac(self._key, value)

    # --- what changes from outside ---

    def enrolment_changed(self, event: EnrolledV1) -> None:
        """A late enrolment resolves what came before it (rule W8)."""
        for token in tokens(event):
            # the index knows registrant ids without their Zoom number
            name = f"r{token.partition('|')[2]}" if token.startswith("r") else token
            self._dirty.update(self._book.with_token(name))
            self._desk.loose.update(self._desk.with_token(name))
        webinar = self._knowledge.webinars.get(event.webinar_id)
        if webinar is not None:
            self._floats_dirty(self._uuids(webinar))

    def webinar_changed(self, webinar_id: str) -> None:
        """Its numbers' connections may concern it now."""
        for uuid in self._uuids(self._knowledge.webinars[webinar_id]):
            self._dirty.update(self._book.of_meeting(uuid))
            self._dirty_meetings.add(uuid)
            self._floats_dirty([uuid])
        numbers = {s.number for s in self._knowledge.webinars[webinar_id].sessions if s.number}
        for uuid in self._desk.of_numbers(numbers):
            self._desk.loosen(uuid)

    def ruled(self, said: Ruling) -> None:
        """An assignment beats all evidence (rule F2); a list makes a connection a room's (I11)."""
        if isinstance(said, ConnectionAssignedV1):
            self._dirty.update(self._book.named(said.meeting_uuid, said.user_id,
                                                said.participant_uuid))  # fmt: skip
            self._floats_dirty([said.meeting_uuid])
            self._desk.spoken_of(said.meeting_uuid, said.user_id)
        elif isinstance(said, PeopleListedV1) and said.registrant_id:
            self._dirty.update(self._book.with_token(f"r{said.registrant_id}"))
            self._desk.loose.update(self._desk.with_token(f"r{said.registrant_id}"))
            self._floats_dirty(self._by_number.get(said.zoom_number or "", ()))

    def _floats_dirty(self, uuids: Iterable[str]) -> None:
        self._dirty_floats.update(u for u in uuids if self._book.has_floating(u))

    def report_changed(self, uuid: str) -> None:
        """Its claims are looked at with the next tick; those of others may all be there."""
        self._desk.look.add(uuid)
        self._release(uuid)

    def _release(self, uuid: str) -> None:
        if self._desk.release(uuid):
            self._dirty.update(self._book.of_meeting(uuid))

    def _uuids(self, webinar: Webinar) -> list[str]:
        numbers = {s.number for s in webinar.sessions if s.number}
        return [uuid for n in numbers for uuid in self._by_number.get(n, ())]

    # --- publishing ---

    def unflushed(self) -> int:
        """How many connections wait to be told."""
        return len(self._dirty)

    def quiet(self) -> bool:
        """Whether everything that was heard has been told."""
        waiting = self._dirty or self._dirty_floats or self._dirty_meetings
        return not (self._flushing or waiting)

    async def flush(self) -> None:
        """Tell meetings first, then connections, then the clocks that wait for both."""
        self._flushing = True
        try:
            await self._flush()
        finally:
            self._flushing = False

    async def _flush(self) -> None:
        meetings, self._dirty_meetings = self._dirty_meetings, set()
        floats, self._dirty_floats = self._dirty_floats, set()
        try:
            await self._meetings_out(meetings)
            await self._connections_out()
            await self._floats_out(floats)
            await self._loose_out()
        except BaseException:
            self._dirty_meetings |= meetings
            self._dirty_floats |= floats
            raise
        await self._dead.flush()
        await self._claims_out()
        await self._clocks_out()
        await self._applied_out()

    async def _meetings_out(self, uuids: Iterable[str]) -> None:
        news = {}
        for uuid in uuids:
            times = self._meetings[uuid]
            told = _told(times)
            home = self._book.is_home(uuid) or times.practice_ended is not None
            if home and self._meetings_told.get(uuid) != told:
                news[uuid] = told
        await self._out.write(f for told in news.values() for f in self._teller.meeting(told))
        self._meetings_told.update(news)

    async def _connections_out(self) -> None:
        while self._dirty:
            batch = [self._dirty.pop() for _ in range(min(SLICE, len(self._dirty)))]
            try:
                await self._out.write(self._frames(batch))
            except BaseException:
                self._dirty.update(batch)
                raise
            await asyncio.sleep(0)

    def _frames(self, keys: Iterable[str]) -> Frames:
        return (f for key in keys for f in self._teller.connection(self._book.own[key]))

    async def _floats_out(self, uuids: Iterable[str]) -> None:
        """Connections that binds and stray events concern: to all partitions, then to people."""
        concerned = [known for uuid in uuids for known in self._book.concerned(uuid)]
        news = [k for k in concerned if self._legs_told.get(k.key) != k.revision]
        await self._legs.write(f for known in news for f in self._teller.leg(known))
        self._legs_told.update((known.key, known.revision) for known in news)
        await self._out.write(f for known in concerned for f in self._teller.connection(known))
        await self._out.write(f for uuid in uuids for f in self._teller.strays(uuid))

    async def _loose_out(self) -> None:
        """Rows of reports that no connection has."""
        loose = self._desk.loose
        while loose:
            places = {loose.pop() for _ in range(min(SLICE, len(loose)))}
            try:
                await self._out.write(self._teller.loose(places))
            except BaseException:
                loose |= places
                raise
            await asyncio.sleep(0)

    async def _claims_out(self) -> None:
        """Our connections' user_ids of reported meetings to their homes, to our own last: what is
        there says after a restart that all have been told."""
        while self._claims:
            uuid, claims = self._claims.popitem()
            others = [home for home in self._every if home != self._mine]
            try:
                await self._legs.write(self._teller.claims(uuid, claims, others))
                await self._legs.write(self._teller.claims(uuid, claims, (self._mine,)))
            except BaseException:
                self._claims.setdefault(uuid, claims)
                raise
            self._desk.claimed(uuid, claims)

    async def _applied_out(self) -> None:
        if not self._desk.due or self._dirty or self._dirty_floats or self._desk.loose:
            return
        due, self._desk.due = self._desk.due, set()
        try:
            await self._out.write(f for uuid in due for f in self._teller.applied(uuid))
        except BaseException:
            self._desk.due |= due
            raise

    async def _clocks_out(self) -> None:
        if not self._due or self._dirty or self._dirty_floats or self._dirty_meetings:
            return
        due = list(self._due)
        await self._out.write(f for clock in due for f in self._teller.clock(clock))
        self._written.update(due)
        self._due = [clock for clock in self._due if clock not in self._written]

    # --- once a second ---

    def tick(self, now: float, at_end: bool) -> None:
        """Clocks whose length has passed (rule L2), once everything before this second is folded."""
        if not at_end:
            return
        while self._desk.look:
            uuid = self._desk.look.pop()
            self._release(uuid)
            claims = self._desk.look_at(uuid)
            if claims is not None:
                self._claims[uuid] = claims
        for webinar in self._knowledge.webinars.values():
            if now >= min(s.end for s in webinar.sessions):
                self._due += self._clocks_due(webinar, int(now))

    def _clocks_due(self, webinar: Webinar, now: int) -> list[ClockPassed]:
        numbers = {s.number for s in webinar.sessions if s.number}
        meetings = [self._meetings[uuid] for uuid in self._uuids(webinar)]
        others = [s for n in numbers for s in self._knowledge.sessions_of(n, webinar.id)]
        known = {*self._written, *self._due}
        return clocks.due(webinar, meetings, known, now, self._arrivals, others)


def _told(times: MeetingTimes) -> MeetingTimes:
    """What the other stage needs: who was last there only where a rehearsal ended (rule I9)."""
    if times.practice_ended is not None:
        return times
    return times._replace(last_start=None, last_join=None, last_leave=None)
