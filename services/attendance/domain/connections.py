"""One connection's facts as they are gathered, in any order (rules F1, I1, W3).

`Known` grows by `add`; it is what the identify step keeps for each connection, so it is small.
"""

from collections.abc import Callable
from typing import NamedTuple

from services.attendance.domain.facts import Connection, Fact, RowFact
from services.attendance.domain.identity import Identifiers
from services.attendance.domain.webhook import Participant

NO_IDENTIFIERS = Identifiers()
Tag = Callable[[str], str]
"""Pseudonym of a value (HMAC); '' stays ''."""


class Seen(NamedTuple):
    """One join or leave, without personal data."""

    meeting_uuid: str
    number: str
    participant_uuid: str
    fact: Fact
    identifiers: Identifiers
    ip_tag: str
    phone: bool


def fact_of(event: Participant) -> Fact:
    """That somebody joined or left."""
    return "j" if event.kind == "joined" else "l", event.user_id, event.at


def context_of(event: Participant) -> int:
    """Equal for events of one connection that say the same beside their fact: 64 bits of a keyed hash,
    in this process alone. A leave most often says what its join said, and needs no pseudonyms then."""
    return hash((event[3:5], event[8:15]))  # number and host; who, and from where


def seen(event: Participant, tag: Tag) -> Seen:
    """The event without personal data; an IP address is comparable only within its meeting."""
    zoom_ids = {event.zoom_id, event.participant_user_id} - {""}
    ip = event.public_ip
    tags = tuple(sorted(map(tag, zoom_ids))) if zoom_ids else ()
    return Seen(
        event.meeting_uuid,
        event.number,
        event.participant_uuid,
        fact_of(event),
        Identifiers(
            _some(event.registrant_id),
            _some(tag(event.email)) if event.email else (),
            _some(tag(event.customer_key)) if event.customer_key else (),
            tags,
            event.host_id in zoom_ids,
        ),
        tag(f"{event.meeting_uuid}|{ip}") if ip else "",
        event.phone_number,
    )


