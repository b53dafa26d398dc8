"""Operators' words on one webinar with six people, and both stages in memory that act on them."""

from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Any

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from services.attendance.frames import event_frame
from shared.crypto import identity_hmac
from shared.events.attendance import ItemPassedV1
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import EnrolledV1, Link, WebinarSetV1
from shared.events.rulings import (
    ConnectionAssignedV1,
    PeopleListedV1,
    Ruling,
    RulingWithdrawnV1,
    Share,
    TimeCorrectedV1,
)
from shared.keys import partition_of, person_key
from shared.topics import CERTIFICATES
from tests.support.pipeline import KEY, Pipeline
from tests.support.workers import Stages
from tests.support.zoom_events import T0, Room, iso, raw

HOUR = 3600
T = int(T0.timestamp())
W = "11111111-1111-1111-1111-111111111111"
NUMBER = "93201235621"
ROOM = Room("uuid-1==", NUMBER)
PEOPLE = ("ani", "budi", "citra", "dewi", "eko", "fitri")


def webinar(**more: Any) -> WebinarSetV1:
    session = {"id": "s1", "start": iso(0), "end": iso(HOUR), "zoom": {"number": NUMBER}}
    return WebinarSetV1.model_validate({
        "webinar_id": W, "version": 1, "programme_id": "p", "year": 2008, "title": "Contoh",
        "sessions": [session], **more,
    })  # fmt: skip


def enrolment(who: str) -> EnrolledV1:
    return EnrolledV1(
        webinar_id=W, participant_id=who, version=1, external_id=who, year=2008,
        region_code="15", category="asn",
        links=(Link(zoom_number=NUMBER, registrant_id=f"_{who}"),),
        email_hmac=identity_hmac(KEY, f"{who}@contoh.example"),
    )  # fmt: skip


def there(pipeline: Pipeline, *events: dict[str, Any], **settings: Any) -> Pipeline:
    """The webinar, its people, a running meeting, and these events."""
    pipeline.webinar(webinar(**settings))
    for who in PEOPLE:
        pipeline.enrol(enrolment(who))
    pipeline.flush()  # no stage thinks any more that somebody told something before it
    for event in (ROOM.started(-600), *events, ROOM.ended(HOUR + 60)):
        pipeline.webhook(raw(event))
    pipeline.flush()
    return pipeline


def stay(user: str, connection: str, since: int = 0, until: int = HOUR, **who: Any) -> list[Any]:
    """A join and a leave."""
    return [ROOM.joined(since, user, connection, **who), ROOM.left(until, user, connection)]


def said(event: type[Ruling], name: str, at: int = 1, **what: Any) -> Any:
    return event(ruling_id=name, webinar_id=W, made_at=at, made_by="o", reason="uji", **what)


def assigned(name: str, *shares: Any, at: int = 1, connection: str = "c1", user: str = "") -> Any:
    parts = tuple(s if isinstance(s, Share) else Share(participant_id=s) for s in shares)
    return said(ConnectionAssignedV1, name, at, meeting_uuid=ROOM.uuid, shares=parts,
                participant_uuid="" if user else connection, user_id=user)  # fmt: skip


def withdrawn(name: str, what: str, at: int = 9) -> Any:
    return said(RulingWithdrawnV1, name, at, withdraws=what)


def corrected(name: str, who: str, start: int, end: int, kind: str = "add", at: int = 1) -> Any:
    return said(TimeCorrectedV1, name, at, participant_id=who, kind=kind, start=T + start,
                end=T + end)  # fmt: skip


def listed(name: str, version: int, *people: str, **more: Any) -> Any:
    fields = {"list_id": "aula", "session_id": "s1", "participant_ids": people,
              "zoom_number": NUMBER, "registrant_id": "_room", **more}  # fmt: skip
    return said(PeopleListedV1, name, version=version, **fields)


def seconds(pipeline: Pipeline) -> dict[str, int]:
    """Who was there for how long; those without a second are left out."""
    found = pipeline.decisions()
    return {p: d["present_seconds"] for p, d in sorted(found.items()) if d["present_seconds"]}


def say(pipeline: Pipeline, *words: Ruling) -> None:
    for word in words:
        pipeline.say(word)
        pipeline.flush()


class Line:
    """Both stages: what the first tells, the second decides, all clocks passed. Every other time the
    second was down while the words were said, and goes on from a checkpoint."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.stages = Stages(pipeline.knowledge, pipeline.partitions)
        self._told = self._heard = 0
        self._kept: list[list[bytes]] = []
        self._since: list[tuple[int, bytes]] = []
        self._turns: Iterator[bool] = cycle((False, True))
        for kind in (ClockKind.GRACE, ClockKind.RETRY_WINDOW):
            self.clock(kind)

    def clock(self, kind: ClockKind) -> None:
        passed = ClockPassed(W, "s1", T + HOUR, kind)
        for stage in self.pipeline.stages:
            self._fold(stage._teller.clock(passed))
        self.work()

    def say(self, *words: Ruling) -> None:
        for word in words:
            self.pipeline.say(word)
        self.work()

    def item(self, who: str, item: str) -> None:
        event = ItemPassedV1(webinar_id=W, participant_id=who, item=item, at=T)
        key = person_key(W, who)
        place = partition_of(key.encode(), self.pipeline.partitions)
        self._fold([(place, event_frame(event.type, "t", key, event.model_dump(), iso(0)))])
        self.work()

    def certificate(self, who: str) -> None:
        self.certificate_heard(who)
        self.work()

    def certificate_heard(self, who: str) -> None:
        event = CertificateIssuedV1(
            certificate_id="c", webinar_id=W, participant_id=who, number="1", sha256="", year=2008,
            verify_url="", issued_at=iso(HOUR), region_code="15", category="asn", sealed="",
        )  # fmt: skip
        self.pipeline.hear(CERTIFICATES, person_key(W, who), event)

    def _fold(self, frames: Iterable[tuple[int, bytes]]) -> None:
        for partition, one in frames:
            self.stages.fold(partition, one)
            self._since.append((partition, one))

    def work(self) -> None:
        if self._kept and next(self._turns):
            self.stages.restart(self._kept, self.pipeline.side[self._heard :])
            again, self._since = self._since, []
            self._fold(again)
        self.pipeline.flush()
        self._fold(self.pipeline.log.frames[self._told :])
        self._told = len(self.pipeline.log.frames)
        self.stages.flush()
        self._since = []
        self._kept, self._heard = self.stages.keep(), len(self.pipeline.side)

    def of(self, who: str) -> dict[str, Any]:
        return self.stages.topic.decisions()[who]

    def published(self) -> int:
        return sum(one.topic.name == "attendance.decisions.v1" for one in self.stages.topic.said)

    def open_cases(self) -> list[Any]:
        cases = self.pipeline.knowledge.cases.values()
        return [case for case in cases if case.status == "open"]


def codes(decision: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in decision["reasons"]]


def line(*events: dict[str, Any], **settings: Any) -> Line:
    return Line(there(Pipeline(), *events, **settings))
