"""One line of the table of measurements, and the targets that it is held to."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Target(NamedTuple):
    """A bound on the ratio to the other, or on our own figure where there is no other."""

    value: float
    at_most: bool = False

    def holds(self, figure: float) -> bool:
        """Whether a figure keeps it; the bound itself does."""
        return figure <= self.value if self.at_most else figure >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.value:g}"


def at_most(value: float) -> Target:
    """A bound from above."""
    return Target(value, at_most=True)


TARGETS: dict[str, Target | None] = {
    "gateway_vs_bare": Target(0.5),
    "gateway_vs_fastapi_aiokafka": Target(2.5),
    "gateway_p99_ms": at_most(100),
    "gateway_paused_broker_mib": at_most(200),
    "gateway_paused_worst_ms": at_most(3000),  # so long Zoom waits for an answer
    "step_vs_quix": Target(1.5),
    "step_vs_vanilla_faust": Target(3),
    "step_vs_limit": Target(0.4),
    "step_vs_kafka_streams": None,
    "line_100k_seconds_after_end": at_most(60),
    "line_1m_mismatches": at_most(0),
    "line_1m_cost_ratio": at_most(1.25),
    "line_1m_gib": at_most(4),
    "live_shown": Target(1),
    "live_p50_ms": at_most(300),
    "live_p99_ms": at_most(1000),
    "restart_1m_seconds": at_most(30),
    "scale_out_ratio": Target(1.5),
    "scale_out_per_cpu_second": Target(0.85),
    "gate_gateway": at_most(1.6),
    "gate_attendance": at_most(1.6),
}
"""The rows that must be there, in the order of the table. None: reported without a target."""


@dataclass
class Row:
    """`ratio` is ours / other, or of those who ran by turns the median of the turns' ratios; `runs` are
    our figures, one a run, `others` those of the same turns; the target comes from the name.

    Rows whose name has no target are for reading only.
    """

    name: str
    ours: float
    other: float | None
    unit: str
    runs: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    @property
    def target(self) -> Target | None:
        return TARGETS.get(self.name)

    @property
    def ratio(self) -> float | None:
        if self.others:
            return median(a / b for a, b in zip(self.runs, self.others, strict=True))
        return None if not self.other else self.ours / self.other

    @property
    def holds(self) -> bool | None:
        """None without a target."""
        if self.target is None:
            return None
        return self.target.holds(self.ours if self.ratio is None else self.ratio)

    @property
    def spread(self) -> float:
        """(max − min) / median of our runs."""
        return (max(self.runs) - min(self.runs)) / self.ours if self.runs and self.ours else 0.0

    def as_json(self) -> dict[str, object]:
        """The row as written to a file; rounded, so the verdict is of the unrounded figures."""
        return {
            "name": self.name, "ours": round(self.ours, 3),
            "other": None if self.other is None else round(self.other, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 3), "unit": self.unit,
            "target": None if self.target is None else self.target.value, "holds": self.holds,
            "runs": max(1, len(self.runs)), "spread": round(self.spread, 3),
        }  # fmt: skip


def paired(name: str, ours: list[float], other: list[float], unit: str) -> Row:
    """Of contenders that ran one after the other in each turn: what the machine did in between, all met."""
    return Row(name, median(ours), median(other), unit, ours, other)


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)
