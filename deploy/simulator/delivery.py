"""What of the deeds is delivered, when it arrives, and how often: losses, delays, repetitions."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from deploy.simulator import behaviour
from deploy.simulator.behaviour import Actor, Connection, Deeds, HallVisit, Segment
from deploy.simulator.board import Board
from deploy.simulator.people import Person, host_id, person, staff_emails
from deploy.simulator.scenario import Scenario
from deploy.simulator.timetable import Timetable, build
from deploy.simulator.truth import Bind, Fact, HallScan, Outcome, outcome

RETRIES = (300, 1500, 5100)
"""Seconds after the event at which Zoom tries again."""
STAFF = 2
KEPT = 16_384
"""How many people's records stay in memory; beyond that they are made again from the seed."""
FIRST, RESENT, OTHER_SUBSCRIPTION = range(3)


class Happening(NamedTuple):
    """One event that Zoom delivers about a person, before it is rendered."""

    name: str
    """The event's name without its family."""
    meeting: int
    at: int
    user: str
    connection: str = ""
    registrant: str = ""
    email: str = ""
    account: str = ""
    other: str = ""
    """bind_user_id of a bind, parent_user_id in a breakout room, else a phone number."""
    room: str = ""
    numeric: bool = False


class Arrival(NamedTuple):
    """When a happening (or, with `scan`, a scan) arrives: milliseconds, and which copy it is."""

    at_ms: int
    ordinal: int
    copy: int = FIRST
    scan: bool = False


class Record(NamedTuple):
    """All that is delivered about one person."""

    happenings: tuple[Happening, ...]
    scans: tuple[HallVisit, ...]
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True)
class World:
    """A scenario with everything that follows from it; people are made when they are asked for."""

    scenario: Scenario
    _kept: dict[int, Record] = field(default_factory=dict, compare=False, repr=False)
    _people: dict[int, Person] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def timetable(self) -> Timetable:
        return build(self.scenario)

    @cached_property
    def board(self) -> Board:
        return Board(self.scenario, self.timetable)

    @property
    def guests(self) -> int:
        return round(self.scenario.participants * self.scenario.rates.guest)

    @property
    def actors(self) -> int:
        """Participants, then guests, then the host, then staff."""
        return self.scenario.participants + self.guests + 1 + STAFF

    def person(self, index: int) -> Person:
        found = self._people.get(index)
        if found is None:
            if len(self._people) >= KEPT:
                self._people.clear()
            found = self._people[index] = person(self.scenario, index)
        return found

    def record(self, index: int) -> Record:
        """What is delivered about an actor; the last few thousand are kept."""
        found = self._kept.get(index)
        if found is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            found = self._kept[index] = self._record(index)
        return found

    def _record(self, index: int) -> Record:
        rng = random.Random((self.scenario.seed << 40) ^ 0x5DEECE66D ^ (index * 0x9E3779B1))
        actor = Actor(self.scenario, self.board, rng, index)
        return _Delivery(self, actor, index).record(self._deeds(actor, index))

    def _deeds(self, actor: Actor, index: int) -> Deeds:
        guest = index - self.scenario.participants
        if guest < 0:
            return behaviour.deeds_of(actor, self.person(index))
        if guest < self.guests:
            return behaviour.guest_deeds(actor)
        return behaviour.crew_deeds(actor, "host" if guest == self.guests else "staff")

    def outcome(self, index: int) -> Outcome:
        """The truth about one actor; a guest's verdict means nothing, their cases count."""
        record = self.record(index)
        participant = index < self.scenario.participants
        facts = [
            Fact(
                h.meeting,
                h.connection,
                h.user,
                "j" if h.name.endswith("joined") else "l",
                h.at,
                participant and bool(h.registrant or h.email),
            )
            for h in record.happenings
            if h.name in ("participant_joined", "participant_left")
        ]
        binds = [
            Bind(h.meeting, h.user, h.other)
            for h in record.happenings
            if h.name == "participant_bind"
        ]
        scans = [HallScan(s.session, s.kind, s.at) for s in record.scans]
        return outcome(self.board, facts, binds, scans)


