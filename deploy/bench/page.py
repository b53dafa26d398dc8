"""BENCHMARKS.md: the table between two marks is written by the command, the prose by hand.

A run replaces the lines of the rows that it measured and leaves the others, which say when they are from.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.bench.row import TARGETS, Row

BEGIN, END = "<!-- table:begin -->", "<!-- table:end -->"
HEAD = ("what", "ours", "other", "ratio", "target", "verdict", "unit", "runs", "spread", "when")
PLOTTED = {
    "Processor time per person, all processes, broker and store, in µs:": "cost_",
    "Where the attendance worker's processor time goes, in % (see below):": "share_",
}


def number(value: float | None) -> str:
    """Short, for people: thousands apart, three digits where they are few."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"


def cells(row: Row) -> tuple[str, ...]:
    """One row in words: the columns of HEAD without the last."""
    verdict = {None: "–", True: "holds", False: "FAILS"}[row.holds]
    return (
        row.name, number(row.ours), number(row.other),
        "–" if row.ratio is None else f"{row.ratio:.2f}",
        "–" if row.target is None else str(row.target), verdict, row.unit,
        str(max(1, len(row.runs))), f"{row.spread:.0%}",
    )  # fmt: skip


def update(page: Path, rows: Iterable[Row], when: str, machine: str) -> None:
    """Write the rows into the page.

    Raises:
        ValueError: the page has no marks.
    """
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    if not after and END not in text:
        raise ValueError(f"{page} has no line {BEGIN} … {END}")
    lines = {line.split("|")[1].strip(): line for line in table.splitlines() if line[:1] == "|"}
    lines = {name: line for name, line in lines.items() if name != HEAD[0] and "---" not in name}
    lines |= {row.name: _line((*cells(row), when)) for row in rows}
    held = [lines[name] for name in TARGETS if name in lines]
    others = {name: line for name, line in lines.items() if name not in TARGETS}
    parts = (
        BEGIN, f"Measured on {machine}.", "", *_table(held),
        *(line for head, prefix in PLOTTED.items() for line in _plot(head, prefix, others)), "",
        "Beside them, for reading:", "", *_table(others.values()), END,
    )  # fmt: skip
    page.write_text(before + "\n".join(parts) + after)


def _table(lines: Iterable[str]) -> list[str]:
    return [_line(HEAD), "|" + "---|" * len(HEAD), *lines]


def _plot(head: str, prefix: str, lines: Mapping[str, str]) -> list[str]:
    """The rows whose names begin so, as bars of one scale."""
    words = {n: line.split("|")[2] for n, line in lines.items() if n.startswith(prefix)}
    figures = {n: float(word.replace(",", "")) for n, word in words.items()}
    highest = max(figures.values(), default=0.0)
    bars = [f"{n:<16}{'█' * round(40 * at / highest)} {at:,.0f}" for n, at in figures.items()]
    return ["", head, "", "```", *bars, "```"] if bars else []


def _line(words: Iterable[str]) -> str:
    return "| " + " | ".join(words) + " |"
