"""`hadir simulate`: a realistic webinar's webhooks, signed, at any rate, against a gateway."""

import asyncio
import ipaddress
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from deploy.cli.console import console, print_json
from deploy.cli.errors import CannotDo, Failed

# People wait for a number; a slip of the keyboard must not become a flood.
MOST_WEBHOOKS, MOST_SECONDS = 200_000, 600.0
# With --setup: how long decisions wait once everything was sent (rule L2).
GRACE_SECONDS, RETRY_WINDOW_SECONDS = 2, 3


def command(
    url: Annotated[
        str, typer.Argument(help="Base URL of a gateway; without it the system that runs here.")
    ] = "",
    participants: Annotated[int, typer.Option(min=1, max=1_000_000)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed is the same webinar.")] = 1,
    preset: Annotated[str, typer.Option(help="calm, realistic, ugly or national.")] = "realistic",
    rate: Annotated[float, typer.Option(min=0, help="Webhooks a second; 0 = all it takes.")] = 0.0,
    start: Annotated[str, typer.Option(help="Start of the first session, RFC 3339.")] = "",
    secret: Annotated[str, typer.Option(envvar="HADIR_ZOOM_SECRETS", help="Webhook secret.")] = "",
    setup: Annotated[
        bool, typer.Option("--setup", help="First create the webinar and import its people (here).")
    ] = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write participants.csv and send nothing.")
    ] = None,
    most: Annotated[int, typer.Option("--max", min=1, help="Stop after so many.")] = MOST_WEBHOOKS,
    seconds: Annotated[float, typer.Option(min=1, help="Stop after so long.")] = MOST_SECONDS,
    i_own_this_host: Annotated[
        bool, typer.Option("--i-own-this-host", help="Needed for any host but this machine.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Play a realistic webinar's webhooks, signed as Zoom signs them, against a gateway.

    Exit code 1 if anything was refused or dropped. Only this machine, unless you own the other one.
    """
    world = _world(participants, seed, preset, start)
    if csv_file is not None:
        from deploy.simulator.people import csv_text

        csv_file.write_text(csv_text(world.scenario), encoding="utf-8")
        console().print(f"{csv_file}: {participants} people.")
        return
    target = _target(url, secret, world, setup)
    refuse_foreign(target.gateway, i_own_this_host)
    report = _play(world, target, rate, most, seconds)
    if setup:
        _start_clocks(world, target.webinar_id)
    _tell(report, as_json)


def _start_clocks(world: Any, webinar_id: str) -> None:
    from deploy.simulator.system import Addresses, System

    with System(Addresses.of(_card())) as system:
        system.start_clocks(world, webinar_id)


def _world(participants: int, seed: int, preset: str, start: str) -> Any:
    from deploy.simulator.delivery import World
    from deploy.simulator.scenario import DEFAULT_START, PRESETS

    if preset not in PRESETS:
        raise CannotDo(f"There is no preset {preset!r}: {', '.join(PRESETS)}.")
    try:
        at = int(datetime.fromisoformat(start).timestamp()) if start else DEFAULT_START
    except ValueError as wrong:
        raise CannotDo(f"--start: {wrong}.") from wrong
    clocks = {"grace_seconds": GRACE_SECONDS, "retry_window_seconds": RETRY_WINDOW_SECONDS}
    return World(PRESETS[preset](participants=participants, seed=seed, start=at, **clocks))


def _target(url: str, secret: str, world: Any, setup: bool) -> Any:
    from deploy.simulator.play import Target
    from deploy.simulator.system import Addresses

    card = None if url and not setup else _card()
    if card is None:
        if not secret:
            raise CannotDo("The webhook secret is needed: --secret, or HADIR_ZOOM_SECRETS.")
        return Target(url, secret.partition(",")[0])
    addresses = Addresses.of(card)
    gateway, key = url or addresses.gateway, secret.partition(",")[0] or addresses.zoom_secret
    if not setup:
        return Target(gateway, key)
    webinar_id = _set_up(addresses, world)
    return Target(gateway, key, addresses.attendance, addresses.token, webinar_id)


def _card() -> dict[str, Any]:
    from deploy.local.running import read_card
    from deploy.local.settings import local_settings

    card = read_card(local_settings().data_dir)
    if card is None:
        raise CannotDo("Nothing runs here: start it with `hadir up`, or name a gateway.")
    return card


def _set_up(addresses: Any, world: Any) -> str:
    from deploy.simulator.system import System

    with System(addresses) as system:
        webinar_id = system.create_webinar(world, system.create_programme(world))
        system.import_people(world, webinar_id)
    console().print(f"Webinar {webinar_id}: {world.scenario.participants} people imported.")
    return webinar_id


def refuse_foreign(url: str, owned: bool) -> None:
    """Raises:
    CannotDo: the host is not this machine and nobody said that it is theirs.
    """
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback and not owned:
        raise CannotDo(
            f"{host or url!r} is not this machine; say --i-own-this-host if it is yours."
        )


def _play(world: Any, target: Any, rate: float, most: int, seconds: float) -> Any:
    from deploy.simulator.play import Pace, Player
    from deploy.simulator.stream import Arrivals

    arrivals = Arrivals(world)
    with ExitStack() as stack:
        observer = stack.enter_context(_bar(min(most, arrivals.webhooks)))
        pace = Pace(rate=rate, limit=most, seconds=seconds)
        return asyncio.run(Player(target, pace, observer).play(arrivals))


def _tell(report: Any, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
    else:
        _table(report)
    if not report.complete:
        raise Failed("Not everything was accepted.")


def _bar(total: int) -> Any:
    from deploy.cli.bars import bar

    return bar("webhooks", total)


def _table(report: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "value", box=None)
    for name, value in asdict(report).items():
        table.add_row(name, f"{value:.1f}" if isinstance(value, float) else str(value))
    table.add_row("webhooks/s", f"{report.webhooks_sent / max(report.seconds, 1e-9):.0f}")
    Console().print(table)
