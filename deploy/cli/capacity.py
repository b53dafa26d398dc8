"""`hadir capacity`: how much of everything a webinar needs, and what its end looks like."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.capacity import overlay, plot, words
from deploy.capacity.burst import Account, capacities, simulate
from deploy.capacity.measured import COMMITTED, Measured, load
from deploy.capacity.model import Need, Plan, plan
from deploy.cli.console import print_json
from deploy.cli.errors import CannotDo

BURSTS = (10_000, 33_000, 100_000)
UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> int:
    """`30s`, `5m`, `2h`, or a plain number of seconds.

    Raises:
        CannotDo: it is none of these, or nothing.
    """
    number, unit = (text[:-1], UNITS[text[-1]]) if text[-1:] in UNITS else (text, 1)
    if not number.isdigit() or int(number) == 0:
        raise CannotDo(f"{text!r} is no time: say 30s, 5m or 2h.")
    return int(number) * unit


def command(
    attendees: Annotated[int, typer.Option(min=1, help="Of one webinar.")] = 1_000_000,
    end_burst: Annotated[str, typer.Option(help="In which everybody leaves.")] = "30s",
    decided_within: Annotated[str, typer.Option(help="After the last leave.")] = "60s",
    documents_within: Annotated[str, typer.Option(help="All documents made.")] = "1h",
    busy: Annotated[float, typer.Option(min=0.1, max=1, help="Of a core at the peak.")] = 0.6,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each record.")] = 3,
    kept: Annotated[int, typer.Option(min=1, help="Attendances on disk: of 400 days.")] = 1_250_000,
    hours: Annotated[float, typer.Option(min=0.1, help="For which it all stands.")] = 8,
    price_core_hour: Annotated[float, typer.Option(min=0, help="Yours, in any currency.")] = 0,
    price_gib_hour: Annotated[float, typer.Option(min=0, help="Of memory.")] = 0,
    price_disk_gib_month: Annotated[float, typer.Option(min=0)] = 0,
    measured: Annotated[
        Path, typer.Option(help="Figures of `hadir bench --measured`.")
    ] = COMMITTED,
    svg: Annotated[Path | None, typer.Option(help="Draw the queues into a file.")] = None,
    overlay_folder: Annotated[
        Path | None, typer.Option("--overlay", help="Write sizes for Kubernetes into a folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Partitions, pods, brokers, memory, disk and cost, from measured figures; a simulated end."""
    need = Need(attendees, seconds(end_burst), seconds(decided_within), seconds(documents_within),
                busy=busy, replication=replication, kept=kept, hours=hours)  # fmt: skip
    figures = load(measured)
    found = plan(need, figures)
    accounts = [simulate(attendees, rate, *capacities(found, figures)) for rate in BURSTS]
    money = found.cost(price_core_hour, price_gib_hour, price_disk_gib_month)
    if svg is not None:
        svg.write_text(drawing(accounts))
    for name, text in overlay.files(found).items() if overlay_folder else ():
        (overlay_folder or Path()).joinpath(name).write_text(text)
    if as_json:
        print_json(_as_json(found, accounts, money))
    else:
        _show(Console(highlight=False), found, figures, accounts, money)


def drawing(accounts: Iterable[Account]) -> str:
    """What waits for the workers, one line a burst."""
    lines = {f"{a.rate:,} leaves/s": a.at_workers for a in accounts}
    return plot.svg("Webhooks that wait for the attendance workers", "seconds", "waiting", lines)


def _as_json(found: Plan, accounts: Iterable[Account], money: float) -> dict[str, Any]:
    bursts = [
        {"leaves_per_second": a.rate, "longest_queue": a.longest_queue, "refused": a.refused,
         "lost": a.given_up, "accepted_after": a.accepted_after, "decided_after": a.decided_after}
        for a in accounts
    ]  # fmt: skip
    sizes = {name: size._asdict() for name, size in found.processes.items()}
    return {**asdict(found), "processes": sizes, "brokers": found.brokers._asdict(),
            "store": found.store._asdict(), "bursts": bursts, "cost_per_million": money}  # fmt: skip


def _show(
    out: Console, found: Plan, figures: Measured, accounts: list[Account], money: float
) -> None:
    out.print(f"{found.need.attendees:,} people, all of whom leave within {found.need.end_burst} s")
    out.print(_sizes(found))
    out.print(_totals(found, money))
    out.print(_bursts(accounts))
    for a in accounts:
        line = plot.bars(a.at_workers)
        out.print(f"{a.rate:>9,}/s ▏{line}▏ {len(a.at_workers):,} s, at most {a.longest_queue:,}")
    for title, sentences in (("Assumed", words.assumptions(found, figures)),
                             ("What follows", words.consequences(found))):  # fmt: skip
        out.print(f"\n{title}:")
        for sentence in sentences:
            out.print(f"- {sentence}")


def _sizes(found: Plan) -> Table:
    table = Table("process", "pods", "cores each", "MiB each", box=None)
    rows = {**found.processes, "kafka broker": found.brokers, "store": found.store}
    for name, size in rows.items():
        table.add_row(name, str(size.pods), f"{size.cores:g}", f"{size.mib:,}")
    return table


def _totals(found: Plan, money: float) -> Table:
    table = Table("in all", "", box=None)
    table.add_row("partitions", str(found.partitions))
    table.add_row("disk of each broker", f"{found.disk_gib:,} GiB")
    table.add_row("per million attendances: core-hours used", f"{found.used_core_hours:,.1f}")
    table.add_row("… core-hours reserved", f"{found.reserved_core_hours:,.0f}")
    table.add_row("… GiB-hours of memory reserved", f"{found.reserved_gib_hours:,.0f}")
    table.add_row("… GiB of disk, all copies", f"{found.disk_gib_per_million:,.1f}")
    if money:
        table.add_row("… at your prices", f"{money:,.2f}")
    return table


def _bursts(accounts: list[Account]) -> Table:
    table = Table("leaves/s", "longest queue", "answered 503", "given up by Zoom", "all accepted after",
                  "last decision after", box=None)  # fmt: skip
    for a in accounts:
        last = max(a.decided_after, -(-a.leaves // a.rate) + words.GRACE)
        table.add_row(f"{a.rate:,}", f"{a.longest_queue:,}", f"{a.refused:,}", f"{a.given_up:,}",
                      f"{a.accepted_after:,} s", f"{last:,} s")  # fmt: skip
    return table
