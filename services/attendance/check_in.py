"""Check-ins at the door: a batch of scans is judged, recorded and remembered."""

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi.concurrency import run_in_threadpool

from services.attendance.domain.checkin import Accepted
from services.attendance.domain.facts import Scan, Webinar
from services.attendance.domain.gates import AtTwoGates, at_two_gates
from services.attendance.scan_memory import ScanMemory, Taken
from services.attendance.scans import Batch, Flag, ScanIn, ScannerIn, ScanResult
from services.attendance.stores import AttendanceView
from shared.audit import audited
from shared.events.attendance import CheckedInV1, ScanTakenV1
from shared.http import Caller
from shared.keys import person_key
from shared.publish import AsyncPublisher, Outgoing
from shared.topics import ATTENDANCE_AUDIT, EVENTS, SCANS


class CheckIns:
    """Turns scans into durable facts."""

    def __init__(self, code_key: bytes, view: AttendanceView, publisher: AsyncPublisher) -> None:
        self._key, self._view, self._publisher = code_key, view, publisher
        self.memory = ScanMemory(view.view)

    async def record(
        self, webinar: Webinar, scans: Sequence[ScanIn | Any], scanner: ScannerIn, now: int,
        caller: Caller,
    ) -> list[ScanResult]:  # fmt: skip
        """One result per scan; what is accepted or parked is on the broker when this returns.

        The fact goes first, then what its id stands for: after a crash between the two the scan is
        simply new again, and folds into the same fact.
        """
        batch = Batch(webinar, scanner, now, self._key)
        await run_in_threadpool(self._judge, batch, scans)
        facts = [_fact(webinar.id, accepted, scanner.id) for accepted in batch.new.values()]
        await self._publisher.publish(
            Outgoing(EVENTS, person_key(webinar.id, fact.participant_id), fact) for fact in facts
        )
        taken = [_taken(fact) for fact in facts]
        await self._publisher.publish([
            *(Outgoing(SCANS, f"{webinar.id}|{one.scan_id}", one) for one in taken),
            *_audit(webinar.id, batch, scanner, caller),
        ])  # fmt: skip
        await run_in_threadpool(self._remember, batch)
        return batch.results

    def _judge(self, batch: Batch, scans: Sequence[ScanIn | Any]) -> None:
        webinar_id = batch.webinar.id
        people = [batch.person(scan) for scan in scans]
        enrolled = self._view.enrolled(webinar_id, {str(p) for p in people})
        ids = [scan.scan_id for scan in scans if isinstance(scan, ScanIn)]
        known = self.memory.known(webinar_id, ids)
        for scan, person in zip(scans, people, strict=True):
            batch.judge(scan, person, enrolled, known)
        batch.take_back(self.memory.claim(webinar_id, _new(batch)))

    def _remember(self, batch: Batch) -> None:
        new = _new(batch)
        self.memory.recorded(batch.webinar.id, new)
        good = [r for r in batch.results if r.status != "refused" and r.participant_id]
        people = {r.participant_id for r in good if r.participant_id}
        flagged = flags_by_scan([*new.values(), *self.memory.of(batch.webinar.id, people)])
        for result in good:
            result.flags = flagged.get(result.scan_id, [])


def pairs_at_two_gates(taken: Iterable[Taken]) -> dict[str, list[AtTwoGates]]:
    """Per person the pairs of scans of one code at two gates at once; who has none is left out."""
    scans: dict[str, list[Scan]] = {}
    for one in taken:
        scans.setdefault(one.participant_id, []).append(one.scan)
    found = {person: at_two_gates(own) for person, own in scans.items()}
    return {person: pairs for person, pairs in sorted(found.items()) if pairs}


def flags_by_scan(taken: Iterable[Taken]) -> dict[str, list[Flag]]:
    """{scan_id: where and when the same code came in at another gate}."""
    flags: dict[str, list[Flag]] = {}
    for pairs in pairs_at_two_gates(taken).values():
        for _, first, second in pairs:
            flags.setdefault(first.scan_id, []).append(Flag(gate=second.gate, at=second.at))
            flags.setdefault(second.scan_id, []).append(Flag(gate=first.gate, at=first.at))
    return flags


def _audit(webinar_id: str, batch: Batch, scanner: ScannerIn, caller: Caller) -> list[Outgoing]:
    """One record for what one scanner brought; who was scanned is told by the facts."""
    if not batch.new:
        return []
    parked = sum(result.status == "parked" for result in batch.results)
    after = {"scanner": scanner.id, "scans": len(batch.new), "parked": parked}
    return [audited(ATTENDANCE_AUDIT, caller, "checked-in", webinar_id, webinar_id=webinar_id,
                    after=after)]  # fmt: skip


def _new(batch: Batch) -> dict[str, Taken]:
    return {i: Taken(a.participant_id, a.scan) for i, a in batch.new.items()}


def _fact(webinar_id: str, accepted: Accepted, scanner_id: str) -> CheckedInV1:
    return CheckedInV1(
        webinar_id=webinar_id,
        participant_id=accepted.participant_id,
        **accepted.scan._asdict(),
        scanner_id=scanner_id,
        skew=accepted.skew,
    )


def _taken(fact: CheckedInV1) -> ScanTakenV1:
    return ScanTakenV1.model_validate(fact.model_dump(exclude={"skew"}))
