"""A batch of scans: each gets its own result, and the good ones go through."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from services.attendance.door_codes import code_of
from services.attendance.routes.check_ins import CheckInRequest
from services.attendance.scan_memory import Taken
from services.attendance.scans import Batch, ScannerIn
from tests.services.attendance.domain.builders import T, session, webinar

KEY = bytes(32)
WEBINAR, ANI, BUDI, NOBODY, OTHER = (str(UUID(int=n << 120 | n)) for n in range(21, 26))
HALL = webinar(session(hall=True))._replace(id=WEBINAR)
ENROLLED = {ANI: ["p-1", "enrolled", "15", "onsite"], BUDI: ["p-2", "cancelled", "15", "onsite"]}
AT = TypeAdapter(str).validate_python("2026-02-02T02:41:00Z")
NOW = T + 100


def scan(**more: Any) -> dict[str, Any]:
    code = code_of(KEY, WEBINAR, ANI)
    return {"scan_id": "k1", "session_id": "s1", "gate": "A", "time": AT, "code": code, **more}


def judged(*scans: Any, known: dict[str, Taken] | None = None, scanner: Any = None) -> Batch:
    request = CheckInRequest.model_validate({"scans": scans})
    batch = Batch(HALL, scanner or ScannerIn(), NOW, KEY)
    for one in request.scans:
        batch.judge(one, batch.person(one), ENROLLED, known or {})
    return batch


def told(batch: Batch) -> list[tuple[str, str | None]]:
    return [(r.status, r.problem and r.problem.type.rpartition(":")[2]) for r in batch.results]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("no scan", "scan-invalid"),
        (17, "scan-invalid"),
        ({}, "scan-invalid"),
        (scan(time="yesterday"), "scan-invalid"),
        (scan(time="2026-02-02T02:41:00"), "scan-invalid"),
        (scan(kind="through"), "scan-invalid"),
        (scan(scan_id=""), "scan-invalid"),
        (scan(code=None), "scan-invalid"),
        (scan(code=None, participant_id="~somebody"), "participant-id-invalid"),
        (scan(code="x"), "code-unknown"),
        (scan(code=code_of(KEY, WEBINAR, ANI)[:40]), "code-cut-short"),
        (scan(code=code_of(KEY, OTHER, ANI)), "other-webinar"),
        (scan(session_id="s9"), "unknown-session"),
        (scan(time="2036-02-02T02:41:00Z"), "time-in-the-future"),
        (scan(time="1970-01-01T00:00:00Z"), "time-far-from-session"),
    ],
)
def test_F_a_bad_scan_is_refused_with_its_own_problem_and_the_good_one_beside_it_goes_through(
    bad: Any, problem: str
) -> None:
    batch = judged(bad, scan(scan_id="good"))
    assert told(batch) == [("refused", problem), ("accepted", None)]
    assert list(batch.new) == ["good"]


@pytest.mark.parametrize(
    ("bad", "fields"),
    [
        (scan(time="yesterday", kind="through"), "kind, time"),
        (scan(code=None), "code / participant_id"),
        ({k: v for k, v in scan().items() if k != "scan_id"}, "scan_id"),
    ],
    ids=["two fields", "nobody", "no id"],
)
def test_a_scan_that_is_no_scan_is_told_by_which_field(bad: Any, fields: str) -> None:
    problem = judged(bad).results[0].problem
    assert problem is not None
    assert problem.title.endswith(f"({fields})")
    assert problem.detail.endswith(f"({fields})")


def test_a_result_says_whose_scan_it_was() -> None:
    (result,) = judged(scan()).results
    assert (result.participant_id, result.external_id) == (ANI, "p-1")


@pytest.mark.parametrize("person", [BUDI, NOBODY])
def test_W6_a_scan_of_somebody_cancelled_or_unknown_is_parked_and_kept(person: str) -> None:
    batch = judged(scan(code=None, participant_id=person))
    assert told(batch) == [("parked", "not-enrolled")]
    assert list(batch.new) == ["k1"]


def test_F_an_id_used_twice_in_one_batch_counts_once() -> None:
    assert told(judged(scan(), scan())) == [("accepted", None), ("duplicate", None)]
    assert told(judged(scan(), scan(kind="out")))[1] == ("refused", "scan-id-reused")
    other = scan(code=None, participant_id=BUDI)
    assert told(judged(scan(), other))[1] == ("refused", "scan-id-reused")


def test_F_an_id_of_an_earlier_request_counts_once() -> None:
    first = judged(scan()).new["k1"]
    known = {"k1": Taken(ANI, first.scan, "door")}
    assert told(judged(scan(), known=known)) == [("duplicate", None)]
    assert told(judged(scan(gate="B"), known=known)) == [("refused", "scan-id-reused")]
    assert not judged(scan(gate="B"), known=known).new


def test_F_an_id_that_another_request_claimed_meanwhile_is_taken_back() -> None:
    batch = judged(scan(), scan(scan_id="k2"))
    batch.take_back({"k1"})
    assert told(batch) == [("refused", "scan-id-reused"), ("accepted", None)]
    assert list(batch.new) == ["k2"]


def test_F_the_skew_of_a_scanner_is_stored_and_its_time_is_not_touched() -> None:
    scanner = ScannerIn.model_validate({"id": "door-1", "clock_now": "2026-02-02T03:41:00Z"})
    batch = judged(scan(time="2026-02-02T03:40:59Z"), scanner=scanner)
    assert batch.new["k1"].skew == scanner.skew(NOW)
    assert batch.new["k1"].scan.at == 1_770_003_659
