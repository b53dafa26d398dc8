"""The first stage: webhooks of a partition → connections, meetings and clocks on the events topic."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from services.attendance.connection_book import ConnectionBook
from services.attendance.domain.connections import connection_id, seen
from services.attendance.domain.facts import Webinar
from services.attendance.domain.impossible import impossible
from services.attendance.domain.meetings import of_lifecycle
from services.attendance.domain.routing import EVERY, routing
from services.attendance.domain.webhook import (
    Bound,
    Lifecycle,
    Malformed,
    Other,
    Participant,
    parse,
)
from services.attendance.enrolments import Enrolled
from services.attendance.frames import items
from services.attendance.knowledge import Knowledge, Listener
from services.attendance.meeting_book import MeetingBook
from services.attendance.record_writer import DeadFrames, RecordWriter
from services.attendance.report_desk import ReportDesk
from services.attendance.telling import Teller
from services.attendance.untold import Untold
from shared import crypto
from shared.batch import TornBatch
from shared.checkpoints import Kept, Unusable
from shared.events.attendance import LegSeenV1
from shared.events.reports import ReportClaimsV1
from shared.events.rulings import ConnectionAssignedV1, PeopleListedV1, Ruling
from shared.stage import InputRecord
from shared.telemetry import NOT_EVIDENCE, count_folded


class IdentifyStage(Listener):
    """The state of one webhooks partition. `out` writes to the events topic, `legs` to the webhooks
    topic (what all partitions must know)."""

    def __init__(self, partition: int, partitions: int, knowledge: Knowledge, identity_key: bytes,
                 out: RecordWriter, legs: RecordWriter, dead: DeadFrames,
                 epoch: Callable[[], int], source: str) -> None:  # fmt: skip
        self._knowledge, self._dead = knowledge, dead
        self._key = identity_key
        self._book = ConnectionBook(partition, partitions)
        self._desk = ReportDesk(partition, partitions, knowledge.reports, self._book)
        self._teller = Teller(
            partition, partitions, knowledge, self._book, self._desk, epoch, source
        )
        self._meetings = MeetingBook()
        self._untold = Untold(partition, partitions, self._book, self._meetings, self._desk,
                              self._teller, out, legs)  # fmt: skip
        self._flushing = False
        self._lived_before = True
        """Whether a life before may have told what was not committed: until the first flush, nobody knows."""
        self._folded = Counter[str]()
        self._concerns = {w.id: _concern(w) for w in knowledge.webinars.values()}
        """Of each webinar what decides which connections concern it, as everything here was told."""
        knowledge.listeners.append(self)

    def close(self) -> None:
        """The partition is not ours any more."""
        self._knowledge.listeners.remove(self)

    # --- checkpoints (`shared/keeper.py`) ---

    def keepable(self) -> bool:
        """Not in the middle of a flush, and nothing waits to be dead-lettered."""
        return not (self._flushing or self._dead.waits())

    def keep(self) -> Kept:
        """A copy of everything."""
        book = self._book.keep()
        rows: dict[str, list[Any]] = {
            "concerns": list(self._concerns.items()),
            "parked": list(self._teller.maybe_parked),
            "forgotten": list(self._knowledge.reports.forgotten),
        }
        return Kept(
            book.rows | rows | self._meetings.keep() | self._desk.keep() | self._untold.keep(),
            book.maps,
        )

    def restore(self, kept: Kept) -> None:
        """What `keep` gave, into this empty stage. Reports that are forgotten stay so.

        Raises:
            Unusable: a report was told that nothing is known of any more.
        """
        self._book.restore(kept)
        self._meetings.restore(kept.rows)
        self._desk.restore(kept.rows)
        self._untold.restore(kept.rows)
        self._concerns = dict(kept.rows.get("concerns", ()))
        self._teller.maybe_parked.update(kept.rows.get("parked", ()))
        known = self._knowledge.reports.forgotten
        for uuid in known:
            self.report_forgotten(uuid)
        for uuid in set(kept.rows.get("forgotten", ())) - known:
            self._knowledge.forget_report(uuid)
        if self._desk.unknown():
            raise Unusable("a report that it rests on is no longer there")

    # --- folding: no I/O ---

    def fold(self, record: InputRecord) -> int:
        """Every webhook of a record; what cannot be read is dead-lettered alone."""
        count = 0
        try:
            for item in items(record.value, record.headers):
                count += 1
                try:
                    body, kind = orjson.loads(item.body), item.type
                    if kind == LegSeenV1.type:
                        self._leg(body)
                    elif kind == ReportClaimsV1.type:
                        if self._desk.take(body):
                            self._untold.connections.update(
                                self._book.of_meeting(body["meeting_uuid"])
                            )
                    else:
                        received = item.received_ms or record.timestamp
                        self._take(body, received // 1000, settled=record.settled)
                except (Malformed, ValueError, TypeError, KeyError) as wrong:
                    self._dead.add(record, item.place, item.key, item.body, f"no webhook: {wrong}")
        except (TornBatch, orjson.JSONDecodeError) as torn:
            self._dead.add(record, count, "", record.value, str(torn))
        count_folded("identify", self._folded)
        return count

    def _leg(self, body: dict[str, Any]) -> None:
        if self._book.leg(body):
            self._untold.floats.add(body["meeting_uuid"])
            self._bound_rows(body["meeting_uuid"])

    def _bound_rows(self, uuid: str) -> None:
        """Rows of phone legs whose webhooks were lost are whoever their app leg is (rule W3)."""
        for bind in self._book.binds(uuid):
            self._desk.spoken_of(uuid, bind.user_id, bind.bind_user_id)

    def _take(self, body: Any, arrived: int, *, settled: bool) -> None:
        event = parse(body)
        if isinstance(event, Other):
            NOT_EVIDENCE.labels(event=event.event).inc()
            return
        uuid = event.meeting_uuid
        if not isinstance(event, Bound) and (reason := impossible(event, arrived)):
            if routing(event) is not EVERY or self._book.is_home(uuid):
                raise Malformed(reason)
            return  # every partition has a copy: one of them sets it aside
        self._folded[type(event).__name__] += 1
        self._meetings.arrived(uuid, arrived)
        if isinstance(event, Participant):
            if self._meetings.noticed(event):
                self._untold.meetings.add(uuid)
            self._participant(event, settled=settled)
        elif isinstance(event, Lifecycle):
            self._meetings.take(of_lifecycle(event))
            self._untold.meetings.add(uuid)
        elif self._book.float(uuid, event):
            self._untold.floats.add(uuid)
            self._bound_rows(uuid)

    def _participant(self, event: Participant, *, settled: bool) -> None:
        uuid = event.meeting_uuid
        if not event.participant_uuid:
            if self._book.float(uuid, seen(event, self._tag)):
                self._untold.floats.add(uuid)
                self._told_before(connection_id(uuid, "", event.user_id), settled=settled)
            return
        key = self._book.add(event, self._tag)
        if key is None:
            return
        self._untold.connections.add(key)
        self._told_before(key, settled=settled)
        if self._book.is_concerned(uuid, key):
            self._untold.floats.add(uuid)
        self._desk.noticed(uuid)

    def _told_before(self, key: str, *, settled: bool) -> None:
        """Whoever folded this before a restart may have told that it is nobody's."""
        if settled:
            self._teller.maybe_parked.add(key)

    def _tag(self, value: str) -> str:
        return crypto.identity_hmac(self._key, value)

    # --- what changes from outside ---

    def enrolment_changed(self, said: Enrolled) -> None:
        """A late enrolment resolves what came before it (rule W8)."""
        for token in (*said.held, *said.had):
            # the index knows registrant ids without their Zoom number
            name = f"r{token.partition('|')[2]}" if token.startswith("r") else token
            self._untold.connections.update(self._book.with_token(name))
            self._desk.loose.update(self._desk.with_token(name))
        webinar = self._knowledge.webinars.get(said.webinar_id)
        if webinar is not None:
            self._floats_dirty(self._meetings.of_webinar(webinar))

    def webinar_changed(self, webinar_id: str) -> None:
        """Its numbers' connections may concern it now, where that is what changed: a million of them
        would be told once more of another grace or title."""
        self._meetings.webinar_changed()
        webinar = self._knowledge.webinars[webinar_id]
        concern = _concern(webinar)
        if self._concerns.get(webinar_id) == concern:
            return
        self._concerns[webinar_id] = concern
        for uuid in self._meetings.of_webinar(webinar):
            self._untold.connections.update(self._book.of_meeting(uuid))
            self._untold.meetings.add(uuid)
            self._floats_dirty([uuid])
        for uuid in self._desk.of_numbers({s.number for s in webinar.sessions if s.number}):
            self._desk.loosen(uuid)

    def ruled(self, said: Ruling) -> None:
        """An assignment beats all evidence (rule F2); a list makes a connection a room's (I11)."""
        if isinstance(said, ConnectionAssignedV1):
            self._untold.connections.update(self._book.named(said.meeting_uuid, said.user_id,
                                                said.participant_uuid))  # fmt: skip
            self._floats_dirty([said.meeting_uuid])
            self._desk.spoken_of(said.meeting_uuid, said.user_id)
        elif isinstance(said, PeopleListedV1) and said.registrant_id:
            self._untold.connections.update(self._book.with_token(f"r{said.registrant_id}"))
            self._desk.loose.update(self._desk.with_token(f"r{said.registrant_id}"))
            self._floats_dirty(self._meetings.by_number.get(said.zoom_number or "", ()))

    def _floats_dirty(self, uuids: Iterable[str]) -> None:
        self._untold.floats.update(u for u in uuids if self._book.has_floating(u))

    def report_changed(self, uuid: str) -> None:
        """Its claims are looked at with the next tick; those of others may all be there."""
        self._desk.look.add(uuid)
        self._release(uuid)

    def report_forgotten(self, uuid: str) -> None:
        """Its rows and claims are dropped, those that wait too."""
        self._desk.forget(uuid)
        self._untold.claims.pop(uuid, None)

    def _release(self, uuid: str) -> None:
        if self._desk.release(uuid):
            self._untold.connections.update(self._book.of_meeting(uuid))

    # --- publishing ---

    def unflushed(self) -> int:
        """How many connections wait to be told."""
        return len(self._untold.connections)

    def quiet(self) -> bool:
        """Whether everything that was heard has been told."""
        return not (self._flushing or self._untold.waits())

    async def flush(self) -> None:
        """Tell meetings first, then connections, then the clocks that wait for both."""
        self._flushing = True
        if self._lived_before:  # what waits now may have been told as parked
            self._teller.maybe_parked |= self._untold.concerned()
            self._lived_before = False
        try:
            await self._untold.tell()
            await self._dead.flush()
            await self._untold.tell_what_waited()
        finally:
            self._flushing = False

    # --- once a second ---

    def tick(self, now: float, at_end: bool) -> None:
        """Clocks whose length has passed (rule L2), once everything before this second is folded."""
        if not at_end:
            return
        self._book.own.rest()
        while self._desk.look:
            uuid = self._desk.look.pop()
            self._release(uuid)
            claims = self._desk.look_at(uuid)
            if claims is not None:
                self._untold.claims[uuid] = claims
        known = {*self._untold.clocks_told, *self._untold.clocks}
        self._untold.clocks += self._meetings.clocks_due(self._knowledge, known, int(now))


def _concern(webinar: Webinar) -> str:
    """Equal for webinars that the same connections concern, whosever they are."""
    sessions = sorted((s.number or "", s.start, s.end) for s in webinar.sessions)
    return repr((sessions, sorted(webinar.staff)))