class Known:
    """What is known of one connection; it only ever grows, so `revision` never falls."""

    __slots__ = (
        "context", "facts", "identifiers", "ip_tags", "key", "meeting_uuid", "number",
        "participant_uuid", "phone", "reported", "rows",
    )  # fmt: skip

    def __init__(self, meeting_uuid: str, participant_uuid: str = "", user_id: str = "",
                 *, key: str = "") -> None:  # fmt: skip
        """`key`: its name, where that is known (`connection_id`)."""
        self.meeting_uuid = meeting_uuid
        self.participant_uuid = participant_uuid
        self.key = key or connection_id(meeting_uuid, participant_uuid, user_id)
        self.number = ""
        self.facts: tuple[Fact, ...] = ()
        self.identifiers = NO_IDENTIFIERS
        self.ip_tags: tuple[str, ...] = ()
        self.phone = False
        self.rows: tuple[RowFact, ...] = ()
        self.reported = False
        self.context: int | None = None
        """`context_of` the last event that was added, where that is known: it is not kept as bytes."""

    def with_report(self, number: str, rows: tuple[RowFact, ...], who: Identifiers) -> "Known":
        """A copy with what a confirmed report says of it (rule Z3)."""
        copy = self.copied()
        copy.number = self.number or number
        copy.identifiers = _joined(self.identifiers, who)
        copy.rows, copy.reported = tuple(sorted(rows)), True
        return copy

    def copied(self) -> "Known":
        """The same, to grow apart. (The library's `copy` cannot copy an object of a compiled class.)"""
        copy = Known(self.meeting_uuid, self.participant_uuid)
        copy.key, copy.facts, copy.ip_tags = self.key, self.facts, self.ip_tags
        copy.number, copy.phone, copy.identifiers = self.number, self.phone, self.identifiers
        copy.rows, copy.reported = self.rows, self.reported
        return copy

    def happened(self, fact: Fact) -> bool:
        """Adds a fact of which all else is known; whether it was new."""
        if fact in self.facts:
            return False
        self.facts = (*self.facts, fact)
        return True

    def add(self, event: Seen) -> bool:
        """Adds what one event says; whether anything was new. Copies add up (rule F1)."""
        new = self.happened(event.fact)
        ip_tags = (event.ip_tag,) if event.ip_tag else ()
        return self._also(event.identifiers, ip_tags, event.number, phone=event.phone) or new

    def merge(self, other: "Known") -> bool:
        """Adds all that is known of another copy of this connection; whether anything was new."""
        more = tuple(fact for fact in other.facts if fact not in self.facts)
        self.facts = (*self.facts, *more)
        also = self._also(other.identifiers, other.ip_tags, other.number, phone=other.phone)
        return also or bool(more)

    def _also(
        self, who: Identifiers, ip_tags: tuple[str, ...], number: str, *, phone: bool
    ) -> bool:
        """Adds what is said beside the facts; whether the revision grew."""
        new = phone and not self.phone
        if who != self.identifiers:
            joined = _joined(self.identifiers, who)
            new = new or joined != self.identifiers
            self.identifiers = joined
        if ip_tags != self.ip_tags:
            joined_tags = _plus(self.ip_tags, ip_tags)
            new = new or joined_tags != self.ip_tags
            self.ip_tags = joined_tags
        if number != self.number:
            new = new or not self.number
            self.number = min(filter(None, (self.number, number)))
        self.phone = self.phone or phone
        return new

    @property
    def revision(self) -> int:
        """Information units: facts, distinct identifiers and flags. It grows with the set alone."""
        who = self.identifiers
        return (
            len(self.facts)
            + len(who.registrant_ids)
            + len(who.emails)
            + len(who.customer_keys)
            + len(who.zoom_ids)
            + len(self.ip_tags)
            + who.host
            + self.phone
            + bool(self.number)
        )

    @property
    def user_ids(self) -> frozenset[str]:
        """Every user_id that this connection ever had; a row of a report that no connection has is
        known by its own."""
        seen = frozenset(user_id for _, user_id, _ in self.facts)
        if self.participant_uuid or not self.key.startswith(prefix := f"{self.meeting_uuid}|~"):
            return seen
        return seen | {self.key.removeprefix(prefix)}

    def is_named(self, user_id: str, participant_uuid: str) -> bool:
        """Whether an event with these ids is of this connection (rule I1)."""
        if participant_uuid and self.participant_uuid:
            return participant_uuid == self.participant_uuid
        return bool(user_id) and user_id in self.user_ids

    def snapshot(self) -> Connection:
        """All of it, in one order whatever the order of arrival."""
        return Connection(self.key, self.meeting_uuid, self.number, self.ordered(), self.ip_tags,
                          rows=self.rows, reported=self.reported, phone=self.phone)  # fmt: skip

    def ordered(self) -> tuple[Fact, ...]:
        """Its facts by second, joins first."""
        if len(self.facts) < 2:
            return self.facts
        return tuple(sorted(self.facts, key=_by_second))

    def instants(self) -> list[int]:
        """Every second at which it is known to have been there."""
        seen = [at for _, _, at in self.facts]
        return seen + [at for _, *stay in self.rows for at in stay] if self.rows else seen


def connection_id(meeting_uuid: str, participant_uuid: str, user_id: str) -> str:
    """The name of a connection within the whole product (rule I1)."""
    return f"{meeting_uuid}|{participant_uuid or '~' + user_id}"


def _by_second(fact: Fact) -> tuple[int, str, str]:
    kind, user_id, at = fact
    return at, kind, user_id


def _some(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _plus(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    if not more or more == known:
        return known
    return tuple(sorted({*known, *more})) if known else more


def _joined(one: Identifiers, other: Identifiers) -> Identifiers:
    return Identifiers(
        _plus(one.registrant_ids, other.registrant_ids),
        _plus(one.emails, other.emails),
        _plus(one.customer_keys, other.customer_keys),
        _plus(one.zoom_ids, other.zoom_ids),
        one.host or other.host,
    )
