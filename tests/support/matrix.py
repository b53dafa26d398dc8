"""A simulated webinar with what the simulator has not: the uglier half of the oracle's matrix.

On top of the preset `ugly` (which see): several days, both kinds of rehearsal, rules of every shape;
links used by two, one's link with another's address, addresses that two enrolled people share,
cancelled and late enrolments, a session that is moved after it began, times that cannot be.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from deploy.simulator.delivery import World
from deploy.simulator.scenario import Kind
from deploy.simulator.setup import webinar_body
from deploy.simulator.stream import Arrivals, Scan
from deploy.simulator.zoom import iso
from shared.keys import participant_id_of
from tests.oracle import attendance_oracle as oracle
from tests.oracle.zoom_facts import instant
from tests.support.flow import world_of

EXACT = ("verdict", "present", "base", "required")
KINDS: tuple[tuple[Kind, Kind], ...] = (
    ("meeting", "meeting"), ("webinar", "meeting"), ("meeting", "webinar"), ("webinar", "webinar"),
)  # fmt: skip
RULES: tuple[dict[str, Any], ...] = (
    {}, {"scope": "each_session", "minimum_sessions": 1}, {"latest_join": 900},
    {"scope": "each_session"}, {"minimum_sessions": 2, "minimum_share": 5000},
)  # fmt: skip
NIGHT = 86_400 - 3_600
EARLY = 900
"""Seconds by which the sessions are set too early at first, and without their breaks."""
ORDERS: dict[str, Callable[[list[Any], random.Random], list[Any]]] = {
    "as it came": lambda events, _: events,
    "backwards": lambda events, _: events[::-1],
    "shuffled and doubled": lambda events, rng: rng.sample(events * 2, 2 * len(events)),
}


@dataclass(frozen=True)
class Person:
    """Somebody enrolled, as the brute force takes them."""

    external_id: str
    email: str
    links: tuple[tuple[str, str], ...]
    cancelled: bool
    late: bool
    """Enrolled after everything was sent (rule W8)."""

    def as_oracle(self) -> dict[str, Any]:
        """The contract's shape."""
        return {
            "participant_id": participant_id_of(self.external_id), "email": self.email,
            "links": [{"zoom_number": n, "registrant_id": r} for n, r in self.links],
            "status": "cancelled" if self.cancelled else "enrolled",
        }  # fmt: skip


@dataclass(frozen=True)
class Case:
    """All of one webinar. `parked` are deliveries with impossible times, among the others."""

    world: World
    webinar: dict[str, Any]
    people: list[Person]
    events: list[bytes]
    parked: list[bytes]
    scans: list[Scan]

    def sessions_at_first(self) -> list[dict[str, Any]]:
        """The sessions before they are moved to their places."""
        return [
            {**s, "breaks": [], **{end: iso(instant(s[end]) - EARLY) for end in ("start", "end")}}
            for s in self.webinar["sessions"]
        ]

    def elsewhere(self, n: int) -> "Case":
        """The same in other Zoom numbers and meeting uuids, to be played beside it."""
        names = {str(m.uuid): f"{m.uuid[:-4]}{n}A==" for m in self.world.timetable.meetings}
        names |= {
            s.number: str(int(s.number) + n * 5_000_000_000) for s in self.world.timetable.sessions
        }

        def other(body: bytes) -> bytes:
            for old, new in names.items():
                body = body.replace(old.encode(), new.encode())
            return body

        people = [
            replace(p, links=tuple((names[number], r) for number, r in p.links))
            for p in self.people
        ]
        webinar = orjson.loads(other(orjson.dumps(self.webinar)))
        events, parked = list(map(other, self.events)), list(map(other, self.parked))
        return replace(self, webinar=webinar, people=people, events=events, parked=parked)

    def deliveries(self, order: str) -> list[bytes]:
        """Everything that is sent, in one of `ORDERS`."""
        rng = random.Random(f"{order} {self.world.scenario.seed}")
        return ORDERS[order]([*self.events, *self.parked], rng)

    @cached_property
    def truth(self) -> dict[str, oracle.Outcome]:
        """participant_id → what must come out."""
        people = [person.as_oracle() for person in self.people]
        clocks = [
            (s["id"], kind) for s in self.webinar["sessions"] for kind in ("grace", "retry_window")
        ]
        scans = [scan._asdict() for scan in self.scans]
        found = oracle.find(self.webinar, people, self.events, scans, clocks)
        return dict(found.people)

    def differences(self, found: dict[str, tuple[Any, ...]]) -> list[Any]:
        """(person, expected, found): of who was cancelled, the verdict alone (rule D3)."""
        truth, wrong = self.truth, list[Any]()
        for person in self.people:
            who = participant_id_of(person.external_id)
            expected = tuple(getattr(truth[who], name) for name in EXACT)
            seen = found.get(who, ())
            if (expected[:1] if person.cancelled else expected) != seen[
                : 1 if person.cancelled else 4
            ]:
                wrong.append((person, expected, seen))
        return wrong


