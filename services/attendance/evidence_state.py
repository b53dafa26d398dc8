"""What one events partition knows: people's evidence, meetings, clocks (a fold of facts, rule L1)."""

from collections import defaultdict
from sys import intern
from typing import Any

from services.attendance.applied_reports import AppliedReports
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed, Connection, MeetingTimes, Scan
from services.attendance.domain.meetings import merge
from services.attendance.packed_map import PackedMap
from services.attendance.packing import clock_of, tuples
from services.attendance.person import Person, Seen, pack_person, unpack_person
from shared.checkpoints import Kept

PEOPLE = "people/"
"""Begins the name under which a webinar's people are kept."""


class EvidenceState:
    """The fold. Each method takes one fact and says whether anything changed."""

    def __init__(self) -> None:
        self.people: dict[str, PackedMap[Person]] = defaultdict(_people)
        self.meetings: dict[str, dict[str, MeetingTimes]] = defaultdict(dict)
        self.facts: dict[str, int] = defaultdict(int)
        self._clocks: dict[ClockPassed, set[int]] = defaultdict(set)
        self.passed: dict[str, frozenset[ClockPassed]] = defaultdict(frozenset)
        self.reports = AppliedReports()
        self.reported = False
        """Whether a report of Zoom's ever said anything of a connection here."""

    def keep(self) -> Kept:
        """A copy of everything."""
        rows: dict[str, list[Any]] = {
            "lives": [(number, *times) for number, of in self.meetings.items()
                      for times in of.values()],
            "facts": list(self.facts.items()),
            "clocks": [(clock, sorted(told)) for clock, told in self._clocks.items()],
            "passed": [clock for clocks in self.passed.values() for clock in clocks],
            "reported": [self.reported],
        }  # fmt: skip
        people = {PEOPLE + webinar: held.packed() for webinar, held in self.people.items()}
        return Kept(rows | self.reports.keep(), people)

    def restore(self, kept: Kept) -> None:
        """What `keep` gave, into an empty state."""
        rows = kept.rows
        for number, *row in rows.get("lives", ()):
            times = MeetingTimes(*row)
            self.meetings[number][times.uuid] = times
        self.facts.update(dict(rows.get("facts", ())))
        for clock, told in rows.get("clocks", ()):
            self._clocks[clock_of(clock)] = set(told)
        for row in rows.get("passed", ()):
            clock = clock_of(row)
            self.passed[clock.webinar_id] |= {clock}
        for name, packed in kept.maps.items():
            if name.startswith(PEOPLE):
                self.people[name.removeprefix(PEOPLE)] = _people(packed)
        self.reports.restore(rows)
        (self.reported,) = rows.get("reported", (False,))

    def connection(self, body: dict[str, Any]) -> bool:
        """A `ConnectionSeenV1`."""
        person = self._person(body["webinar_id"], body["participant_id"])
        revision: tuple[int, int] = tuple(body["revision"])
        before = person.seen.get(body["connection_id"])
        if before is not None and before.revision >= revision:
            return False
        get = body.get
        facts = tuples(get("facts", ()))
        limits = get("limits")
        connection = Connection(
            body["connection_id"], intern(body["meeting_uuid"]), intern(body["zoom_number"]), facts,
            tuple(get("ip_tags", ())), None if limits is None else tuple(map(tuple, limits)),
            tuple(map(tuple, get("rows", ()))), get("reported", False), get("phone", False),
        )  # fmt: skip
        self.reported = self.reported or connection.reported
        after = Seen(revision, intern(body["role"]), connection, tuple(get("candidates", ())),
                     get("problem"), tuple(get("rooms", ())), get("alike", ""),
                     tuple(get("links", ())))  # fmt: skip
        person.seen[body["connection_id"]] = after
        self._keep(body, person)
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
        self._keep(body, person)
        self.facts[body["webinar_id"]] += 1
        return True

    def item(self, body: dict[str, Any]) -> bool:
        """An `ItemPassedV1`; identity: participant and item."""
        person = self._person(body["webinar_id"], body["participant_id"])
        if body["item"] in person.items:
            return False
        person.items |= {body["item"]}
        self._keep(body, person)
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

    def rest(self) -> None:
        """Keep no object beside its bytes that nobody asks for."""
        for people in self.people.values():
            people.rest()

    def person(self, webinar_id: str, participant_id: str) -> Person | None:
        """All that is known of somebody; None where nothing is."""
        people = self.people.get(webinar_id)
        return None if people is None else people.get(participant_id)

    def parked(self, webinar_id: str) -> list[tuple[str, str]]:
        """Connections that are, or were, nobody's, by their own keys."""
        known = self.people.get(webinar_id, ())
        return [(webinar_id, key) for key in known if key.startswith("~")]

    def _person(self, webinar_id: str, participant_id: str) -> Person:
        return self.person(webinar_id, participant_id) or Person()

    def _keep(self, body: dict[str, Any], person: Person) -> None:
        self.people[body["webinar_id"]][body["participant_id"]] = person


def _people(packed: dict[str, bytes] | None = None) -> PackedMap[Person]:
    return PackedMap(pack_person, unpack_person, packed)
