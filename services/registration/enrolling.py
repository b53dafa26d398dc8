"""Enrolling some people at once: read what is known, decide by the domain, publish the difference.

Saying the same again publishes nothing. A person's data key is reserved in the store before it is
published, so that two processes that meet the same new person at once use the same key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import structlog
from aiokafka.errors import KafkaError

from services.registration.domain import enrolment as rules
from services.registration.domain.people import Person
from services.registration.handlers import link_prefix
from services.registration.personal import Sealer
from services.registration.shrunk import ENROLMENT
from services.registration.stores import Command
from services.registration.writer import Writer
from shared.crypto import CannotOpen, identity_hmac
from shared.events import Event
from shared.events.registration import (
    EnrolledV1,
    KeyWrappedV1,
    Link,
    ParticipantRegisteredV1,
    PersonalData,
    WebinarSetV1,
)
from shared.http import not_ready
from shared.keys import participant_id_of, person_key
from shared.publish import AsyncPublisher, Outgoing
from shared.topics import ENROLMENTS, KEYS, PARTICIPANTS, Topic

log = structlog.get_logger()
Enrolments = dict[str, EnrolledV1]
RESERVE = """
local held = {}
for i = 1, #ARGV, 2 do
  redis.call('hsetnx', KEYS[1], ARGV[i], ARGV[i + 1])
  held[#held + 1] = redis.call('hget', KEYS[1], ARGV[i])
end
return held"""
"""Of each (person, wrapped key): the key that was reserved first."""
CLAIMS = """
local found = {}
for i, prefix in ipairs(ARGV) do
  found[i] = redis.call('zrangebylex', KEYS[1], '[' .. prefix, '(' .. prefix .. '\\255')
end
return found"""
"""Of each link: the members of the index that begin with it."""


class Known(NamedTuple):
    """What the view knows of one person."""

    wrapped: str | None
    registered: ParticipantRegisteredV1 | None
    personal: PersonalData | None


class Outcome(NamedTuple):
    """What became of a chunk's people, in their order, and what was published for it.

    `changed` are the enrolments that were published, `standing` all that were looked at.
    """

    outcomes: list[str]  # created | updated | unchanged
    changed: Enrolments
    standing: Enrolments
    places: dict[tuple[Topic, int], int]


class Enroller:
    """Enrols people in one webinar, under its lock."""

    def __init__(self, publisher: AsyncPublisher, sealer: Sealer, identity_key: bytes,
                 webinar: WebinarSetV1, writer: Writer) -> None:  # fmt: skip
        self._publisher, self._sealer = publisher, sealer
        self._identity_key, self._webinar, self._writer = identity_key, webinar, writer
        self._view = writer.store.view

    async def enrol(self, people: Sequence[Person], ahead: Enrolments, now_ms: int) -> Outcome:
        """Enrol different people. `ahead` = enrolments that the view may not have applied yet.

        Raises:
            shared.http.Problem: 503; what was not published can be said again.
        """
        ids = [participant_id_of(person.external_id) for person in people]
        known, enrolments = await self._known(ids, ahead)
        gained = {
            pid: self._gained(person, enrolments.get(pid))
            for pid, person in zip(ids, people, strict=True)
        }
        owners, wrapped = await self._owners_and_keys(gained, known)
        strangers = {o for found in owners.values() for o in found} - set(enrolments)
        enrolments |= await self._enrolments(sorted(strangers), ahead)
        chunk = _Chunk(self._webinar, enrolments, gained, owners, now_ms)
        for pid, person in zip(ids, people, strict=True):
            self._one(chunk, pid, person, known[pid], wrapped[pid])
        return await self._publish(chunk)

    async def _known(
        self, ids: list[str], ahead: Enrolments
    ) -> tuple[dict[str, Known], Enrolments]:
        keys, people, enrolled = await self._writer.read(
            ("HMGET", self._view.key("keys"), *ids),
            ("HMGET", self._view.key("people"), *ids),
            ("HMGET", self._view.key("enrolments", self._webinar.webinar_id), *ids),
        )
        known = {pid: self._open(pid, k, r) for pid, k, r in zip(ids, keys, people, strict=True)}
        return known, _parsed(ids, enrolled, ahead)

    def _open(self, pid: str, key: bytes | None, raw: bytes | None) -> Known:
        wrapped = key.decode() if key else None
        registered = ParticipantRegisteredV1.parse(raw) if raw else None
        if not (wrapped and registered):
            return Known(wrapped, registered, None)
        try:
            return Known(wrapped, registered, self._sealer.open(pid, wrapped, registered.sealed))
        except CannotOpen:  # sealed under a key that another one replaced: it is written anew
            log.warning("personal_data_unreadable", participant=pid)
            return Known(wrapped, registered, None)

    async def _enrolments(self, ids: list[str], ahead: Enrolments) -> Enrolments:
        if not ids:
            return {}
        key = self._view.key("enrolments", self._webinar.webinar_id)
        (found,) = await self._writer.read(("HMGET", key, *ids))
        return _parsed(ids, found, ahead)

    @staticmethod
    def _gained(person: Person, before: EnrolledV1 | None) -> tuple[Link, ...]:
        had = set(before.links) if before else set()
        return tuple(link for link in person.links or () if link not in had)

    async def _owners_and_keys(
        self, gained: dict[str, tuple[Link, ...]], known: dict[str, Known]
    ) -> tuple[dict[Link, list[str]], dict[str, str]]:
        links = [link for some in gained.values() for link in some]
        new = {pid: self._sealer.new_key(pid) for pid, k in known.items() if k.wrapped is None}
        claims, there, first = [], [], []
        if links:
            (claims,) = await self._writer.read(self._claims(links))
        if new:
            there, first = await self._writer.read(
                ("HMGET", self._view.key("keys"), *new),
                ("EVAL", RESERVE, 1, self._view.key("reserved"), *chain(*new.items())),
            )
        owners = {
            link: [member.decode().rpartition("|")[2] for member in found]
            for link, found in zip(links, claims, strict=True)
        }
        wrapped = {pid: k.wrapped for pid, k in known.items() if k.wrapped}
        wrapped |= {p: (a or b).decode() for p, a, b in zip(new, there, first, strict=True)}
        return owners, wrapped

    def _claims(self, links: list[Link]) -> Command:
        key = self._view.key("links", self._webinar.webinar_id)
        return ("EVAL", CLAIMS, 1, key, *(link_prefix(link) for link in links))

    def _one(self, chunk: "_Chunk", pid: str, person: Person, known: Known, wrapped: str) -> None:
        personal = rules.personal_data(person, known.personal)
        registered = personal != known.personal
        if registered:
            if known.wrapped is None:
                chunk.keys.append((pid, KeyWrappedV1(participant_id=pid, wrapped=wrapped)))
            version = known.registered.version if known.registered else None
            chunk.people.append((pid, ParticipantRegisteredV1(
                participant_id=pid, version=rules.next_version(version, chunk.now_ms),
                sealed=self._sealer.seal(pid, wrapped, personal),
            )))  # fmt: skip
        hmac = identity_hmac(self._identity_key, personal.email)
        chunk.enrol(pid, person, hmac, registered)

    async def _publish(self, chunk: "_Chunk") -> Outcome:
        """In this order: whoever sees an enrolment can know the person and open their data."""
        webinar_id = self._webinar.webinar_id
        enrolled = [(person_key(webinar_id, pid), e) for pid, e in chunk.changed.items()]
        parts: list[tuple[Topic, Sequence[tuple[str, Event]]]] = [
            (KEYS, chunk.keys), (PARTICIPANTS, chunk.people), (ENROLMENTS, enrolled),
        ]  # fmt: skip
        places: dict[tuple[Topic, int], int] = {}
        try:
            for topic, events in parts:
                said = [Outgoing(topic, key, event) for key, event in events]
                for at in await self._publisher.publish_many(said):
                    end = places.get((topic, at.partition), 0)
                    places[topic, at.partition] = max(end, at.offset + 1)
        except KafkaError as away:
            raise not_ready("Kafka did not take it; it can be repeated.") from away
        return Outcome(chunk.outcomes, chunk.changed, chunk.enrolments, places)


@dataclass(slots=True)
class _Chunk:
    """The work on a chunk: enrolments as they stand, and what changes."""

    webinar: WebinarSetV1
    enrolments: Enrolments
    gained: dict[str, tuple[Link, ...]]
    owners: dict[Link, list[str]]
    now_ms: int
    keys: list[tuple[str, KeyWrappedV1]] = field(default_factory=list)
    people: list[tuple[str, ParticipantRegisteredV1]] = field(default_factory=list)
    changed: Enrolments = field(default_factory=dict)
    outcomes: list[str] = field(default_factory=list)

    def enrol(self, pid: str, person: Person, email_hmac: str, registered: bool) -> None:
        """Decide about one person, in the order of the chunk."""
        taken_from = self._take_links(pid)
        before = self.enrolments.get(pid)
        if before is None:
            self._set(rules.first_enrolment(
                person, webinar_id=self.webinar.webinar_id, participant_id=pid,
                year=self.webinar.year, email_hmac=email_hmac, taken_from=taken_from,
                now_ms=self.now_ms,
            ))  # fmt: skip
            self.outcomes.append("created")
            return
        hmac = before.email_hmac if person.email is None else email_hmac
        after = rules.renewed(
            before, person, email_hmac=hmac, taken_from=taken_from, now_ms=self.now_ms
        )
        if after:
            self._set(after)
        self.outcomes.append("updated" if after or registered else "unchanged")

    def _take_links(self, pid: str) -> set[str]:
        """Take the person's new links from whoever has them; all who have or once had one."""
        others: set[str] = set()
        for link in self.gained[pid]:
            for other in self.owners.get(link, ()):
                held = self.enrolments.get(other)
                if other == pid or held is None:
                    continue
                others.add(other)
                if link in held.links:
                    self._set(rules.without_links(held, [link], self.now_ms))
        return others

    def _set(self, enrolment: EnrolledV1) -> None:
        self.enrolments[enrolment.participant_id] = enrolment
        self.changed[enrolment.participant_id] = enrolment


def _parsed(ids: Iterable[str], found: Sequence[Any], ahead: Enrolments) -> Enrolments:
    unpack = ENROLMENT.unpack
    there = {p: EnrolledV1.parse(unpack(raw)) for p, raw in zip(ids, found, strict=True) if raw}
    newer = {pid: ahead[pid] for pid in ids if pid in ahead}
    return there | newer
