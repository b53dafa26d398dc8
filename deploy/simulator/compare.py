"""A settled system held against the truth: every person, every certificate, every quota cell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deploy.simulator.cells import Cell, Counted
from deploy.simulator.delivery import World
from deploy.simulator.people import index_of, population_of
from shared.keys import participant_id_of

FIELDS = ("verdict", "present_seconds", "base_seconds", "required_seconds")
LISTED = 200


class Mismatch(NamedTuple):
    """One difference; `who` is an external id or a cell."""

    who: str
    what: str
    expected: Any
    found: Any


@dataclass
class Findings:
    """What the system shows, counted, and where it differs."""

    decisions: int = 0
    eligible: int = 0
    certificates: int = 0
    numbers: set[str] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)
    listed: list[Mismatch] = field(default_factory=list)

    def differ(self, who: str, what: str, expected: Any, found: Any) -> None:
        """Notes a difference; a person or cell counts once however often it differs."""
        self.differing.add(who)
        if len(self.listed) < LISTED:
            self.listed.append(Mismatch(who, what, expected, found))

    @property
    def mismatches(self) -> int:
        return len(self.differing)


def compare_people(
    world: World,
    attendance: Iterable[Mapping[str, Any]],
    certificates: Iterable[Mapping[str, Any]],
    findings: Findings,
) -> None:
    """Verdict, final seconds and certificate of every participant; in memory of bits per person."""
    people = world.scenario.participants
    certified = _certified(certificates, findings)
    seen = bytearray(people)
    for item in attendance:
        index = _index(world, item)
        if index is None or seen[index]:
            findings.differ(str(item.get("external_id")), "decision", "one person's", "another")
            continue
        seen[index] = 1
        _compare_one(world, index, item, certified, findings)
    for index in (n for n in range(people) if not seen[n]):
        findings.differ(world.person(index).external_id, "decision", "a decision", None)
    for participant_id in sorted(certified):
        findings.differ(participant_id, "certificate", None, "a certificate")


def _index(world: World, item: Mapping[str, Any]) -> int | None:
    external = str(item.get("external_id") or "")
    if not external.startswith(f"P{population_of(world.scenario)}-"):
        return None
    index = index_of(external)
    return index if index < world.scenario.participants else None


def _certified(certificates: Iterable[Mapping[str, Any]], findings: Findings) -> set[str]:
    """Whoever holds a valid certificate; two for one person are a difference."""
    holders: set[str] = set()
    for certificate in certificates:
        if certificate["status"] != "issued":
            continue
        findings.certificates += 1
        findings.numbers.add(certificate["number"])
        if certificate["participant_id"] in holders:
            findings.differ(certificate["participant_id"], "certificate", "one", "two")
        holders.add(certificate["participant_id"])
    return holders


def _compare_one(
    world: World,
    index: int,
    item: Mapping[str, Any],
    certified: set[str],
    findings: Findings,
) -> None:
    truth, who = world.outcome(index), world.person(index).external_id
    findings.decisions += "verdict" in item
    findings.eligible += item.get("verdict") == "eligible"
    for name, expected in zip(FIELDS, truth[: len(FIELDS)], strict=True):
        if item.get(name) != expected:
            findings.differ(who, name, expected, item.get(name))
    if item.get("provisional") is not False:
        findings.differ(who, "provisional", False, item.get("provisional"))
    for row in truth.sessions:
        found = {s["id"]: s["present_seconds"] for s in item.get("sessions", ())}.get(row.id)
        if found != row.present:
            findings.differ(who, f"seconds in {row.id}", row.present, found)
    participant_id = participant_id_of(who)
    if (participant_id in certified) != truth.certificate:
        findings.differ(who, "certificate", truth.certificate, participant_id in certified)
    certified.discard(participant_id)


def cells_of(quotas: Iterable[Mapping[str, Any]]) -> dict[Cell, Counted]:
    """Cells with anybody in them, from the quotas that the system shows."""
    found = {
        (q["region_code"], q["category"]): Counted(*(q[name] for name in Counted._fields))
        for q in quotas
    }
    return {cell: figures for cell, figures in found.items() if any(figures)}


def compare_cells(
    expected: Mapping[Cell, Counted], found: Mapping[Cell, Counted], findings: Findings
) -> None:
    """Every quota cell, those that should not be there too."""
    for cell in sorted({*expected, *found}):
        want, have = expected.get(cell, Counted()), found.get(cell, Counted())
        if want != have:
            findings.differ("/".join(cell), "cell", tuple(want), tuple(have))
