"""The comparison finds every kind of difference, and none where there is none."""

from collections.abc import Callable
from typing import Any

import pytest

from deploy.simulator.cells import provinces
from deploy.simulator.compare import Findings, cells_of, compare_cells, compare_people
from deploy.simulator.delivery import World
from deploy.simulator.scenario import ugly
from deploy.simulator.totals import totals_of
from shared.keys import participant_id_of

WORLD = World(ugly(participants=60, seed=9))
Rows = list[dict[str, Any]]


def right_rows() -> tuple[Rows, Rows]:
    """What a system without faults shows."""
    attendance, certificates = [], []
    for n in range(WORLD.scenario.participants):
        truth, person = WORLD.outcome(n), WORLD.person(n)
        participant_id = participant_id_of(person.external_id)
        attendance.append(
            {
                "external_id": person.external_id,
                "participant_id": participant_id,
                "verdict": truth.verdict,
                "provisional": False,
                "present_seconds": truth.present,
                "base_seconds": truth.base,
                "required_seconds": truth.required,
                "sessions": [{"id": s.id, "present_seconds": s.present} for s in truth.sessions],
            }
        )
        if truth.certificate:
            number = f"N{n}"
            certificates.append(
                {"participant_id": participant_id, "number": number, "status": "issued"}
            )
    return attendance, certificates


def compared(attendance: Rows, certificates: Rows) -> Findings:
    findings = Findings()
    compare_people(WORLD, attendance, certificates, findings)
    return findings


def test_a_right_system_has_no_mismatch() -> None:
    attendance, certificates = right_rows()
    findings = compared(attendance, certificates)
    assert findings.mismatches == 0
    assert findings.decisions == 60
    assert findings.eligible == findings.certificates == len(findings.numbers)
    assert findings.eligible == totals_of(WORLD).eligible


def one_second_more(attendance: Rows, _: Rows) -> None:
    attendance[0]["present_seconds"] += 1


def still_provisional(attendance: Rows, _: Rows) -> None:
    attendance[0]["provisional"] = True


def somebody_missing(attendance: Rows, _: Rows) -> None:
    attendance.pop()


def a_stranger(attendance: Rows, _: Rows) -> None:
    attendance.append({**attendance[0], "external_id": "P9-0000060"})


def a_certificate_missing(_: Rows, certificates: Rows) -> None:
    certificates.pop()


def a_certificate_too_many(_: Rows, certificates: Rows) -> None:
    certificates.append({"participant_id": "nobody", "number": "N", "status": "issued"})


def two_for_one(_: Rows, certificates: Rows) -> None:
    certificates.append({**certificates[0], "number": "other"})


def revoked(_: Rows, certificates: Rows) -> None:
    certificates[0]["status"] = "revoked"


@pytest.mark.parametrize(
    "break_it",
    [
        one_second_more,
        still_provisional,
        somebody_missing,
        a_stranger,
        a_certificate_missing,
        a_certificate_too_many,
        two_for_one,
        revoked,
    ],
)
def test_each_difference_is_found(break_it: Callable[[Rows, Rows], None]) -> None:
    attendance, certificates = right_rows()
    break_it(attendance, certificates)
    assert compared(attendance, certificates).mismatches == 1


def test_cells_are_compared_both_ways_and_empty_ones_left_alone() -> None:
    expected = totals_of(WORLD).cells
    shown = [
        {"region_code": code, "category": category, **figures._asdict()}
        for (code, category), figures in expected.items()
    ]
    empty = dict.fromkeys(("registered", "attended", "eligible", "certified"), 0)
    shown.append({"region_code": "94", "category": "tni", **empty})
    findings = Findings()
    compare_cells(expected, cells_of(shown), findings)
    assert findings.mismatches == 0
    shown[0]["certified"] += 1
    shown[-1]["registered"] = 1
    compare_cells(expected, cells_of(shown), findings)
    assert findings.mismatches == 2


def test_the_nation_is_the_sum_of_the_provinces_alone() -> None:
    totals = totals_of(WORLD)
    nation = provinces(totals.cells)
    assert (nation.registered, nation.eligible) == (60, totals.eligible)
