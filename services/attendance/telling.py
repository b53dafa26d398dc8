"""To whom a connection is told, as frames of the events topic.

A snapshot is all that is known of a connection. It goes to its owner, or to the candidates and to
the connection's own key (`~connection`, parked); whoever else might once have been told gets an
empty one (`possible_owners`). So what was said before – by us, before a crash, or by somebody with
an older roster – is always taken back, and the highest revision holds, in any order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from services.attendance.claims import Claims, claim_bodies
from services.attendance.connection_book import ConnectionBook
from services.attendance.domain.assignments import Assignment, last_word
from services.attendance.domain.connections import Known
from services.attendance.domain.facts import ClockPassed, MeetingTimes, Webinar
from services.attendance.domain.identity import (
    NOBODY,
    UNRESOLVED,
    Resolution,
    possible_owners,
    resolve,
)
from services.attendance.frames import RecentTime, event_frame
from services.attendance.knowledge import Knowledge
from services.attendance.report_desk import ReportDesk
from shared.events.attendance import ClockPassedV1, ConnectionSeenV1, LegSeenV1, MeetingSeenV1
from shared.events.reports import ReportAppliedV1, ReportClaimsV1
from shared.keys import partition_of, person_key

LONGEST_MEETING = 30 * 3600
"""Seconds that a Zoom meeting can last at most: how far a connection of unknown bounds may reach."""
ADOPTED = 1_000_000
"""Added to the revision of a leg that a connection adopted: that is for ever (rule I1)."""
Frame = tuple[int, bytes]
"""A partition of the events topic, and what goes there."""
Frames = Iterable[Frame]
Rooms = Mapping[str, frozenset[str]]
"""Registrant ids that are a proctor list's room → who was ever listed before its screen."""
NO_ROOMS: Rooms = {}
NO_OTHERS = frozenset[str]()


