"""Redis views of this service: people (to print), certificates (to show), floors (to restart from).

All of them are rebuilt from the topics when they are lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.certificates.domain.certificate import holding
from services.certificates.domain.waiting import Who
from services.certificates.shrunk import CERTIFICATE
from shared.crypto import code
from shared.events.certificates import CertificateIssuedV1
from shared.keys import certificate_id_of, person_key
from shared.needed import parser_of
from shared.records import Record
from shared.settings import Settings
from shared.topics import CERTIFICATES, DECISIONS, ENROLMENTS, KEYS, PARTICIPANTS, Topic
from shared.views import View
from shared.writes import Writes

parse_needed = parser_of({
    KEYS: ("wrapped",), PARTICIPANTS: ("sealed",), ENROLMENTS: ("region_code", "category"),
    CERTIFICATES: ("certificate_id", "webinar_id", "participant_id", "revision"),
})  # fmt: skip
ERASED = b""
"""A key that was taken back, as the view remembers it: known to be gone, not merely unknown."""


class Person(NamedTuple):
    """What the view knows of one person in one webinar."""

    wrapped: str
    sealed: str
    region_code: str
    category: str


class Found(NamedTuple):
    """What the view knows of some people."""

    complete: dict[Who, Person]
    erased: set[Who]


class PeopleView:
    """Keys, sealed personal data and the region of each enrolment."""

    TOPICS = (KEYS, PARTICIPANTS, ENROLMENTS)

    def __init__(self, settings: Settings, client: Any) -> None:
        self.view = View(settings, "certificates.people", client)
        self._client = client
        self._hashes = {
            topic.name: self.view.key(topic.name.split(".")[1]) for topic in self.TOPICS
        }

    def project(self, pipe: Writes, record: Record) -> None:
        """Queue one record's writes (`shared.writes.Project`)."""
        name, event = self._hashes[record.topic.name], record.event
        if record.topic is KEYS:
            pipe.hset(name, record.key, event.wrapped if event else ERASED)
        elif event is None:
            pipe.hdel(name, record.key)
        elif record.topic is PARTICIPANTS:
            pipe.hset(name, record.key, event.sealed)
        else:
            pipe.hset(name, record.key, f"{event.region_code}|{event.category.value}")

    def keys(self, participant_ids: Sequence[str]) -> Mapping[str, bytes | None]:
        """Wrapped keys; None = not known (yet), ERASED = taken back."""
        if not participant_ids:
            return {}
        found: Any = self._client.hmget(self._hashes[KEYS.name], list(participant_ids))
        return dict(zip(participant_ids, found, strict=True))

    def people(self, whom: Sequence[Who]) -> Found:
        """What is known of them; who is in neither part is still on the way."""
        ids = [who.participant_id for who in whom]
        keys = [person_key(*who) for who in whom]
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hmget(self._hashes[KEYS.name], ids)
            pipe.hmget(self._hashes[PARTICIPANTS.name], ids)
            pipe.hmget(self._hashes[ENROLMENTS.name], keys)
            columns = pipe.execute()
        rows = list(zip(whom, *columns, strict=True))
        return Found(
            {who: _person(*rest) for who, *rest in rows if all(rest)},
            {who for who, wrapped, *_ in rows if wrapped == ERASED},
        )


def _person(wrapped: bytes, sealed: bytes, enrolment: bytes) -> Person:
    region_code, _, category = enrolment.decode().partition("|")
    return Person(wrapped.decode(), sealed.decode(), region_code, category)


class CertificateView:
    """Certificates by verify code, which follows from the id, and the people of each webinar."""

    TOPICS = (CERTIFICATES,)

    def __init__(self, settings: Settings, client: Any, code_key: bytes) -> None:
        self.view = View(settings, "certificates.certificates", client)
        self._client, self._code_key = client, code_key

    def project(self, pipe: Writes, record: Record) -> None:
        """Queue one record's writes; each revision has its own hash, so order does not matter."""
        event, value = record.event, record.value
        if event is None or value is None:
            return
        revision = str(event.revision)
        pipe.sadd(self.view.key("revisions"), revision)
        place = code(self._code_key, event.certificate_id)
        pipe.hset(self.view.key("revision", revision), place, CERTIFICATE.pack(value))
        pipe.zadd(self.view.key("webinar", event.webinar_id), {event.participant_id: 0})

    def by_id(self, certificate_id: str) -> CertificateIssuedV1 | None:
        """The revision that holds."""
        return self.by_code(code(self._code_key, certificate_id))

    def by_code(self, verify_code: str) -> CertificateIssuedV1 | None:
        """The certificate with this verify code."""
        return self._holding([verify_code])[0]

    def of_webinar(self, webinar_id: str, after: str, limit: int) -> list[CertificateIssuedV1]:
        """Up to `limit` certificates of a webinar by participant_id, after that one."""
        people: Any = self._client.zrange(
            self.view.key("webinar", webinar_id), f"({after}" if after else "-", "+", bylex=True,
            offset=0, num=limit,
        )  # fmt: skip
        ids = (certificate_id_of(webinar_id, person.decode()) for person in people)
        found = self._holding([code(self._code_key, each) for each in ids])
        return [certificate for certificate in found if certificate]

    def _holding(self, codes: Sequence[str]) -> list[CertificateIssuedV1 | None]:
        revisions: Any = self._client.smembers(self.view.key("revisions"))
        if not (revisions and codes):
            return [None] * len(codes)
        with self._client.pipeline(transaction=False) as pipe:
            for revision in revisions:
                pipe.hmget(self.view.key("revision", revision.decode()), codes)
            return [_held(stored) for stored in zip(*pipe.execute(), strict=True)]


def _held(stored: Iterable[bytes | None]) -> CertificateIssuedV1 | None:
    there = [CERTIFICATE.unpack(value) for value in stored if value is not None]
    return holding(map(CertificateIssuedV1.model_validate_json, there))


class Floors:
    """From where a new worker reads decisions; when lost, from the beginning."""

    def __init__(self, settings: Settings, client: Any) -> None:
        self.view = View(settings, "certificates.floors", client)
        self._client, self._written = client, dict[int, int]()

    def _key(self, partition: int) -> str:
        return self.view.key("position", DECISIONS.name, str(partition))

    def position(self, topic: Topic, partition: int) -> int:
        """As `shared.consume.BatchConsumer` asks for it."""
        self._written.pop(partition, None)
        return self.view.position(topic, partition)

    def write(self, floors: Mapping[int, int]) -> None:
        """Remember what changed."""
        changed = {p: at for p, at in floors.items() if self._written.get(p) != at}
        if changed:
            self._client.mset({self._key(p): at for p, at in changed.items()})
            self._written.update(changed)
