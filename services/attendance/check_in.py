"""Check-ins at the door: codes are verified, scans become facts on the events topic."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field

from services.attendance.stores import AttendanceView
from shared import crypto
from shared.events.attendance import CheckedInV1
from shared.keys import person_key
from shared.publish import AsyncPublisher, Outgoing
from shared.topics import EVENTS

YEAR = 365 * 86_400
NEW = b"\x1enew"  # marks an identity that this request brings
FUTURE = 300
"""A scan may lie this many seconds ahead of our clock: scanners' clocks are not exact."""


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
    """Why a scan was refused or parked."""

    type: str
    title: str


class ScanResult(BaseModel):
    """What became of one scan."""

    scan_id: str
    status: Literal["accepted", "duplicate", "refused", "parked"]
    problem: ScanProblem | None = None


class _Refused(Exception):
    def __init__(self, code: str, title: str) -> None:
        self.problem = ScanProblem(type=f"urn:hadir:problem:{code}", title=title)


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

    async def record(self, webinar: Mapping[str, Any], scans: Sequence[ScanIn], scanner: ScannerIn,
                     now: float) -> list[ScanResult]:  # fmt: skip
        """One result per scan; what is accepted or parked is on the broker when this returns."""
        skew = round(scanner.clock_now.timestamp() - now) if scanner.clock_now else None
        judged = [self._judge(webinar, scan, scanner.id, skew, now) for scan in scans]
        results, fresh = await run_in_threadpool(self._compare, webinar["webinar_id"], judged)
        await self._publisher.publish(
            Outgoing(EVENTS, person_key(e.webinar_id, e.participant_id), e) for e in fresh
        )
        await run_in_threadpool(self._remember, fresh)
        return results

    def _judge(self, webinar: Mapping[str, Any], scan: ScanIn, scanner: str, skew: int | None,
               now: float) -> CheckedInV1 | ScanResult:  # fmt: skip
        try:
            return self._event(webinar, scan, scanner, skew, now)
        except _Refused as why:
            return ScanResult(scan_id=scan.scan_id, status="refused", problem=why.problem)

    def _event(self, webinar: Mapping[str, Any], scan: ScanIn, scanner: str, skew: int | None,
               now: float) -> CheckedInV1:  # fmt: skip
        if scan.session_id not in {s["id"] for s in webinar["sessions"]}:
            raise _Refused("session-unknown", "The webinar has no such session.")
        at = int(scan.time.timestamp())
        if at > now + FUTURE:
            raise _Refused("scan-in-the-future", "The scan's time lies in the future.")
        if at < _start(webinar) - YEAR:
            raise _Refused("scan-too-old", "The scan's time lies years before the webinar.")
        return CheckedInV1(
            webinar_id=webinar["webinar_id"], participant_id=self._person(webinar, scan),
            scan_id=scan.scan_id, session_id=scan.session_id, kind=scan.kind, gate=scan.gate,
            scanner_id=scanner, at=at, skew=skew,
        )  # fmt: skip

    def _person(self, webinar: Mapping[str, Any], scan: ScanIn) -> str:
        if scan.code is not None:
            person = person_of(self._key, webinar["webinar_id"], scan.code)
            if person is None:
                raise _Refused(
                    "code-unknown", "The code is not one of this webinar, or was cut short."
                )
            return person
        if not scan.participant_id:
            raise _Refused("nobody-named", "The scan names neither a code nor a participant.")
        return scan.participant_id

    def _compare(self, webinar_id: str, judged: Sequence[CheckedInV1 | ScanResult]
                 ) -> tuple[list[ScanResult], list[CheckedInV1]]:  # fmt: skip
        """Against the scans that were taken before, and against the list of the enrolled."""
        events = [e for e in judged if isinstance(e, CheckedInV1)]
        known = self._known(webinar_id, [e.scan_id for e in events])
        enrolled = self._view.enrolled(webinar_id, {e.participant_id for e in events})
        results: list[ScanResult] = []
        fresh: list[CheckedInV1] = []
        for event in judged:
            if isinstance(event, ScanResult):
                results.append(event)
                continue
            before = known.setdefault(event.scan_id, event_identity(event) + NEW)
            results.append(_result(event, before, event.participant_id in enrolled))
            if before.endswith(NEW) and before == event_identity(event) + NEW:
                known[event.scan_id] = event_identity(event)
                fresh.append(event)
        return results, fresh

    def _scans(self, webinar_id: str) -> str:
        return self._view.view.key("scans", webinar_id)

    def _known(self, webinar_id: str, scan_ids: Sequence[str]) -> dict[str, bytes]:
        if not scan_ids:
            return {}
        found: Any = self._view.view.client.hmget(self._scans(webinar_id), list(scan_ids))
        return {i: bytes(v) for i, v in zip(scan_ids, found, strict=True) if v is not None}

    def _remember(self, events: Sequence[CheckedInV1]) -> None:
        with self._view.view.client.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.hset(self._scans(event.webinar_id), event.scan_id, event_identity(event))
            pipe.execute()


def _result(event: CheckedInV1, before: bytes, enrolled: bool) -> ScanResult:
    if before == event_identity(event):
        return ScanResult(scan_id=event.scan_id, status="duplicate")
    if before != event_identity(event) + NEW:
        return _answer(
            event, "refused", "scan-id-reused", "This scan id was used for another scan."
        )
    if not enrolled:
        return _answer(event, "parked", "not-enrolled",
                       "The person is not enrolled; the scan was kept for review.")  # fmt: skip
    return ScanResult(scan_id=event.scan_id, status="accepted")


def _answer(
    event: CheckedInV1, status: Literal["refused", "parked"], code: str, title: str
) -> ScanResult:
    problem = ScanProblem(type=f"urn:hadir:problem:{code}", title=title)
    return ScanResult(scan_id=event.scan_id, status=status, problem=problem)


def event_identity(event: CheckedInV1) -> bytes:
    """What makes two scans of one id the same scan (skew and scanner may differ when sent again)."""
    parts = (event.participant_id, event.session_id, event.kind, event.gate, str(event.at))
    return "\x1f".join(parts).encode()


def _start(webinar: Mapping[str, Any]) -> float:
    return min(datetime.fromisoformat(s["start"]).timestamp() for s in webinar["sessions"])
