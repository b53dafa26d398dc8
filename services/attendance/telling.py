"""To whom a connection is told, as frames of the events topic.

A snapshot is all that is known of a connection. It goes to its owner, or to the candidates and to
the connection's own key (`~connection`, parked); whoever else might once have been told gets an
empty one (`possible_owners`). So what was said before – by us, before a crash, or by somebody with
an older roster – is always taken back, and the highest revision holds, in any order.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from services.attendance.connection_book import ConnectionBook
from services.attendance.domain.connections import Known
from services.attendance.domain.facts import ClockPassed, MeetingTimes, Webinar
from services.attendance.domain.identity import Resolution, possible_owners, resolve
from services.attendance.frames import event_frame
from services.attendance.knowledge import Knowledge
from shared.events.attendance import ClockPassedV1, ConnectionSeenV1, LegSeenV1, MeetingSeenV1
from shared.keys import partition_of, person_key

LONGEST_MEETING = 30 * 3600
"""Seconds that a Zoom meeting can last at most: how far a connection of unknown bounds may reach."""
ADOPTED = 1_000_000
"""Added to the revision of a leg that a connection adopted: that is for ever (rule I1)."""
Frames = Iterator[tuple[int, bytes]]


class Teller:
    """Makes the frames of one webhooks partition."""

    def __init__(self, partition: int, partitions: int, knowledge: Knowledge,
                 book: ConnectionBook, epoch: Callable[[], int], source: str) -> None:  # fmt: skip
        self._partition, self._partitions = partition, partitions
        self._knowledge, self._book = knowledge, book
        self._epoch, self._source = epoch, source
        self.maybe_parked: set[str] = set()
        """Connections whose own key may once have been told that they are unresolved."""

    def connection(self, known: Known) -> Frames:
        """A connection (or a leg without one) to everybody whom it may concern."""
        self._book.adopt(known)
        bound = self._book.bound(known)
        revision = known.revision + sum(1 + leg.revision for leg in bound)
        for webinar in self._webinars(known):
            legs = [self._resolve(leg, webinar) for leg in bound]
            found = self._resolve(known, webinar, legs)
            others = self._possible(known, webinar, bound)
            yield from self._tell(known, webinar, found, others, revision)

    def strays(self, uuid: str) -> Frames:
        """Events that name no connection: with the connection that adopted them, or as their own."""
        for leg, adopted in self._book.strays(uuid):
            if adopted:
                yield from self._nobody(leg)
            else:
                yield from self.connection(leg)

    def _nobody(self, leg: Known) -> Frames:
        self.maybe_parked.add(leg.key)
        bound = self._book.bound(leg)  # it may have been told as theirs before it was adopted
        for webinar in self._webinars(leg):
            others = self._possible(leg, webinar, bound)
            revision = leg.revision + ADOPTED
            yield from self._tell(leg, webinar, Resolution(nobody=True), others, revision)

    def leg(self, known: Known) -> Frames:
        """A connection of ours to all webhooks partitions."""
        who = known.identifiers
        return self._everywhere(LegSeenV1.type, known.key, {
            "meeting_uuid": known.meeting_uuid, "connection_id": known.key,
            "participant_uuid": known.participant_uuid, "zoom_number": known.number,
            "phone": known.phone, "facts": known.facts, "host": who.host,
            "identifiers": (who.registrant_ids, who.emails, who.customer_keys, who.zoom_ids),
        })  # fmt: skip

    def meeting(self, told: MeetingTimes) -> Frames:
        """A meeting's life to all events partitions."""
        return self._everywhere(MeetingSeenV1.type, told.uuid, {
            "meeting_uuid": told.uuid, "zoom_number": told.number, "started": told.started,
            "ended": told.ended, "practice_ended": told.practice_ended,
            "last_start": told.last_start, "last_join": told.last_join,
            "last_leave": told.last_leave, "source": self._partition,
        })  # fmt: skip

    def clock(self, clock: ClockPassed) -> Frames:
        """A clock fact, as far as this partition has read, to all events partitions (rule L2)."""
        return self._everywhere(ClockPassedV1.type, f"{clock.webinar_id}|{clock.session_id}", {
            "webinar_id": clock.webinar_id, "session_id": clock.session_id,
            "official_end": clock.official_end, "clock": clock.kind.value,
            "source": self._partition, "sources": self._partitions,
        })  # fmt: skip

    def _frame(self, kind: str, key: str, body: dict[str, Any]) -> bytes:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return event_frame(kind, self._source, key, body, now)

    def _everywhere(self, kind: str, key: str, body: dict[str, Any]) -> Frames:
        one = self._frame(kind, key, body)
        return ((partition, one) for partition in range(self._partitions))

    def _webinars(self, known: Known) -> Iterator[Webinar]:
        """Those with a session in this number that the connection may overlap; too many do no harm,
        since presence is clipped to the session anyway (rule I8)."""
        times = [at for _, _, at in known.facts]
        low, high = min(times) - LONGEST_MEETING, max(times) + LONGEST_MEETING
        for webinar_id in self._knowledge.by_number.get(known.number, ()):
            webinar = self._knowledge.webinars[webinar_id]
            mine = [s for s in webinar.sessions if s.number == known.number]
            if any(s.start < high and s.end > low for s in mine):
                yield webinar

    def _resolve(
        self, known: Known, webinar: Webinar, bound: Iterable[Resolution] = ()
    ) -> Resolution:
        return resolve(known.identifiers, self._knowledge.roster, webinar.id, known.number,
                       bound=bound, phone=known.phone, staff=webinar.staff)  # fmt: skip

    def _possible(self, known: Known, webinar: Webinar, bound: Iterable[Known]) -> frozenset[str]:
        legs = [leg.identifiers for leg in bound]
        return possible_owners(
            known.identifiers, self._knowledge.roster, webinar.id, known.number, bound=legs
        )

    def _tell(self, known: Known, webinar: Webinar, found: Resolution, others: Iterable[str],
              revision: int) -> Frames:  # fmt: skip
        unresolved = found.owner is None and not found.nobody
        if found.owner is not None:
            yield self._snapshot(known, webinar, found.owner, "owner", found, revision)
        for person in sorted(set(others) | set(found.candidates)):
            if person != found.owner:
                role = "candidate" if person in found.candidates and unresolved else "none"
                yield self._snapshot(known, webinar, person, role, found, revision)
        if unresolved or known.key in self.maybe_parked:
            role = "unresolved" if unresolved else "none"
            yield self._snapshot(known, webinar, f"~{known.key}", role, found, revision)
            self.maybe_parked.add(known.key)

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
