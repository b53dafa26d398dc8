"""What each consumed topic says about a person: one function a topic, from event to fact."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from services.reporting.domain.quota import (
    Certificate,
    Decision,
    Enrolment,
    Fact,
    Part,
    forgotten,
    learnt,
)
from services.reporting.packing import is_region
from shared.events.attendance import EligibilityDecidedV1, Verdict
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import EnrolledV1
from shared.keys import split_person_key
from shared.needed import parser_of
from shared.records import Poison, Record
from shared.topics import CERTIFICATES, DECISIONS, ENROLMENTS, Topic


def enrolled(event: EnrolledV1) -> Enrolment:
    """Rules C1, C2: the year is the webinar's, region and category the person's."""
    if not is_region(event.region_code):
        raise Poison("the region code is neither a province's nor a regency's")
    cancelled = event.status == "cancelled"
    return Enrolment(event.version, cancelled, event.year, event.region_code, event.category.value)


def decided(event: EligibilityDecidedV1) -> Decision:
    """Rule C1: attended is at least one second; provisional counts as eligible."""
    return Decision(event.version, event.present_seconds >= 1, event.verdict is Verdict.ELIGIBLE)


def certified(event: CertificateIssuedV1) -> Certificate:
    """Rule C1: only one that stands counts."""
    return Certificate(event.revision, event.status != "issued")


HANDLERS: Mapping[str, tuple[type[Fact], Callable[[Any], Fact]]] = {
    ENROLMENTS.name: (Enrolment, enrolled),
    DECISIONS.name: (Decision, decided),
    CERTIFICATES.name: (Certificate, certified),
}
SOURCES: tuple[Topic, ...] = (ENROLMENTS, DECISIONS, CERTIFICATES)
parse_needed = parser_of({
    ENROLMENTS: ("version", "status", "year", "region_code", "category"),
    DECISIONS: ("version", "verdict", "present_seconds"),
    CERTIFICATES: ("revision", "status"),
})  # fmt: skip


class Learnt(NamedTuple):
    """One record's word about a person's part in a webinar; `fact` None is a tombstone."""

    source: str
    offset: int
    person_id: bytes
    webinar_id: str
    kind: type[Fact]
    fact: Fact | None

    def applied(self, part: Part) -> Part:
        """The part that knows it."""
        return forgotten(part, self.kind) if self.fact is None else learnt(part, self.fact)


@cache
def source_of(topic: str, partition: int) -> str:
    """A source partition's name in the counters' positions."""
    return f"{topic}/{partition}"


def _uuid(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.replace("-", ""))  # six times as fast as uuid.UUID
    except ValueError:
        found = b""
    if len(found) != 16:
        raise Poison("the key is not webinar_id|participant_id")
    return found


@lru_cache(maxsize=1_024)
def _hex(text: str) -> str:
    return _uuid(text).hex()


def read(record: Record) -> Learnt:
    """What a record says.

    Raises:
        Poison: the key is not two UUIDs, or the value is outside what can be.
    """
    webinar, participant = split_person_key(record.key)
    webinar_id, person_id = _hex(webinar), _uuid(participant)
    kind, handler = HANDLERS[record.topic.name]
    fact = None if record.event is None else handler(record.event)
    source = source_of(record.topic.name, record.partition)
    return Learnt(source, record.offset, person_id, webinar_id, kind, fact)
