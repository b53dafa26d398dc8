"""Scans as they come over HTTP, their results, and a batch of them that is judged one by one."""

from collections.abc import Collection, Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from services.attendance.domain.checkin import (
    SENTENCES,
    Accepted,
    Duplicate,
    Offered,
    Refusal,
    Refused,
    check_in,
)
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.facts import Webinar
from services.attendance.door_codes import person_of
from services.attendance.scan_memory import Taken

PROBLEM = "urn:hadir:problem:"


class ScanIn(BaseModel):
    """One scan: a personal `code`, or a `participant_id` picked by hand."""

    scan_id: str = Field(min_length=1, max_length=100)
    session_id: str = Field(max_length=100)
    kind: Literal["in", "out"] = "in"
    gate: str = Field(default="", max_length=100)
    time: AwareDatetime
    code: str | None = Field(default=None, max_length=500)
    participant_id: str | None = Field(default=None, max_length=100)


class ScannerIn(BaseModel):
    """Who scanned; `clock_now` at sending measures the scanner's clock skew."""

    id: str = Field(default="", max_length=100)
    clock_now: AwareDatetime | None = None

    def skew(self, now: int) -> int | None:
        """Seconds by which the scanner's clock is ahead of ours; stored, never applied (rule F)."""
        return None if self.clock_now is None else int(self.clock_now.timestamp()) - now


class ScanProblem(BaseModel):
    """Why a scan was refused or parked; `title` in Indonesian, `detail` in English."""

    type: str
    title: str
    detail: str


class Flag(BaseModel):
    """Something to look at that changes no verdict: the same code came in at another gate, too."""

    kind: Literal["code-at-two-gates"] = "code-at-two-gates"
    gate: str
    at: int


class ScanResult(BaseModel):
    """What became of one scan, and whose it was."""

    scan_id: str
    status: Literal["accepted", "duplicate", "refused", "parked"]
    participant_id: str | None = None
    external_id: str | None = None
    problem: ScanProblem | None = None
    flags: list[Flag] = []


NOT_ENROLLED = ScanProblem(
    type=f"{PROBLEM}not-enrolled",
    title="Orang ini belum terdaftar; pindaian disimpan untuk ditinjau.",
    detail="The person is not enrolled; the scan was kept for review.",
)


class Batch:
    """One request's scans: `results` in their order, `new` what is to be recorded, by scan id."""

    def __init__(self, webinar: Webinar, scanner: ScannerIn, now: int, key: bytes) -> None:
        self.webinar = webinar
        self.results: list[ScanResult] = []
        self.new: dict[str, Accepted] = {}
        self._now, self._key = now, key
        skew = scanner.skew(now)
        self._scanner_now = None if skew is None else now + skew

    def person(self, scan: ScanIn | Any) -> str | Refusal:
        """Whose scan it is, or why nobody's."""
        if not isinstance(scan, ScanIn):
            return Refusal.INVALID
        if scan.code is not None:
            return person_of(self._key, self.webinar.id, scan.code)
        if scan.participant_id is None:
            return Refusal.INVALID
        try:
            return str(UUID(scan.participant_id))
        except ValueError:
            return Refusal.PERSON_INVALID

    def judge(self, scan: ScanIn | Any, person: str | Refusal, enrolled: Mapping[str, list[str]],
              known: Mapping[str, Taken]) -> None:  # fmt: skip
        """Add the result of one scan."""
        scan_id = scan.scan_id if isinstance(scan, ScanIn) else _id_of(scan)
        if isinstance(person, Refusal):
            wrong = wrong_fields(scan) if person is Refusal.INVALID else ""
            self.results.append(_refused(scan_id, person, wrong))
            return
        judged = check_in(self.webinar, _offered(self.webinar.id, person, scan),
                          _standing(enrolled.get(person)), self._before(scan_id, known),
                          self._now, self._scanner_now)  # fmt: skip
        if isinstance(judged, Accepted):
            self.new[scan_id] = judged
        result = _result(scan_id, judged)
        result.participant_id = person
        result.external_id = enrolled[person][0] if person in enrolled else None
        self.results.append(result)

    def take_back(self, scan_ids: Collection[str]) -> None:
        """Refuse what turned out to be claimed for other content meanwhile."""
        for place, result in enumerate(self.results):
            if result.scan_id in scan_ids and result.status != "refused":
                self.results[place] = _refused(result.scan_id, Refusal.ID_REUSED)
                self.new.pop(result.scan_id, None)

    def _before(self, scan_id: str, known: Mapping[str, Taken]) -> Any:
        """(participant_id, scan) of an earlier request, or of earlier in this one."""
        if scan_id in self.new:
            return self.new[scan_id].participant_id, self.new[scan_id].scan
        return known[scan_id][:2] if scan_id in known else None


def _id_of(scan: Any) -> str:
    found = scan.get("scan_id") if isinstance(scan, dict) else None
    return found[:100] if isinstance(found, str) else ""


def _standing(enrolment: list[str] | None) -> Enrolment:
    if enrolment is None:
        return Enrolment.NEVER
    return Enrolment.ENROLLED if enrolment[1] == "enrolled" else Enrolment.CANCELLED


def _offered(webinar_id: str, person: str, scan: ScanIn) -> Offered:
    at = int(scan.time.timestamp())
    return Offered(scan.scan_id, webinar_id, person, scan.session_id, scan.kind, scan.gate, at)


def _result(scan_id: str, judged: Accepted | Duplicate | Refused) -> ScanResult:
    if isinstance(judged, Refused):
        return _refused(scan_id, judged.problem)
    if isinstance(judged, Duplicate):
        return ScanResult(scan_id=scan_id, status="duplicate")
    if judged.parked:
        return ScanResult(scan_id=scan_id, status="parked", problem=NOT_ENROLLED)
    return ScanResult(scan_id=scan_id, status="accepted")


def wrong_fields(scan: ScanIn | Any) -> str:
    """The fields by which a scan is no scan, by name; what they held is not repeated."""
    try:
        ScanIn.model_validate(scan)
    except ValidationError as wrong:
        return ", ".join(dict.fromkeys(str(e["loc"][0]) for e in wrong.errors() if e["loc"]))
    return "code / participant_id"


def _refused(scan_id: str, why: Refusal, fields: str = "") -> ScanResult:
    indonesian, english = (f"{text} ({fields})" if fields else text for text in SENTENCES[why])
    problem = ScanProblem(type=PROBLEM + why.value, title=indonesian, detail=english)
    return ScanResult(scan_id=scan_id, status="refused", problem=problem)