class Teller:
    """Makes the frames of one webhooks partition."""

    def __init__(self, partition: int, partitions: int, knowledge: Knowledge, book: ConnectionBook,
                 desk: ReportDesk, epoch: Callable[[], int], source: str) -> None:  # fmt: skip
        self._partition, self._partitions = partition, partitions
        self._knowledge, self._book, self._desk = knowledge, book, desk
        self._epoch, self._source = epoch, source
        self._clock = RecentTime()
        self.maybe_parked: set[str] = set()
        """Connections whose own key may once have been told that they are unresolved."""

    def connection(self, known: Known) -> Frames:
        """A connection (or a leg without one) to everybody whom it may concern.

        Made in one go: what is known must not change between the frames of one revision.
        """
        bound = self._whole(known)
        revision = self._revision(known, bound)
        told = self._desk.reported(known)
        # an adopted leg says less than the connection that has it, which is bound, too
        legs = [self._desk.reported(leg) for leg in bound if not self._book.is_adopted(leg)]
        if told is not known and told.participant_uuid:
            self._book.index(told)
        frames: list[Frame] = []
        for webinar in self._webinars(told):
            usual = told is known and not bound  # no report, no other leg says more of it
            owner = self._alone(known, webinar) if usual else None
            if owner is not None:
                found, others = Resolution(owner), NO_OTHERS
            else:
                bounds = [self._resolve(leg, webinar) for leg in legs]
                found = self._resolve(told, webinar, bounds)
                others = self._possible(known, told.number, webinar, bound)
            rooms = self._rooms(told, webinar)
            if rooms and found == UNRESOLVED:
                found = NOBODY  # a room is nobody's, and no case (rule I11)
            frames += self._tell(told, webinar, found, others, revision, rooms)
        return frames

    def mark(self, known: Known) -> tuple[int, int]:
        """The revision that a connection would be told with now: the same says the same."""
        return self._revision(known, self._whole(known)), self._epoch()

    def stray(self, leg: Known, adopted: bool) -> Frames:
        """Events that name no connection: with the connection that adopted them, or as their own."""
        return self._nobody(leg, ADOPTED) if adopted else self.connection(leg)

    def loose(self, places: Iterable[tuple[str, str]]) -> Frames:
        """Rows of reports that no connection has: as connections of their own, or taken back."""
        for leg, known, claimed in self._desk.loose_legs(places):
            self.maybe_parked.add(leg.key)
            self._desk.remember(self._desk.ever_reported(leg))
            if claimed or not known:
                yield from self._nobody(leg, ADOPTED if claimed else 0)
            else:
                yield from self.connection(leg)

    def _nobody(self, leg: Known, more: int) -> Frames:
        self.maybe_parked.add(leg.key)
        bound = self._book.bound(leg)  # it may have been told as theirs before it was adopted
        told = self._desk.ever_reported(leg)
        for webinar in self._webinars(told):
            others = self._possible(leg, self._desk.reported(leg).number, webinar, bound)
            revision = self._revision(leg, ()) + more
            yield from self._tell(told, webinar, NOBODY, others, revision)

    def _whole(self, known: Known) -> list[Known]:
        """Give it the events that are its own (rule I1); the legs that it is bound to (rule W3)."""
        self._book.adopt(known)
        return self._book.bound(known)

    def _revision(self, known: Known, bound: Iterable[Known]) -> int:
        """It grows with each fact, and with each report that is released."""
        legs = sum(1 + leg.revision for leg in bound)
        return known.revision + legs + self._desk.number(known.meeting_uuid)

    def claims(self, uuid: str, claims: Claims, homes: Iterable[int]) -> Frames:
        """Which user_ids of a reported meeting are our connections', to their homes."""
        for home in homes:
            for body in claim_bodies(uuid, claims, home, self._partition, self._partitions):
                yield home, self._frame(ReportClaimsV1.type, uuid, body)

    def applied(self, uuid: str) -> Frames:
        """That a report is applied here, to all events partitions."""
        for body in self._desk.applied(uuid):
            yield from self._everywhere(ReportAppliedV1.type, uuid, body)

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
        return event_frame(kind, self._source, key, body, self._clock.rfc3339())

    def _everywhere(self, kind: str, key: str, body: dict[str, Any]) -> Frames:
        one = self._frame(kind, key, body)
        return ((partition, one) for partition in range(self._partitions))

    def _webinars(self, known: Known) -> list[Webinar]:
        """Those with a session in this number that the connection may overlap; too many do no harm,
        since presence is clipped to the session anyway (rule I8)."""
        times, number = known.instants(), known.number
        if not times:
            return []
        low, high = min(times) - LONGEST_MEETING, max(times) + LONGEST_MEETING
        found = []
        for webinar_id in self._knowledge.by_number.get(number, ()):
            webinar = self._knowledge.webinars[webinar_id]
            for session in webinar.sessions:
                if session.number == number and session.start < high and session.end > low:
                    found.append(webinar)
                    break
        return found

    def _alone(self, known: Known, webinar: Webinar) -> str | None:
        """Who alone it can be, where no operator ever said more of it."""
        if self._words(known, webinar):
            return None
        return self._knowledge.roster.alone(webinar.id, known.number, known.identifiers)

    def _resolve(
        self, known: Known, webinar: Webinar, bound: Sequence[Resolution] = ()
    ) -> Resolution:
        words = self._words(known, webinar)
        said = words and last_word(
            words, known.meeting_uuid, known.participant_uuid, known.user_ids
        )
        return resolve(known.identifiers, self._knowledge.roster, webinar.id, known.number,
                       assignment=said or None, bound=bound, phone=known.phone,
                       staff=webinar.staff)  # fmt: skip

    def _possible(self, known: Known, number: str, webinar: Webinar,
                  bound: Iterable[Known]) -> frozenset[str]:  # fmt: skip
        """`number`: the connection's, or what a report says that it is."""
        told = (known, *bound)
        legs = [leg.identifiers for leg in bound]
        words = [w for one in told for w in self._words(one, webinar)]
        reports = [self._desk.ever(one) for one in told if self._desk.released(one.meeting_uuid)]
        return possible_owners(
            known.identifiers, self._knowledge.roster, webinar.id, number,
            assignments=words, bound=[*legs, *reports],
        )  # fmt: skip

    def _words(self, known: Known, webinar: Webinar) -> list[Assignment]:
        """All that operators ever said of a connection, withdrawn words too. Whoever spoke of it saw
        it parked, perhaps before a crash of ours."""
        if not self._knowledge.rulings.speak_of(webinar.id, known.meeting_uuid):
            return []
        mine = list(self._knowledge.rulings.assignments(
            webinar.id, known.meeting_uuid, known.participant_uuid, known.user_ids
        ))  # fmt: skip
        if mine:
            self.maybe_parked.add(known.key)
        return mine

    def _rooms(self, known: Known, webinar: Webinar) -> Rooms:
        links = known.identifiers.registrant_ids
        return self._knowledge.rulings.rooms(webinar.id, known.number, links) if links else NO_ROOMS

    def _tell(self, known: Known, webinar: Webinar, found: Resolution, others: frozenset[str],
              revision: int, rooms: Rooms = NO_ROOMS) -> list[Frame]:  # fmt: skip
        if self._desk.silent(known.meeting_uuid):
            return []
        if found.owner is not None and not rooms and others <= {found.owner}:  # the usual case
            told = [self._snapshot(known, webinar, found.owner, "owner", found, revision)]
            if known.key in self.maybe_parked:
                told.append(
                    self._snapshot(known, webinar, f"~{known.key}", "none", found, revision)
                )
            return told
        told = []
        owners = found.owners
        unresolved = not owners and not found.nobody
        before_screen = frozenset[str]().union(*rooms.values())
        for person in sorted({*owners, *others, *found.candidates, *before_screen}):
            role = "candidate" if person in found.candidates and unresolved else "none"
            role = "owner" if person in owners else role
            mine = tuple(sorted(room for room, people in rooms.items() if person in people))
            told.append(self._snapshot(known, webinar, person, role, found, revision, mine))
        if unresolved or known.key in self.maybe_parked:
            role = "unresolved" if unresolved else "none"
            told.append(self._snapshot(known, webinar, f"~{known.key}", role, found, revision))
            self.maybe_parked.add(known.key)
        return told

    def _snapshot(self, known: Known, webinar: Webinar, person: str, role: str, found: Resolution,
                  revision: int, rooms: tuple[str, ...] = ()) -> Frame:  # fmt: skip
        body: dict[str, Any] = {
            "webinar_id": webinar.id,
            "participant_id": person,
            "connection_id": known.key,
            "meeting_uuid": known.meeting_uuid,
            "zoom_number": known.number,
            "revision": (revision, self._epoch()),
            "role": role,
        }
        if role != "none" or rooms:
            _evidence(body, known)
            if found.problem is not None:
                body["problem"] = found.problem.value
        if role == "unresolved":
            body["candidates"] = found.candidates
        if found.split and (limits := found.owners.get(person)) is not None:
            body["limits"] = limits
        if role == "owner" and known.ip_tags:
            body["links"] = known.identifiers.registrant_ids
        if rooms:
            body["rooms"] = rooms
        if role == "unresolved":
            body["alike"] = known.identifiers.likeness()
        key = person_key(webinar.id, person)
        partition = self._knowledge.roster.partition(webinar.id, person)
        if partition is None:
            partition = partition_of(key.encode(), self._partitions)
        return partition, self._frame(ConnectionSeenV1.type, key, body)


def _evidence(body: dict[str, Any], known: Known) -> None:
    """What is known of the connection itself; what is empty is left out, as the contract allows."""
    body["facts"] = known.ordered()
    if known.ip_tags:
        body["ip_tags"] = known.ip_tags
    if known.reported:
        body["rows"], body["reported"] = known.rows, True
    if known.phone:
        body["phone"] = True
