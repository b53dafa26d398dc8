"""The first stage: webhooks of a partition → connection snapshots to whom they may concern.

A snapshot is all that is known of a connection. It goes to its owner, or to the candidates and to
the connection's own key (`~connection`, parked); whoever else might once have been told gets an
empty one (`possible_owners`). So what was said before – by us, before a crash, or by somebody with
an older roster – is always taken back, and the highest revision holds, in any order.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from services.attendance.domain import clocks
from services.attendance.domain.connections import Floating, Known, bound_to, seen
from services.attendance.domain.facts import ClockPassed, MeetingTimes, Webinar
from services.attendance.domain.identity import Resolution, possible_owners, resolve
from services.attendance.domain.meetings import merge, of_lifecycle, of_participant
from services.attendance.domain.webhook import Lifecycle, Malformed, Other, Participant, parse
from services.attendance.frames import event_frame, items
from services.attendance.knowledge import Knowledge, Listener
from services.attendance.record_writer import DeadFrames, RecordWriter
from services.attendance.roster import tokens
from shared import crypto
from shared.batch import TornBatch
from shared.events.attendance import ClockPassedV1, ConnectionSeenV1, MeetingSeenV1
from shared.events.registration import EnrolledV1
from shared.keys import partition_of, person_key
from shared.stream import InputRecord
from shared.telemetry import EVENTS as FOLDED
from shared.telemetry import NOT_EVIDENCE

LONGEST_MEETING = 30 * 3600
"""Seconds that a Zoom meeting can last at most: how far a connection of unknown bounds may reach."""
TAKEN_OVER = 1_000_000
"""Added to the revision by the partition that adopts another connection's facts (rules I1, W3)."""
SLICE = 2_000
Frames = Iterator[tuple[int, bytes]]


