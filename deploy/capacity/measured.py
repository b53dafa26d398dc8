"""The figures that the model stands on, as `hadir bench --only line` and `national` measured them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).with_name("measured.json")
_ROW = re.compile(r"line_(?P<size>\d+[km]?)_(?P<kind>cpu|memory)_(?P<process>[a-z-]+)$")
_SIZES = {"": 1, "k": 1_000, "m": 1_000_000}
BESIDE = ("sender", "services")
"""Rows of the same form that are no process."""


@dataclass(frozen=True)
class Cost:
    """One process: processor time of a person's whole way, and resident memory at its peak."""

    cpu_us: float
    base_mib: float
    mib_per_100k: float


@dataclass(frozen=True)
class Measured:
    """Per person of one webinar; disk as written by one copy; the gateway's webhooks a second of one
    core at its peak; documents a second of one worker."""

    on: str
    people: int
    disk_bytes: float
    gateway_per_second: float
    documents_per_second: float
    processes: Mapping[str, Cost]

    def save(self, file: Path) -> None:
        """Write them for `load`."""
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def load(file: Path = COMMITTED) -> Measured:
    """Read what `save` wrote."""
    said = json.loads(file.read_text())
    processes = {name: Cost(**cost) for name, cost in said.pop("processes").items()}
    return Measured(**said, processes=processes)


def from_rows(rows: Sequence[Mapping[str, Any]], before: Measured) -> Measured:
    """What was known before, with what these rows of `hadir bench` say anew."""
    figures = {str(row["name"]): row["ours"] for row in rows}
    on = next((str(row["unit"]) for row in rows if row["name"] == "measured_on"), before.on)
    gateway = figures.get("gateway_vs_bare", before.gateway_per_second)
    return _with_lines(figures, replace(before, on=on, gateway_per_second=gateway))


def _with_lines(figures: Mapping[str, float], before: Measured) -> Measured:
    """The largest webinar counts; a smaller one beside it tells what a process needs without people."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, value in figures.items():
        if (is_row := _ROW.match(name)) and is_row["process"] not in BESIDE:
            kinds = found.setdefault(is_row["size"], {"cpu": {}, "memory": {}})
            kinds[is_row["kind"]][is_row["process"]] = value
    if not found:
        return before
    small, large = min(found, key=_people), max(found, key=_people)
    processes = {
        name: _cost(name, found[small]["memory"][name], found[large]["memory"][name],
                    (_people(small), _people(large)), cpu, before)
        for name, cpu in sorted(found[large]["cpu"].items())
    }  # fmt: skip
    return replace(
        before, people=_people(large), processes=processes,
        disk_bytes=round(figures[f"line_{large}_disk"] * 2**30 / _people(large)),
        documents_per_second=figures[f"line_{large}_documents_a_second"]
        or before.documents_per_second,
    )  # fmt: skip


def _people(size: str) -> int:
    return int(size.rstrip("km")) * _SIZES[size.lstrip("0123456789")]


def _cost(name: str, least: float, peak: float, people: tuple[int, int], cpu: float,
          before: Measured) -> Cost:  # fmt: skip
    """Memory as a straight line through both sizes, or through what was known of an empty process."""
    small, large = people
    if small < large:
        slope = max(0.0, (peak - least) / (large - small))
        return Cost(cpu, round(peak - slope * large, 1), round(slope * 1e5, 1))
    known = before.processes.get(name)
    base = min(peak, known.base_mib) if known else peak
    return Cost(cpu, base, round((peak - base) / large * 1e5, 1))
