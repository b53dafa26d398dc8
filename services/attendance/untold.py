"""What one webhooks partition has heard and not told yet, and the telling of it.

Whatever cannot be written stays here: nothing is forgotten before the broker has it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from services.attendance.claims import Claims
from services.attendance.connection_book import ConnectionBook
from services.attendance.domain.facts import ClockPassed, MeetingTimes
from services.attendance.meeting_book import MeetingBook
from services.attendance.packing import clock_of
from services.attendance.record_writer import RecordWriter
from services.attendance.report_desk import ReportDesk
from services.attendance.telling import Frames, Teller

SLICE = 2_000
"""Connections per write, so that a burst never holds the event loop for long."""


class Untold:
    """`out` writes to the events topic, `legs` to the webhooks topic (what all partitions must
    know)."""

    def __init__(self, partition: int, partitions: int, book: ConnectionBook, meetings: MeetingBook,
                 desk: ReportDesk, teller: Teller, out: RecordWriter, legs: RecordWriter) -> None:  # fmt: skip
        self._mine, self._every = partition, range(partitions)
        self._book, self._times, self._desk, self._teller = book, meetings, desk, teller
        self._out, self._legs = out, legs
        self.connections: set[str] = set()
        self.floats: set[str] = set()
        self.meetings: set[str] = set()
        self.claims: dict[str, Claims] = {}
        self.clocks: list[ClockPassed] = []
        self.clocks_told: set[ClockPassed] = set()
        self._meetings_told: dict[str, MeetingTimes] = {}
        self._legs_told: dict[str, int] = {}
        self._concerned_told: dict[str, tuple[int, int]] = {}
        self._strays_told: dict[str, tuple[tuple[int, int], bool]] = {}
        """Each with its mark, and whether it was adopted. Not kept: they are told once more after a restart."""

    def waits(self) -> bool:
        """Whether something of what was heard is not told."""
        return bool(self.connections or self.floats or self.meetings)

    def keep(self) -> dict[str, list[Any]]:
        """A copy of everything, as rows. Claims and clocks that wait are found anew by the tick."""
        return {
            "untold": list(self.connections),
            "untold_floats": list(self.floats),
            "untold_meetings": list(self.meetings),
            "clocks_told": list(self.clocks_told),
            "meetings_told": list(self._meetings_told.values()),
            "legs_told": list(self._legs_told.items()),
            "concerned_told": [(key, *mark) for key, mark in self._concerned_told.items()],
        }

    def restore(self, rows: Mapping[str, list[Any]]) -> None:
        """What `keep` gave, to what was heard meanwhile."""
        self.connections.update(rows.get("untold", ()))
        self.floats.update(rows.get("untold_floats", ()))
        self.meetings.update(rows.get("untold_meetings", ()))
        self.clocks_told = {clock_of(row) for row in rows.get("clocks_told", ())}
        told = [MeetingTimes(*row) for row in rows.get("meetings_told", ())]
        self._meetings_told = {one.uuid: one for one in told}
        self._legs_told = dict(rows.get("legs_told", ()))
        marks = rows.get("concerned_told", ())
        self._concerned_told = {key: (revision, epoch) for key, revision, epoch in marks}

    def concerned(self) -> set[str]:
        """Every connection and stray that waits to be told."""
        floating = [leg.key for uuid in self.floats for leg, _ in self._book.strays(uuid)]
        named = [known.key for uuid in self.floats for known in self._book.concerned(uuid)]
        return {*self.connections, *floating, *named}

    async def tell(self) -> None:
        """Meetings first, then connections; raises aiokafka.errors.KafkaError, forgetting nothing."""
        meetings, self.meetings = self.meetings, set()
        floats, self.floats = self.floats, set()
        try:
            await self._meetings_out(meetings)
            await self._connections_out()
            await self._floats_out(floats)
            await self._loose_out()
        except BaseException:
            self.meetings |= meetings
            self.floats |= floats
            raise

    async def tell_what_waited(self) -> None:
        """What may be said only after all connections: claims, clocks, applied reports."""
        await self._claims_out()
        await self._clocks_out()
        await self._applied_out()

    async def _meetings_out(self, uuids: Iterable[str]) -> None:
        news = {}
        for uuid in uuids:
            times = self._times.of[uuid]
            told = _told(times)
            home = self._book.is_home(uuid) or times.practice_ended is not None
            if home and self._meetings_told.get(uuid) != told:
                news[uuid] = told
        await self._out.write(f for told in news.values() for f in self._teller.meeting(told))
        self._meetings_told.update(news)

    async def _connections_out(self) -> None:
        while self.connections:
            batch = [self.connections.pop() for _ in range(min(SLICE, len(self.connections)))]
            try:
                await self._out.write(self._frames(batch))
            except BaseException:
                self.connections.update(batch)
                raise
            await asyncio.sleep(0)

    def _frames(self, keys: Iterable[str]) -> Frames:
        return (f for key in keys for f in self._teller.connection(self._book.own[key]))

    async def _floats_out(self, uuids: Iterable[str]) -> None:
        """Connections that binds and stray events concern: to all partitions, then to people."""
        concerned = [known for uuid in uuids for known in self._book.concerned(uuid)]
        for known in concerned:
            self._book.adopt(known)  # what others hear of it is all that it has
        # read before anything is awaited: what is folded meanwhile is in the object, and not told
        revisions = {known.key: known.revision for known in concerned}
        news = [k for k in concerned if self._legs_told.get(k.key) != revisions[k.key]]
        await self._legs.write(f for known in news for f in self._teller.leg(known))
        self._legs_told.update((known.key, revisions[known.key]) for known in news)
        marks = {known.key: self._teller.mark(known) for known in concerned}
        fresh = [k for k in concerned if self._concerned_told.get(k.key) != marks[k.key]]
        await self._out.write(f for known in fresh for f in self._teller.connection(known))
        self._concerned_told.update(marks)
        await self._strays_out(uuids)

    async def _strays_out(self, uuids: Iterable[str]) -> None:
        """Those of which there is something new: each that comes would have all told anew."""
        strays = [one for uuid in uuids for one in self._book.strays(uuid)]
        marks = {leg.key: (self._teller.mark(leg), adopted) for leg, adopted in strays}
        fresh = [one for one in strays if self._strays_told.get(one[0].key) != marks[one[0].key]]
        await self._out.write(f for one in fresh for f in self._teller.stray(*one))
        self._strays_told.update(marks)

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
        while self.claims:
            uuid, claims = self.claims.popitem()
            others = [home for home in self._every if home != self._mine]
            try:
                await self._legs.write(self._teller.claims(uuid, claims, others))
                await self._legs.write(self._teller.claims(uuid, claims, (self._mine,)))
            except BaseException:
                self.claims.setdefault(uuid, claims)
                raise
            self._desk.claimed(uuid, claims)

    async def _applied_out(self) -> None:
        if not self._desk.due or self.connections or self.floats or self._desk.loose:
            return
        due, self._desk.due = self._desk.due, set()
        try:
            await self._out.write(f for uuid in due for f in self._teller.applied(uuid))
        except BaseException:
            self._desk.due |= due
            raise

    async def _clocks_out(self) -> None:
        if not self.clocks or self.waits():
            return
        due = list(self.clocks)
        await self._out.write(f for clock in due for f in self._teller.clock(clock))
        self.clocks_told.update(due)
        self.clocks = [clock for clock in self.clocks if clock not in self.clocks_told]


def _told(times: MeetingTimes) -> MeetingTimes:
    """What the other stage needs: who was last there only where a rehearsal ended (rule I9)."""
    if times.practice_ended is not None:
        return times
    return times._replace(last_start=None, last_join=None, last_leave=None)