class IdentifyStage(Listener):
    """The state of one webhooks partition."""

    def __init__(self, partition: int, partitions: int, knowledge: Knowledge, identity_key: bytes,
                 writer: RecordWriter, dead: DeadFrames, epoch: Any, source: str) -> None:  # fmt: skip
        self._partition, self._partitions = partition, partitions
        self._knowledge, self._writer, self._dead = knowledge, writer, dead
        self._epoch, self._source, self._key = epoch, source, identity_key
        self._connections: dict[str, Known] = {}
        self._by_meeting: dict[str, list[str]] = defaultdict(list)
        self._by_token: dict[str, list[str]] = defaultdict(list)
        self._floating: dict[str, Floating] = defaultdict(Floating)
        self._meetings: dict[str, MeetingTimes] = {}
        self._by_number: dict[str, set[str]] = defaultdict(set)
        self._arrivals: dict[str, int] = {}
        self._dirty: set[str] = set()
        self._dirty_floats: set[str] = set()
        self._dirty_meetings: set[str] = set()
        self._maybe_parked: set[str] = set()
        self._due: list[ClockPassed] = []
        self._written: set[ClockPassed] = set()
        self._told: dict[str, MeetingTimes] = {}
        knowledge.listeners.append(self)

    def close(self) -> None:
        """The partition is not ours any more."""
        self._knowledge.listeners.remove(self)

    # --- folding: no I/O ---

    def fold(self, record: InputRecord) -> int:
        """Every webhook of a record; what cannot be read is dead-lettered alone."""
        count = 0
        try:
            for count, item in enumerate(items(record.value, record.headers), 1):  # noqa: B007
                try:
                    arrived = int(item.header.get("received_ms", record.timestamp)) // 1000
                    self._take(orjson.loads(item.body), arrived, record.settled)
                except (Malformed, ValueError, TypeError) as wrong:
                    self._dead.add(record, item.place, item.key, item.body, f"no webhook: {wrong}")
        except (TornBatch, orjson.JSONDecodeError) as torn:
            self._dead.add(record, count, "", record.value, str(torn))
        return count

    def _take(self, body: Any, arrived: int, settled: bool) -> None:
        event = parse(body)
        if isinstance(event, Other):
            NOT_EVIDENCE.labels(event=event.event).inc()
            return
        uuid = event.meeting_uuid
        FOLDED.labels(stage="identify", kind=type(event).__name__).inc()
        if arrived > self._arrivals.get(uuid, 0):
            self._arrivals[uuid] = arrived
        if isinstance(event, Participant):
            self._meeting(of_participant(event))
            self._participant(event, settled)
        elif isinstance(event, Lifecycle):
            self._meeting(of_lifecycle(event))
            self._dirty_meetings.add(uuid)
        elif self._floating[uuid].add(event):
            self._dirty_floats.add(uuid)

    def _meeting(self, said: MeetingTimes) -> None:
        known = self._meetings.get(said.uuid)
        after = said if known is None else merge(known, said)
        self._meetings[said.uuid] = after
        self._by_number[after.number].add(said.uuid)
        if after.practice_ended is not None and after != known:
            self._dirty_meetings.add(said.uuid)

    def _participant(self, event: Participant, settled: bool) -> None:
        one = seen(event, self._tag)
        if not event.participant_uuid or event.phone_number:
            if self._floating[event.meeting_uuid].add(one):
                self._dirty_floats.add(event.meeting_uuid)
            return
        key = f"{event.meeting_uuid}|{event.participant_uuid}"
        known = self._connections.get(key)
        if known is None:
            known = self._connections[key] = Known(event.meeting_uuid, event.participant_uuid)
            self._by_meeting[event.meeting_uuid].append(key)
        if settled:
            self._maybe_parked.add(key)
        if known.add(one):
            self._index(known)
            self._dirty.add(key)
            if event.meeting_uuid in self._floating:
                self._dirty_floats.add(event.meeting_uuid)

    def _tag(self, value: str) -> str:
        return crypto.identity_hmac(self._key, value)

    def _index(self, known: Known) -> None:
        who = known.identifiers
        for token in (*(f"r{r}" for r in who.registrant_ids), *(f"e{e}" for e in who.emails),
                      *(f"k{k}" for k in who.customer_keys)):  # fmt: skip
            keys = self._by_token[token]
            if known.key not in keys:
                keys.append(known.key)

    # --- what changes from outside ---

    def enrolment_changed(self, event: EnrolledV1) -> None:
        """A late enrolment resolves what came before it (rule W8)."""
        for token in tokens(event):
            kind, _, rest = token[0], token[1:], token[1:]
            name = kind + (rest.partition("|")[2] if kind == "r" else rest)
            found = self._by_token.get(name, ())
            self._dirty.update(found)
            self._dirty_floats.update(self._connections[key].meeting_uuid for key in found
                                      if self._connections[key].meeting_uuid in self._floating)  # fmt: skip
        self._dirty_floats.update(self._floats_of(event))

    def _floats_of(self, event: EnrolledV1) -> Iterable[str]:
        webinar = self._knowledge.webinars.get(event.webinar_id)
        numbers = {s.number for s in webinar.sessions} if webinar else set()
        return [
            u for u in self._floating if u in self._meetings and self._meetings[u].number in numbers
        ]

    def webinar_changed(self, webinar_id: str) -> None:
        """Its numbers' connections may concern it now."""
        numbers = {s.number for s in self._knowledge.webinars[webinar_id].sessions}
        for uuid, times in self._meetings.items():
            if times.number in numbers:
                self._dirty.update(self._by_meeting.get(uuid, ()))
                self._dirty_meetings.add(uuid)
                if uuid in self._floating:
                    self._dirty_floats.add(uuid)

    # --- publishing ---

    def unflushed(self) -> int:
        """How many connections wait to be told."""
        return len(self._dirty)

    async def flush(self) -> None:
        """Tell meetings first, then connections, then the clocks that wait for both."""
        meetings, self._dirty_meetings = self._dirty_meetings, set()
        floats, self._dirty_floats = self._dirty_floats, set()
        try:
            await self._writer.write(self._meeting_frames(meetings))
            await self._connections_out()
            await self._writer.write(f for uuid in floats for f in self._float_frames(uuid))
        except BaseException:
            self._dirty_meetings |= meetings
            self._dirty_floats |= floats
            raise
        await self._dead.flush()
        await self._clocks_out()

    async def _connections_out(self) -> None:
        while self._dirty:
            batch = [self._dirty.pop() for _ in range(min(SLICE, len(self._dirty)))]
            try:
                await self._writer.write(
                    f for key in batch for f in self._connection_frames(self._connections[key])
                )
            except BaseException:
                self._dirty.update(batch)
                raise
            await asyncio.sleep(0)

    async def _clocks_out(self) -> None:
        if not self._due or self._dirty or self._dirty_floats or self._dirty_meetings:
            return
        due = list(self._due)
        await self._writer.write(f for clock in due for f in self._clock_frames(clock))
        self._written.update(due)
        self._due = [clock for clock in self._due if clock not in self._written]

    def _frame(self, kind: str, key: str, body: dict[str, Any]) -> bytes:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return event_frame(kind, self._source, key, body, now)

    def _everywhere(self, kind: str, key: str, body: dict[str, Any]) -> Frames:
        one = self._frame(kind, key, body)
        return ((partition, one) for partition in range(self._partitions))

    def _meeting_frames(self, uuids: Iterable[str]) -> Frames:
        for uuid in uuids:
            times = self._meetings[uuid]
            home = partition_of(uuid.encode(), self._partitions) == self._partition
            told = _told(times)
            if not (home or times.practice_ended is not None) or self._told.get(uuid) == told:
                continue
            yield from self._everywhere(MeetingSeenV1.type, uuid, {
                "meeting_uuid": uuid, "zoom_number": told.number, "started": told.started,
                "ended": told.ended, "practice_ended": told.practice_ended,
                "last_start": told.last_start, "last_join": told.last_join,
                "last_leave": told.last_leave, "source": self._partition,
            })  # fmt: skip
            self._told[uuid] = told

    def _clock_frames(self, clock: ClockPassed) -> Frames:
        return self._everywhere(ClockPassedV1.type, f"{clock.webinar_id}|{clock.session_id}", {
            "webinar_id": clock.webinar_id, "session_id": clock.session_id,
            "official_end": clock.official_end, "clock": clock.kind.value,
            "source": self._partition, "sources": self._partitions,
        })  # fmt: skip

    # --- to whom a connection is told ---

    def _webinars(self, known: Known) -> Iterator[Webinar]:
        """Those with a session in this number that the connection may overlap; too many do no harm,
        since presence is clipped to the session anyway (rule I8)."""
        times = [at for _, _, at in known.facts]
        low, high = min(times) - LONGEST_MEETING, max(times) + LONGEST_MEETING
        for webinar_id in self._knowledge.by_number.get(known.number, ()):
            webinar = self._knowledge.webinars[webinar_id]
            if any(
                s.number == known.number and s.start < high and s.end > low
                for s in webinar.sessions
            ):
                yield webinar

    def _connection_frames(self, known: Known) -> Frames:
        legs = self._floating.get(known.meeting_uuid)
        if legs is not None and legs.adopt(known):
            self._index(known)
        for webinar in self._webinars(known):
            found = self._resolve(known, webinar)
            others = possible_owners(
                known.identifiers, self._knowledge.roster, webinar.id, known.number
            )
            yield from self._tell(known, webinar, found, others, known.revision)

    def _resolve(
        self, known: Known, webinar: Webinar, bound: Iterable[Resolution] = ()
    ) -> Resolution:
        return resolve(known.identifiers, self._knowledge.roster, webinar.id, known.number,
                       bound=bound, phone=known.phone, staff=webinar.staff)  # fmt: skip

    def _tell(self, known: Known, webinar: Webinar, found: Resolution, others: Iterable[str],
              revision: int) -> Frames:  # fmt: skip
        unresolved = found.owner is None and not found.nobody
        if found.owner is not None:
            yield self._snapshot(known, webinar, found.owner, "owner", found, revision)
        for person in sorted(set(others) | set(found.candidates)):
            if person != found.owner:
                role = "candidate" if person in found.candidates and unresolved else "none"
                yield self._snapshot(known, webinar, person, role, found, revision)
        if unresolved or known.key in self._maybe_parked:
            role = "unresolved" if unresolved else "none"
            yield self._snapshot(known, webinar, f"~{known.key}", role, found, revision)
            self._maybe_parked.add(known.key)

    def _snapshot(self, known: Known, webinar: Webinar, person: str, role: str, found: Resolution,
                  revision: int) -> tuple[int, bytes]:  # fmt: skip
        silent = role == "none"
        connection = known.snapshot()
        body = {
            "webinar_id": webinar.id,
            "participant_id": person,
            "connection_id": known.key,
            "meeting_uuid": known.meeting_uuid,
            "zoom_number": known.number,
            "revision": (revision, self._epoch()),
            "role": role,
            "facts": () if silent else connection.facts,
            "ip_tags": () if silent else connection.ip_tags,
            "candidates": found.candidates if role == "unresolved" else (),
            "problem": None if found.problem is None or silent else found.problem.value,
        }
        key = person_key(webinar.id, person)
        partition = partition_of(key.encode(), self._partitions)
        return partition, self._frame(ConnectionSeenV1.type, key, body)

    # --- what names no connection: phone legs and events without participant_uuid ---

    def _float_frames(self, uuid: str) -> Frames:
        floating = self._floating[uuid]
        here = [self._connections[key] for key in self._by_meeting.get(uuid, ())]
        legs = floating.legs()
        for leg in legs:
            adopter = next((k for k in here if not leg.participant_uuid and
                            any(k.is_named(u, "") for u in leg.user_ids)), None)  # fmt: skip
            if adopter is not None:
                yield from self._adopted(leg, adopter)
            else:
                yield from self._leg_frames(leg, floating, here, legs)

    def _adopted(self, leg: Known, adopter: Known) -> Frames:
        """Its facts count with the connection that has its user_id; the leg itself is nobody's."""
        yield from self._connection_frames(adopter)
        for webinar in self._webinars(leg):
            others = possible_owners(
                leg.identifiers, self._knowledge.roster, webinar.id, leg.number
            )
            self._maybe_parked.add(leg.key)
            yield from self._tell(
                leg, webinar, Resolution(nobody=True), others, leg.revision + TAKEN_OVER
            )

    def _leg_frames(
        self, leg: Known, floating: Floating, here: list[Known], legs: list[Known]
    ) -> Frames:
        """A leg is told by the partition of the leg that it is bound to, else by its own home."""
        named = bound_to(leg, floating.binds)
        bound = [k for k in here for ids in named if k.is_named(*ids)]
        home = partition_of(leg.key.encode(), self._partitions) == self._partition
        if not bound and not home:
            return
        bound += [k for k in legs for ids in named if home and k.is_named(*ids) and k is not leg]
        revision = leg.revision + (TAKEN_OVER if bound else 0) + len(floating.binds)
        for webinar in self._webinars(leg):
            found = self._resolve(leg, webinar, [self._resolve(k, webinar) for k in bound])
            others = possible_owners(
                leg.identifiers, self._knowledge.roster, webinar.id, leg.number,
                bound=[k.identifiers for k in bound],
            )  # fmt: skip
            self._maybe_parked.add(leg.key)
            yield from self._tell(leg, webinar, found, others, revision)

    # --- once a second ---

    def tick(self, now: float, at_end: bool) -> None:
        """Clocks whose length has passed (rule L2), once everything before this second is folded."""
        if not at_end:
            return
        for webinar in self._knowledge.webinars.values():
            if now >= min(s.end for s in webinar.sessions):
                self._due += self._clocks_due(webinar, int(now))

    def _clocks_due(self, webinar: Webinar, now: int) -> list[ClockPassed]:
        numbers = {s.number for s in webinar.sessions if s.number}
        meetings = [self._meetings[u] for n in numbers for u in self._by_number[n]]
        others = [s for n in numbers for s in self._knowledge.sessions_of(n, webinar.id)]
        known = {*self._written, *self._due}
        return clocks.due(webinar, meetings, known, now, self._arrivals, others)


def _told(times: MeetingTimes) -> MeetingTimes:
    """What the other stage needs: who was last there only where a rehearsal ended (rule I9)."""
    if times.practice_ended is not None:
        return times
    return times._replace(last_start=None, last_join=None, last_leave=None)
