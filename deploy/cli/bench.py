"""`hadir bench`: a table of medians with ratios and verdicts, as JSON, and in BENCHMARKS.md."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.bench import groups, page
from deploy.bench.machine import description
from deploy.bench.row import TARGETS, Row
from deploy.capacity import measured as figures
from deploy.cli.console import console
from deploy.cli.errors import CannotDo, Failed, code_and_sentence
from deploy.local.say import Say
from deploy.native.tree import NotCompiled, use

MEASURED_ON = "measured_on"
INTERPRETED, COMPILED = "our modules interpreted", "our hot modules compiled by mypyc"


def command(
    only: Annotated[
        str, typer.Option(help=f"One row or group: {', '.join(g.name for g in groups.GROUPS)}.")
    ] = "",
    runs: Annotated[int, typer.Option(min=1, help="By turns with each peer.")] = 3,
    seconds: Annotated[int, typer.Option(min=2, help="Load per run.")] = 8,
    people: Annotated[int, typer.Option(min=100, help="In a step's backlog.")] = 100_000,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the rows.")] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A page with the table's marks."),
    ] = None,
    measured: Annotated[
        Path | None, typer.Option(help="Update the figures that `hadir capacity` stands on.")
    ] = None,
    pure: Annotated[
        bool, typer.Option("--pure", help="Interpret our modules, instead of compiling them.")
    ] = False,
) -> None:
    """Measure beside peers on this machine, loopback only; ends by itself.

    Non-zero when a target does not hold or something could not be measured.
    """
    chosen = _chosen(only)
    out = console()
    machine = description(build(chosen, out.print, pure=pure))
    out.print(machine)
    options = groups.Options(runs, seconds, people, out.print, only)
    rows: list[Row] = []
    missed: list[str] = []
    for group in chosen:
        try:
            found = groups.wanted(only, group.measure(options))
            rows += found
            missed += [f"{n} was not measured" for n in groups.missing(only, group, found)]
        except Exception as problem:  # noqa: BLE001 - code_and_sentence raises the unexpected again
            missed.append(f"{group.name} was not measured: {code_and_sentence(problem)[1]}")
            out.print(missed[-1])
        _write(rows, machine, json_file, markdown)  # what a later group breaks is not lost
    if measured is not None:
        figures.from_rows(_as_json(rows, machine), figures.load(measured)).save(measured)
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(_table(rows))
    _judge(rows, missed)


def build(chosen: Sequence[groups.Group], say: Say, *, pure: bool) -> str:
    """Puts the compiled modules to use where that is wanted and possible; what is measured, in a word."""
    if pure or not any(group.compiled for group in chosen):
        return INTERPRETED
    try:
        use(say)
    except NotCompiled as problem:
        say(f"{problem} Our modules are measured interpreted.")
        return INTERPRETED
    return COMPILED


def _chosen(only: str) -> Sequence[groups.Group]:
    try:
        return groups.find(only)
    except KeyError:
        names = [name for group in groups.GROUPS for name in (group.name, *group.rows)]
        raise CannotDo(f"--only takes one of: {', '.join(dict.fromkeys(names))}.") from None


def _as_json(rows: Iterable[Row], machine: str) -> list[dict[str, object]]:
    """The rows behind one that says, in the same fields, what was measured on."""
    head = dict.fromkeys(Row("", 0, None, "").as_json()) | {"name": MEASURED_ON, "unit": machine}
    return [head, *(row.as_json() for row in rows)]


def _write(
    rows: Sequence[Row], machine: str, json_file: Path | None, markdown: Path | None
) -> None:
    if json_file is not None:
        found = _as_json(rows, machine)
        json_file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if markdown is not None:
        page.update(markdown, rows, datetime.now(UTC).strftime("%Y-%m-%d"), machine)


def _table(rows: Iterable[Row]) -> Table:
    table = Table(Column(page.HEAD[0], no_wrap=True), *page.HEAD[1:-1], box=None)
    for row in rows:
        table.add_row(*page.cells(row))
    return table


def _judge(rows: Sequence[Row], missed: Sequence[str]) -> None:
    """Raises Failed with every target that does not hold, and what could not be measured."""
    failed = [f"{row.name} {row.target}" for row in rows if row.holds is False]
    judged = sum(row.name in TARGETS and row.holds is not None for row in rows)
    if failed:
        missed = [*missed, f"{len(failed)} of {judged} targets do not hold: {', '.join(failed)}"]
    if missed:
        raise Failed("; ".join(missed))
