"""What one events partition knows: people's evidence, meetings, clocks (a fold of facts, rule L1)."""

from collections import defaultdict
from sys import intern
from typing import Any, NamedTuple

from services.attendance.applied_reports import AppliedReports
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.evidence import Evidence
from services.attendance.domain.facts import ClockPassed, Connection, MeetingTimes, Scan
from services.attendance.domain.meetings import merge


class Seen(NamedTuple):
    """A connection as it stands for one person; the highest revision holds."""

    revision: tuple[int, int]
    role: str
    connection: Connection
    candidates: tuple[str, ...] = ()
    problem: str | None = None
    rooms: tuple[str, ...] = ()
    alike: str = ""
    links: tuple[str, ...] = ()


class Person:
    """One person's evidence in one webinar; for `~…` keys, one unresolved connection's."""

    __slots__ = ("items", "scans", "seen")

    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}
        self.items: frozenset[str] = frozenset()
        self.scans: tuple[Scan, ...] = ()

    def evidence(self) -> Evidence:
        """As `measure` takes it."""
        owned = tuple([s.connection for s in self.seen.values() if s.role == "owner"])
        maybe = tuple([s.connection for s in self.seen.values() if s.role == "candidate"])
        return Evidence(owned, self.scans, candidates=maybe)

    def room(self, number: str, registrant_id: str) -> tuple[Connection, ...]:
        """The connections of a room's own link, whoever else they are of (rule I11)."""
        return tuple(
            seen.connection._replace(limits=None)
            for seen in self.seen.values()
            if registrant_id in seen.rooms and seen.connection.number == number
        )


class EvidenceState:
    """The fold. Each method takes one fact and says whether anything changed."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Person]] = defaultdict(dict)
        self.meetings: dict[str, dict[str, MeetingTimes]] = defaultdict(dict)
        self.facts: dict[str, int] = defaultdict(int)
        self._clocks: dict[ClockPassed, set[int]] = defaultdict(set)
        self.passed: dict[str, frozenset[ClockPassed]] = defaultdict(frozenset)
        self.reports = AppliedReports()

    def connection(self, body: dict[str, Any]) -> bool:
        """A `ConnectionSeenV1`."""
        person = self._person(body["webinar_id"], body["participant_id"])
        revision: tuple[int, int] = tuple(body["revision"])
        before = person.seen.get(body["connection_id"])
        if before is not None and before.revision >= revision:
            return False
        get = body.get
        facts = tuple((k, intern(u), at) for k, u, at in get("facts", ()))
        limits = get("limits")
        connection = Connection(
            body["connection_id"], intern(body["meeting_uuid"]), intern(body["zoom_number"]), facts,
            tuple(get("ip_tags", ())), None if limits is None else tuple(map(tuple, limits)),
            tuple(map(tuple, get("rows", ()))), get("reported", False), get("phone", False),
        )  # fmt: skip
        after = Seen(revision, intern(body["role"]), connection, tuple(get("candidates", ())),
                     get("problem"), tuple(get("rooms", ())), get("alike", ""),
                     tuple(get("links", ())))  # fmt: skip
        person.seen[body["connection_id"]] = after
        known = len(before.connection.facts) if before else 0
        self.facts[body["webinar_id"]] += len(facts) - known
        return before is None or before[1:] != after[1:]

    def scan(self, body: dict[str, Any]) -> bool:
        """A `CheckedInV1`."""
        person = self._person(body["webinar_id"], body["participant_id"])
        scan = Scan(body["scan_id"], body["session_id"], body["kind"], body["gate"], body["at"])
        if scan in person.scans:
            return False
        person.scans = (*person.scans, scan)
        self.facts[body["webinar_id"]] += 1
        return True

    def item(self, body: dict[str, Any]) -> bool:
        """An `ItemPassedV1`; identity: participant and item."""
        person = self._person(body["webinar_id"], body["participant_id"])
        if body["item"] in person.items:
            return False
        person.items |= {body["item"]}
        self.facts[body["webinar_id"]] += 1
        return True

    def meeting(self, body: dict[str, Any]) -> bool:
        """A `MeetingSeenV1`, of any source."""
        said = MeetingTimes(
            body["meeting_uuid"], body["zoom_number"], body["started"], body["ended"],
            body["practice_ended"], body["last_start"], body["last_join"], body["last_leave"],
        )  # fmt: skip
        of_number = self.meetings[said.number]
        before = of_number.get(said.uuid)
        after = said if before is None else merge(before, said)
        of_number[said.uuid] = after
        return after != before

    def clock(self, body: dict[str, Any]) -> bool:
        """A `ClockPassedV1`; True when its last source came in: only then it acts (rule L2)."""
        clock = ClockPassed(body["webinar_id"], body["session_id"], body["official_end"],
                            ClockKind(body["clock"]))  # fmt: skip
        sources = self._clocks[clock]
        sources.add(body["source"])
        if len(sources) < body["sources"] or clock in self.passed[clock.webinar_id]:
            return False
        self.passed[clock.webinar_id] |= {clock}
        return True

    def _person(self, webinar_id: str, participant_id: str) -> Person:
        people = self.people[webinar_id]
        person = people.get(participant_id)
        if person is None:
            person = people[participant_id] = Person()
        return person