def case_of(seed: int, people: int, year: int) -> Case:
    """The webinar of a seed."""
    rng = random.Random(f"matrix {seed}")
    world = world_of(
        year, seed, "ugly", people=people, kinds=KINDS[seed % 4],
        rehearsal=("own_uuid", "same_uuid")[seed // 4 % 2],
        session_seconds=(3600, 3000), break_seconds=300,
        pause_between=(3600, NIGHT)[seed % 2], check_out_expected=seed % 5 == 0,
        host_down="include" if seed % 7 == 0 else "exclude", **RULES[seed % 5],
    )  # fmt: skip
    arrivals = list(Arrivals(world))
    events = [a.body for a in arrivals if not isinstance(a, Scan)]
    enrolled = list(_people(world, rng))
    events += list(_shared_links(events, rng))
    events = [_conflict(body, enrolled, rng) for body in events]
    parked = [_impossible(body, rng) for body in rng.sample(events, 20) if _is_seen(body)]
    return Case(world, webinar_body(world, "p"), enrolled, events, parked,
                [a for a in arrivals if isinstance(a, Scan)])  # fmt: skip


def _people(world: World, rng: random.Random) -> Iterator[Person]:
    """As the simulator has them, but for those who share an address, were cancelled, or are late.

    What is both cancelled and shared is left out: there the rules are silent (DECISIONS.md 12).
    """
    cancelled_before = True
    for index in range(world.scenario.participants):
        one = world.person(index)
        cancelled, late = rng.random() < 0.04, rng.random() < 0.2
        shares = rng.random() < 0.04 and not cancelled and not cancelled_before
        email = world.person(index - 1).email if shares else one.email
        yield Person(one.external_id, email, one.links, cancelled, late)
        cancelled_before = cancelled


def _is_seen(body: bytes) -> bool:
    return b".participant_joined" + b'"' in body or b".participant_left" + b'"' in body


def _shared_links(events: list[bytes], rng: random.Random) -> Iterator[bytes]:
    """Somebody else with the same link, from elsewhere: for some connections, a little later."""
    for body in events:
        event = orjson.loads(body)
        who = event["payload"]["object"].get("participant", {})
        key = f"{who.get('participant_uuid')}{event['payload']['object']['uuid']}"
        if _is_seen(body) and who["participant_uuid"] and random.Random(key).random() < 0.05:
            who["participant_uuid"] += "-G"
            who["user_id"] = f"9{who['user_id']}"
            who["public_ip"] = "198.51.100.9"
            if rng.random() < 0.95:
                yield orjson.dumps(event)


def _conflict(body: bytes, people: list[Person], rng: random.Random) -> bytes:
    """One's link with another's address, now and then (rule W5); no phone has a link."""
    if rng.random() > 0.01 or not _is_seen(body):
        return body
    event = orjson.loads(body)
    link = event["payload"]["object"]["participant"]["registrant_id"]
    if not link or any(link == r for p in people if p.cancelled for _, r in p.links):
        return body
    event["payload"]["object"]["participant"]["email"] = rng.choice(people).email
    return orjson.dumps(event)


def _impossible(body: bytes, rng: random.Random) -> bytes:
    """The same with a time that is years off."""
    event = orjson.loads(body)
    who = event["payload"]["object"]["participant"]
    for name in {"join_time", "leave_time"} & who.keys():
        who[name] = rng.choice(("1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z"))
    return orjson.dumps(event)
