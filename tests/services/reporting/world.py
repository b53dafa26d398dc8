"""A small programme for reporting's tests: people, events about them, and what must be counted."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.reporting.domain.quota import Cell, Counts
from services.reporting.packing import Shelf, place_of, shelf_of
from services.reporting.publisher import cell_of, values_of
from shared.events import Event
from shared.events.attendance import EligibilityDecidedV1, Verdict
from shared.events.certificates import CertificateIssuedV1, CertificateRevokedV1
from shared.events.registration import (
    Category,
    EnrolledV1,
    ProgrammeSetV1,
    RegionQuota,
    WebinarSetV1,
)
from shared.keys import certificate_id_of, participant_id_of, person_key
from shared.publish import KafkaPublisher, Outgoing
from shared.records import parse
from shared.settings import KafkaSettings
from shared.topics import CERTIFICATES, DECISIONS, ENROLMENTS, PROGRAMMES, QUOTAS, WEBINARS, Topic
from tests.oracle.counting_oracle import Counted, Enrolled, cells
from tests.support.witness import read_all

PROGRAMME = str(UUID(int=1))
REGIONS = ("15", "15.72", "11", "31.71", "96")
CATEGORIES = ("asn", "tni", "public")
AT = "2026-11-01T05:00:00Z"


def webinar_id(number: int) -> str:
    """The id of a test's webinar."""
    return str(UUID(int=1000 + number))


def person_id(number: int) -> str:
    """The id of a test's person."""
    return participant_id_of(f"person-{number}")


def programme(version: int = 1, **quotas: int) -> Outgoing:
    """The programme of 2026; `asn_15=20` is Jambi's quota of civil servants."""
    given = tuple(
        RegionQuota(region_code=name.partition("_")[2], category=Category(name.partition("_")[0]),
                    quota=quota)
        for name, quota in quotas.items()
    )  # fmt: skip
    event = ProgrammeSetV1(
        programme_id=PROGRAMME, version=version, year=2026, name="Program contoh",
        targets={"asn": 1000, "public": 250}, quotas=given,
    )  # fmt: skip
    return Outgoing(PROGRAMMES, PROGRAMME, event)


def webinar(number: int) -> Outgoing:
    """A webinar of the programme."""
    event = WebinarSetV1(
        webinar_id=webinar_id(number), version=1, programme_id=PROGRAMME, year=2026,
        title=f"Webinar contoh {number}", sessions=(),
    )  # fmt: skip
    return Outgoing(WEBINARS, event.webinar_id, event)


def _about(topic: Topic, webinar: int, person: int, event: Event) -> Outgoing:
    return Outgoing(topic, person_key(webinar_id(webinar), person_id(person)), event)


def enrolled(
    webinar: int, person: int, *, version: int = 1, region: str = "15", category: str = "asn",
    cancelled: bool = False, year: int = 2026,
) -> Outgoing:  # fmt: skip
    """A person's place in a webinar."""
    event = EnrolledV1(
        webinar_id=webinar_id(webinar), participant_id=person_id(person), external_id=str(person),
        version=version, year=year, region_code=region, category=Category(category),
        status="cancelled" if cancelled else "enrolled",
    )  # fmt: skip
    return _about(ENROLMENTS, webinar, person, event)


def decided(
    webinar: int, person: int, *, version: int = 1, seconds: int = 9000, verdict: str = "eligible"
) -> Outgoing:
    """A decision."""
    event = EligibilityDecidedV1(
        webinar_id=webinar_id(webinar), participant_id=person_id(person), version=version,
        verdict=Verdict(verdict), provisional=False, present_seconds=seconds, base_seconds=10800,
        required_seconds=8640, sessions=(), reasons=(), rule_version=1, digest="sha256:0",
        decided_at=AT,
    )  # fmt: skip
    return _about(DECISIONS, webinar, person, event)


