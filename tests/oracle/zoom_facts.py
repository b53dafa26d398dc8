"""Raw Zoom bodies to a set of facts, straight from rules F and I1. Slow and obvious on purpose."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """One joined or left fact; these six fields are its identity (rule F)."""

    uuid: str
    participant_uuid: str
    user_id: str
    kind: str  # "joined" or "left"
    at: int


@dataclass
class Hints:
    """Every identifier that any copy of a fact, or any fact of a connection, carried (rule F1)."""

    registrants: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def add(self, other: "Hints") -> None:
        self.registrants |= other.registrants
        self.emails |= other.emails
        self.accounts |= other.accounts


@dataclass
class Facts:
    """What the deliveries say, each fact once, in no order."""

    seen: dict[Seen, Hints] = field(default_factory=dict)
    starts: dict[str, set[int]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    practice_ends: dict[str, int] = field(default_factory=dict)
    number_of: dict[str, str] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    binds: set[tuple[str, str, str]] = field(default_factory=set)


def instant(text: str) -> int:
    """Epoch second of an RFC 3339 time; fractions are cut."""
    moment = datetime.fromisoformat(text)
    return int(moment.replace(microsecond=0).timestamp())


def read(bodies: Iterable[bytes | Mapping[str, Any]]) -> Facts:
    """All facts of the bodies; those that are no evidence (rule F3) add nothing."""
    facts = Facts()
    for body in bodies:
        event = body if isinstance(body, Mapping) else json.loads(body)
        family, _, name = event["event"].partition(".")
        if family in {"meeting", "webinar"} and name in _READERS:
            _READERS[name](facts, event, event["payload"]["object"])
    return facts


def _meeting(facts: Facts, thing: Mapping[str, Any]) -> str:
    uuid = str(thing["uuid"])
    facts.number_of[uuid] = str(thing["id"])
    facts.hosts.add(str(thing.get("host_id") or ""))
    return uuid


def _joined_or_left(facts: Facts, event: Mapping[str, Any], thing: Mapping[str, Any]) -> None:
    person = thing["participant"]
    kind = "joined" if event["event"].endswith("joined") else "left"
    time = person.get("join_time" if kind == "joined" else "leave_time")
    at = instant(time) if time else event["event_ts"] // 1000
    uuid = _meeting(facts, thing)
    connection = str(person.get("participant_uuid") or "")
    fact = Seen(uuid, connection, str(person["user_id"]), kind, at)
    facts.seen.setdefault(fact, Hints()).add(
        Hints(
            _filled(person.get("registrant_id")),
            {email.strip().lower() for email in _filled(person.get("email"))},
            _filled(person.get("id")) | _filled(person.get("participant_user_id")),
        )
    )


def _filled(value: Any) -> set[str]:
    return {str(value)} if value else set()


def _started(facts: Facts, event: Mapping[str, Any], thing: Mapping[str, Any]) -> None:
    at = instant(thing["start_time"]) if thing.get("start_time") else event["event_ts"] // 1000
    facts.starts.setdefault(_meeting(facts, thing), set()).add(at)


def _ended(facts: Facts, event: Mapping[str, Any], thing: Mapping[str, Any]) -> None:
    at = instant(thing["end_time"]) if thing.get("end_time") else event["event_ts"] // 1000
    ends = facts.practice_ends if thing.get("practice_session") else facts.ends
    uuid = _meeting(facts, thing)
    ends[uuid] = max(at, ends.get(uuid, at))


def _bound(facts: Facts, event: Mapping[str, Any], thing: Mapping[str, Any]) -> None:
    person = thing["participant"]
    pair = str(person["user_id"]), str(person["bind_user_id"])
    facts.binds.add((_meeting(facts, thing), *pair))


_READERS = {
    "participant_joined": _joined_or_left,
    "participant_left": _joined_or_left,
    "participant_bind": _bound,
    "started": _started,
    "ended": _ended,
}


@dataclass
class Connection:
    """All that is known of one connection (rule I1)."""

    uuid: str
    name: str
    facts: set[Seen] = field(default_factory=set)
    hints: Hints = field(default_factory=Hints)

    @property
    def users(self) -> set[str]:
        return {fact.user_id for fact in self.facts}


def connections(facts: Facts) -> list[Connection]:
    """Rule I1: by participant_uuid; else the one that the same user_id names; else the user_id."""
    named = {
        (fact.uuid, fact.user_id): fact.participant_uuid
        for fact in sorted(facts.seen)
        if fact.participant_uuid
    }
    found: dict[tuple[str, str], Connection] = {}
    for fact, hints in facts.seen.items():
        name = fact.participant_uuid or named.get((fact.uuid, fact.user_id)) or fact.user_id
        connection = found.setdefault((fact.uuid, name), Connection(fact.uuid, name))
        connection.facts.add(fact)
        connection.hints.add(hints)
    return list(found.values())
