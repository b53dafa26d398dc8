"""`hadir status`: what runs on this data folder, how large it is, and what is not ready."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from deploy.cli.console import print_json
from deploy.local.readiness import all_missing
from deploy.local.running import read_card
from deploy.local.settings import local_settings


def command(
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs; includes token and webhook secret.")
    ] = False,
) -> None:
    """What runs, and what is not ready; exit code 1 when something is missing."""
    card = read_card(local_settings().data_dir)
    if card is None:
        typer.echo("{}" if as_json else "Nothing runs here; start it with `hadir up`.")
        raise typer.Exit(1)
    parts = _parts(card)
    if as_json:
        print_json({**card, "processes": parts, "ready": _all_ready(parts)})
    else:
        _table(card, parts)
    if not _all_ready(parts):
        raise typer.Exit(1)


def _all_ready(parts: dict[str, Any]) -> bool:
    return all(part["missing"] is None for part in parts.values())


def _parts(card: dict[str, Any]) -> dict[str, Any]:
    urls = {name: p["url"] for name, p in card["processes"].items() if p.get("url")}
    lacks = all_missing({name: urlsplit(url).port or 80 for name, url in urls.items()})
    return {name: _part(p, lacks.get(name)) for name, p in card["processes"].items()}


def _part(entry: dict[str, Any], lack: str | None) -> dict[str, Any]:
    memory = _memory_mb(entry["pid"])
    return {**entry, "rss_mb": memory, "missing": "not running" if memory is None else lack}


def _memory_mb(pid: int) -> int | None:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss // 2**20)
    except psutil.NoSuchProcess:
        return None


def _table(card: dict[str, Any], parts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("process", "pid", "MB", "address", "state", box=None)
    for name, part in parts.items():
        state = "ready" if part["missing"] is None else part["missing"]
        table.add_row(
            name, str(part["pid"] or "–"), str(part["rss_mb"] or "–"), part.get("url", ""), state
        )
    Console().print(table)
    typer.echo(f"Data: {card['data']}  Logs: {card['logs']}")
