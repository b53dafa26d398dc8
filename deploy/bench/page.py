"""BENCHMARKS.md: the table between two marks is written by the command, the prose by hand.

A run replaces the lines of the rows that it measured and leaves the others, which say when they are from.
"""

from collections.abc import Iterable
from pathlib import Path

from deploy.bench.row import TARGETS, Row

BEGIN, END = "<!-- table:begin -->", "<!-- table:end -->"
HEAD = ("what", "ours", "other", "ratio", "target", "verdict", "unit", "runs", "spread", "when")


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
    order = [*(n for n in TARGETS if n in lines), *(n for n in lines if n not in TARGETS)]
    body = [_line(HEAD), "|" + "---|" * len(HEAD), *(lines[name] for name in order)]
    written = "\n".join((BEGIN, f"Measured on {machine}.", "", *body, END))
    page.write_text(before + written + after)


def _line(words: Iterable[str]) -> str:
    return "| " + " | ".join(words) + " |"