@dataclass
class _Delivery:
    """Turns one actor's deeds into what is delivered about them."""

    world: World
    actor: Actor
    index: int

    def record(self, deeds: Deeds) -> Record:
        self.spotless = deeds.spotless
        happenings = tuple(self._happenings(deeds))
        return Record(happenings, deeds.scans, tuple(self._arrivals(happenings, deeds.scans)))

    def lost(self, rate: float) -> bool:
        return not self.spotless and self.actor.chance(rate)

    def _happenings(self, deeds: Deeds) -> Iterator[Happening]:
        rates = self.world.scenario.rates
        if deeds.connections and self.actor.chance(rates.registration_event):
            yield from self._registration(deeds.connections[0])
        for connection in deeds.connections:
            if connection.meeting.kind == "meeting" and self.actor.chance(rates.waiting_room):
                yield from self._waiting(connection)
            for segment in connection.segments:
                yield from self._segment(connection, segment)
            yield from self._asides(connection)

    def _segment(self, connection: Connection, segment: Segment) -> Iterator[Happening]:
        rates = self.world.scenario.rates
        parent = connection.segments[0].user
        if not self.lost(rates.missing_join):
            yield self._seen("participant_joined", connection, segment, segment.joined)
        at_end = segment.left >= connection.meeting.closed - 60
        if not self.lost(rates.missing_left_at_end if at_end else rates.missing_left):
            yield self._seen("participant_left", connection, segment, segment.left)
        if segment.room and connection.meeting.kind == "meeting":
            for name, at in (("joined", segment.joined), ("left", segment.left)):
                yield Happening(
                    f"participant_{name}_breakout_room",
                    connection.meeting.order,
                    at,
                    segment.user,
                    connection.uuid,
                    other=parent,
                    room=segment.room,
                )

    def _seen(self, name: str, connection: Connection, segment: Segment, at: int) -> Happening:
        rates, chance = self.world.scenario.rates, self.lost
        seen = Happening(name, connection.meeting.order, at, segment.user, connection.uuid)
        seen = seen._replace(numeric=self.actor.chance(rates.number_as_int))
        if chance(rates.no_participant_uuid):
            seen = seen._replace(connection="")
        if name == "participant_left" and chance(self._blank(connection)):
            return seen
        return self._named(seen, connection)

    def _blank(self, connection: Connection) -> float:
        """How often a leave of this connection says nothing about who left."""
        rates = self.world.scenario.rates
        return rates.phone_left_without_number if connection.bound_to else rates.blank_left

    def _named(self, seen: Happening, connection: Connection) -> Happening:
        """The identifiers that this connection's events carry."""
        if connection.says == "host":
            return seen._replace(account=host_id(self.world.scenario))
        if connection.says == "staff":
            crew = self.index - self.world.actors + STAFF
            return seen._replace(email=staff_emails(self.world.scenario)[crew])
        if connection.says == "phone":
            return seen._replace(other=f"+62000{self.index:07d}")
        if self.index >= self.world.scenario.participants:
            unknown = f"tamu{self.index}@luar.example"
            return seen._replace(email=unknown if connection.says == "email" else "")
        return self._personal(seen, connection)

    def _personal(self, seen: Happening, connection: Connection) -> Happening:
        me = self.world.person(self.index)
        email = me.email.upper() if self.index % 3 == 0 else me.email
        if connection.says == "email":
            return seen._replace(email=email)
        mine = [link for number, link in me.links if number == connection.meeting.number]
        with_email = self.index % 2 == 0
        registrant = mine[connection.link % len(mine)]
        return seen._replace(registrant=registrant, email=email if with_email else "")

    def _registration(self, connection: Connection) -> Iterator[Happening]:
        seen = Happening("", connection.meeting.order, connection.joined - 86_400, "")
        named = self._named(seen, connection._replace(says="registrant"))
        yield named._replace(name="registration_created")
        yield named._replace(name="registration_approved", at=named.at + 60)

    def _waiting(self, connection: Connection) -> Iterator[Happening]:
        user = connection.segments[0].user
        seen = Happening("", connection.meeting.order, connection.joined, user, connection.uuid)
        yield seen._replace(name="participant_jbh_waiting", at=seen.at - 40)
        yield seen._replace(name="participant_joined_waiting_room", at=seen.at - 30)
        yield seen._replace(name="participant_admitted", at=seen.at - 1)
        yield seen._replace(name="participant_left_waiting_room")

    def _asides(self, connection: Connection) -> Iterator[Happening]:
        rates, user = self.world.scenario.rates, connection.segments[0].user
        seen = Happening("", connection.meeting.order, connection.joined, user, connection.uuid)
        if connection.bound_to:
            phone = f"+62000{self.index:07d}"
            yield seen._replace(name="participant_bind", other=connection.bound_to, room=phone)
        if self.actor.chance(rates.role_change):
            yield seen._replace(name="participant_role_changed", at=connection.joined + 9)

    def _arrivals(
        self, happenings: tuple[Happening, ...], scans: tuple[HallVisit, ...]
    ) -> Iterator[Arrival]:
        rates, rng = self.world.scenario.rates, self.actor.rng
        for n, happening in enumerate(happenings):
            at = happening.at * 1000 + latency(rng)
            if self.actor.chance(rates.late):
                at += rng.choice(RETRIES) * 1000
            yield Arrival(at, n)
            if self.actor.chance(rates.duplicate):
                yield Arrival(at + rng.choice((2500, 300_000)), n, RESENT)
            if self.actor.chance(rates.second_subscription):
                yield Arrival(at + rng.randint(0, 900), n, OTHER_SUBSCRIPTION)
        for n, scan in enumerate(scans):
            late = 1800 if self.actor.chance(rates.offline_scanner) else 0
            yield Arrival((scan.at + 2 + late) * 1000, n, scan=True)


def latency(rng: random.Random) -> int:
    """Milliseconds from an event to its arrival: median 0.8 s, seldom above 2.4 s."""
    return int(rng.triangular(50, 2400, 500))
