"""One person's evidence in one webinar, as the second stage holds it, and as bytes."""

from sys import intern
from typing import Any, NamedTuple

import orjson

from services.attendance.domain.evidence import Evidence
from services.attendance.domain.facts import Connection, Scan
from services.attendance.packing import dumps, tuples


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


def pack_person(person: Person) -> bytes:
    """See `unpack_person`."""
    items = sorted(person.items) if person.items else ()
    return dumps(([_seen(one) for one in person.seen.values()], items, person.scans))


def unpack_person(_: str, raw: bytes) -> Person:
    """The person again."""
    seen, items, scans = orjson.loads(raw)
    person = Person()
    person.seen = {row[0]: _of(row) for row in seen}
    person.items, person.scans = frozenset(items), tuple([Scan(*scan) for scan in scans])
    return person


def _seen(seen: Seen) -> tuple[Any, ...]:
    """A row; what most connections have not stands together at its end, if there is any."""
    one = seen.connection
    row = (one.connection_id, len(one.meeting_uuid), seen.revision, seen.role, one.number,
           one.facts, one.ip_tags, seen.links)  # fmt: skip
    more = (one.limits, one.rows, one.reported, one.phone, seen.candidates, seen.problem,
            seen.rooms, seen.alike)  # fmt: skip
    return row if more == USUAL else (*row, more)


USUAL = (None, (), False, False, (), None, (), "")


def _of(row: list[Any]) -> Seen:
    key, length, revision, role, number, facts, ip_tags, links = row[:8]
    if len(row) == 8:
        usual = Connection(key, intern(key[:length]), intern(number), tuples(facts), tuple(ip_tags))
        return Seen(tuple(revision), intern(role), usual, links=tuple(links))
    limits, rows, reported, phone, candidates, problem, rooms, alike = row[8]
    connection = Connection(
        key, intern(key[:length]), intern(number), tuples(facts),
        tuple(ip_tags), None if limits is None else tuples(limits),
        tuples(rows), reported, phone,
    )  # fmt: skip
    return Seen(tuple(revision), intern(role), connection, tuple(candidates), problem,
                tuple(rooms), alike, tuple(links))  # fmt: skip
