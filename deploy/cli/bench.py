"""`hadir bench`: a table of medians with ratios of one run, and JSON."""

import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from deploy.bench.measure import Row
from deploy.cli.console import console
from deploy.cli.errors import CannotDo

PARTS = ("gateway", "step", "line", "live")


def command(
    only: Annotated[str, typer.Option(help="gateway, step, line or live.")] = "",
    runs: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[int, typer.Option(min=2, help="Load per run of the gateway.")] = 8,
    people: Annotated[int, typer.Option(min=100)] = 20_000,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Measure beside peers on this machine, loopback only; ends by itself."""
    from deploy.bench import line, live

    if only and only not in PARTS:
        raise CannotDo(f"--only takes one of: {', '.join(PARTS)}.")
    out, rows = console(), []
    out.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if only in {"", "gateway", "step"}:
        rows += _beside_peers(only, runs=runs, seconds=seconds, people=people, say=out.print)
    if only in {"", "line"}:
        rows += line.run(people=2_000, say=out.print)
    if only in {"", "live"}:
        rows += live.run(seconds=seconds, say=out.print)
    out.print(_table(rows))
    if json_file is not None:
        json_file.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")


def _beside_peers(
    only: str, *, runs: int, seconds: int, people: int, say: Callable[[str], None]
) -> list[Row]:
    from deploy.bench import gateway, step
    from deploy.bench.load import NoGenerator
    from deploy.local.broker import LocalBroker
    from deploy.local.store import LocalStore

    found: list[Row] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalBroker(Path(folder, "kafka")) as broker,
        LocalStore(Path(folder, "store")) as store,
    ):
        try:
            if only in {"", "gateway"}:
                found += gateway.run(broker.address, runs=runs, seconds=seconds, say=say)
        except NoGenerator as missing:
            say(f"The gateway was not measured: {missing}")
        if only in {"", "step"}:
            found += step.run(broker.address, store.url, people=people, runs=runs, say=say)
    return found


def _table(rows: Iterable[Row]) -> Table:
    table = Table(
        Column("what", overflow="fold"),
        "ours",
        "other",
        "ratio",
        "unit",
        "runs",
        "spread",
        box=None,
    )
    for row in rows:
        j = row.as_json()
        table.add_row(*("" if j[k] is None else str(j[k])
                        for k in ("name", "ours", "other", "ratio", "unit", "runs", "spread")))  # fmt: skip
    return table