def certified(webinar: int, person: int, *, revision: int = 1, revoked: bool = False) -> Outgoing:
    """A certificate, or its revocation."""
    kind = CertificateRevokedV1 if revoked else CertificateIssuedV1
    event = kind(
        certificate_id=certificate_id_of(webinar_id(webinar), person_id(person)),
        webinar_id=webinar_id(webinar), participant_id=person_id(person), number=f"{person}",
        revision=revision, sha256="0", verify_url="http://localhost/v/0", issued_at=AT, year=2026,
        region_code="15", category="asn", sealed="",
    )  # fmt: skip
    return _about(CERTIFICATES, webinar, person, event)


@dataclass
class Life:
    """What became of some people in some webinars, by chance, and how it must be counted."""

    seed: int
    people: int = 60
    webinars: int = 2
    events: list[Outgoing] = field(default_factory=list)
    expected: dict[Any, Counted] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        outcomes = [
            self._live(chance, w, p) for p in range(self.people) for w in range(self.webinars)
            if chance.random() < 0.8
        ]  # fmt: skip
        self.expected = cells(outcomes)
        chance.shuffle(self.events)

    def _live(self, chance: random.Random, webinar: int, person: int) -> Enrolled:
        region, category = chance.choice(REGIONS), chance.choice(CATEGORIES)
        version = chance.randint(2, 5)
        cancelled = chance.random() < 0.1
        seconds = chance.choice([0, 0, 500, 9000])
        verdict = chance.choice(["eligible", "needs_review"]) if seconds > 8640 else "not_eligible"
        revision = chance.choice([0, 1, 1, 2])
        self._say(enrolled(webinar, person, region=chance.choice(REGIONS), category=category))
        self._say(enrolled(webinar, person, version=version, region=region, category=category,
                           cancelled=cancelled))  # fmt: skip
        self._say(decided(webinar, person, seconds=0, verdict="not_eligible"))
        self._say(decided(webinar, person, version=2, seconds=seconds, verdict=verdict))
        if revision:
            self._say(certified(webinar, person))
        if revision == 2:
            self._say(certified(webinar, person, revision=2, revoked=True))
        return Enrolled(2026, person_id(person), webinar_id(webinar), version, region, category,
                        cancelled, seconds, verdict == "eligible", revision == 1)  # fmt: skip

    def _say(self, event: Outgoing) -> None:
        self.events.append(event)


def publish(settings: KafkaSettings, events: Sequence[Outgoing]) -> None:
    """Write events and wait for the broker."""
    publisher = KafkaPublisher(settings)
    publisher.publish(events)
    publisher.close()


def quota_records(settings: KafkaSettings) -> list[Any]:
    """Every event of the quota topic, by partition and offset, read by another client."""
    return [parse(QUOTAS, r.headers, r.value) for r in read_all(settings, settings.topic(QUOTAS))]


def last_said(settings: KafkaSettings) -> dict[Cell, Any]:
    """The highest version of each cell on the quota topic."""
    last: dict[Cell, Any] = {}
    for event in quota_records(settings):
        if cell_of(event) not in last or event.version > last[cell_of(event)].version:
            last[cell_of(event)] = event
    return last


def counts_said(settings: KafkaSettings) -> dict[Any, Counted]:
    """The counters of the quota topic, without cells of zeros."""
    said = {tuple(cell): Counted(*values_of(e).counts) for cell, e in last_said(settings).items()}
    return {cell: counts for cell, counts in said.items() if any(counts)}


def versions_grow(events: Iterable[Any]) -> bool:
    """Whether each record of a cell has a higher version than the one before."""
    last: dict[Cell, int] = {}
    for event in events:
        if event.version <= last.get(cell_of(event), 0):
            return False
        last[cell_of(event)] = event.version
    return True


ZERO = Counts()


def shelved(cells: Mapping[Cell, Counts]) -> Mapping[str, Shelf]:
    """Cells on their shelves."""
    shelves: dict[str, dict[str, Counts]] = {}
    for cell, counts in cells.items():
        shelves.setdefault(shelf_of(cell.year, cell.region_code), {})[place_of(cell)] = counts
    return shelves
