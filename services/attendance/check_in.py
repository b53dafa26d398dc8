"""Check-ins at the door: codes are verified, scans become facts on the events topic."""

import hmac
from collections.abc import Sequence
from typing import Any, Literal

import orjson
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field

from services.attendance.domain.checkin import (
    SENTENCES,
    Accepted,
    Duplicate,
    Offered,
    Refused,
    check_in,
)
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.facts import Scan, Webinar
from services.attendance.stores import AttendanceView
from shared import crypto
from shared.events.attendance import CheckedInV1
from shared.keys import person_key
from shared.publish import AsyncPublisher, Outgoing
from shared.topics import EVENTS


class ScanIn(BaseModel):
    """One scan: a personal `code`, or a `participant_id` picked by hand."""

    scan_id: str = Field(min_length=1, max_length=100)
    session_id: str
    kind: Literal["in", "out"] = "in"
    gate: str = Field(default="", max_length=100)
    time: AwareDatetime
    code: str | None = None
    participant_id: str | None = None


class ScannerIn(BaseModel):
    """Who scanned; `clock_now` at sending measures the scanner's clock skew."""

    id: str = Field(default="", max_length=100)
    clock_now: AwareDatetime | None = None


class ScanProblem(BaseModel):
    """Why a scan was refused or parked; `title` in Indonesian, `detail` in English."""

    type: str
    title: str
    detail: str


class ScanResult(BaseModel):
    """What became of one scan."""

    scan_id: str
    status: Literal["accepted", "duplicate", "refused", "parked"]
    problem: ScanProblem | None = None


NOBODY = ScanProblem(
    type="urn:hadir:problem:code-unknown",
    title="Kode ini bukan kode webinar ini, atau terpotong.",
    detail="The code is not one of this webinar, or was cut short.",
)
NOT_ENROLLED = ScanProblem(
    type="urn:hadir:problem:not-enrolled",
    title="Orang ini belum terdaftar; pindaian disimpan untuk ditinjau.",
    detail="The person is not enrolled; the scan was kept for review.",
)


def code_of(key: bytes, webinar_id: str, participant_id: str) -> str:
    """The text of a person's QR code for one webinar: signed, personal, not to be guessed."""
    return f"{participant_id}.{crypto.code(key, f'check-in|{webinar_id}|{participant_id}')}"


def person_of(key: bytes, webinar_id: str, code: str) -> str | None:
    """Whose code it is; None for a code that we did not make for this webinar."""
    participant_id, _, _ = code.partition(".")
    right = code_of(key, webinar_id, participant_id)
    return participant_id if hmac.compare_digest(right.encode(), code.encode()) else None


class CheckIns:
    """Turns scans into durable facts."""

    def __init__(self, code_key: bytes, view: AttendanceView, publisher: AsyncPublisher) -> None:
        self._key, self._view, self._publisher = code_key, view, publisher

    async def record(
        self, webinar: Webinar, scans: Sequence[ScanIn], scanner: ScannerIn, now: int
    ) -> list[ScanResult]:
        """One result per scan; what is accepted or parked is on the broker when this returns."""
        results, events = await run_in_threadpool(self._judge, webinar, scans, scanner, now)
        await self._publisher.publish(
            Outgoing(EVENTS, person_key(e.webinar_id, e.participant_id), e) for e in events
        )
        await run_in_threadpool(self._remember, webinar.id, events)
        return results

    def _judge(
        self, webinar: Webinar, scans: Sequence[ScanIn], scanner: ScannerIn, now: int
    ) -> tuple[list[ScanResult], list[CheckedInV1]]:
        people = [self._person(webinar, scan) for scan in scans]
        enrolled = self._view.enrolled(webinar.id, {p for p in people if p})
        known = self._known(webinar.id, [scan.scan_id for scan in scans])
        scanner_now = int(scanner.clock_now.timestamp()) if scanner.clock_now else None
        results: list[ScanResult] = []
        events: list[CheckedInV1] = []
        for scan, person in zip(scans, people, strict=True):
            if not person:
                results.append(ScanResult(scan_id=scan.scan_id, status="refused", problem=NOBODY))
                continue
            standing = _standing(enrolled.get(person))
            offered = _offered(webinar.id, person, scan)
            before = known.get(scan.scan_id)
            judged = check_in(webinar, offered, standing, before, now, scanner_now)
            results.append(_result(scan.scan_id, judged))
            if isinstance(judged, Accepted):
                known[scan.scan_id] = (person, judged.scan)
                events.append(_event(webinar.id, judged, scanner.id))
        return results, events

    def _person(self, webinar: Webinar, scan: ScanIn) -> str | None:
        if scan.code is not None:
            return person_of(self._key, webinar.id, scan.code)
        return scan.participant_id

    def _scans(self, webinar_id: str) -> str:
        return self._view.view.key("scans", webinar_id)

    def _known(self, webinar_id: str, scan_ids: Sequence[str]) -> dict[str, tuple[str, Scan]]:
        if not scan_ids:
            return {}
        found: Any = self._view.view.client.hmget(self._scans(webinar_id), list(scan_ids))
        stored = {i: orjson.loads(v) for i, v in zip(scan_ids, found, strict=True) if v is not None}
        return {i: (person, Scan(*scan)) for i, (person, scan) in stored.items()}

    def _remember(self, webinar_id: str, events: Sequence[CheckedInV1]) -> None:
        with self._view.view.client.pipeline(transaction=False) as pipe:
            for e in events:
                scan = (e.scan_id, e.session_id, e.kind, e.gate, e.at)
                pipe.hset(
                    self._scans(webinar_id), e.scan_id, orjson.dumps([e.participant_id, scan])
                )
            pipe.execute()


def _standing(enrolment: list[str] | None) -> Enrolment:
    if enrolment is None:
        return Enrolment.NEVER
    return Enrolment.ENROLLED if enrolment[1] == "enrolled" else Enrolment.CANCELLED


def _offered(webinar_id: str, person: str, scan: ScanIn) -> Offered:
    at = int(scan.time.timestamp())
    return Offered(scan.scan_id, webinar_id, person, scan.session_id, scan.kind, scan.gate, at)


def _result(scan_id: str, judged: Accepted | Duplicate | Refused) -> ScanResult:
    if isinstance(judged, Duplicate):
        return ScanResult(scan_id=scan_id, status="duplicate")
    if isinstance(judged, Accepted):
        if judged.parked:
            return ScanResult(scan_id=scan_id, status="parked", problem=NOT_ENROLLED)
        return ScanResult(scan_id=scan_id, status="accepted")
    indonesian, english = SENTENCES[judged.problem]
    problem = ScanProblem(
        type=f"urn:hadir:problem:{judged.problem.value}", title=indonesian, detail=english
    )
    return ScanResult(scan_id=scan_id, status="refused", problem=problem)


def _event(webinar_id: str, accepted: Accepted, scanner_id: str) -> CheckedInV1:
    scan = accepted.scan
    return CheckedInV1(
        webinar_id=webinar_id,
        participant_id=accepted.participant_id,
        scan_id=scan.scan_id,
        session_id=scan.session_id,
        kind=scan.kind,
        gate=scan.gate,
        scanner_id=scanner_id,
        at=scan.at,
        skew=accepted.skew,
    )
