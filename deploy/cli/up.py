"""`hadir up`: the local system, empty, for real use; kept data in HADIR_DATA_DIR (./var)."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.console import console, interruptible
from deploy.local.errors import DidNotStart
from deploy.local.running import CARD, holder, holding, read_card, write_card
from deploy.local.settings import LocalSettings, local_settings

LOG = "up.log"
DETACHED_WITHIN = 480.0  # the first start fetches the broker


def command(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write addresses, secrets and pids here.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when ready; stop with `hadir down`.")
    ] = False,
) -> None:
    """Start the system on this machine, empty, for real use, until Ctrl-C.

    Settings: HADIR_DATA_DIR (./var), HADIR_PORT_BASE (8000; 0 = free ports), HADIR_KAFKA and
    HADIR_REDIS (use these instead of starting our own), HADIR_PARTITIONS, HADIR_NATIVE (1 = the
    attendance worker's hot modules compiled).
    """
    settings = local_settings()
    if detach:
        _detach(settings, json_file)
    else:
        _foreground(settings, json_file)


def _foreground(settings: LocalSettings, json_file: Path | None) -> None:
    from deploy.local.stack import Stack

    out = console()
    with interruptible() as asked:
        try:
            with holding(settings.data_dir):
                stack = Stack(settings, say=out.print, restarted=lambda _: publish())

                def publish() -> None:
                    _publish(settings, stack.describe(), json_file)

                with stack:
                    publish()
                    _greet(stack.describe())
                    while not asked.wait(3600):
                        """Nothing to do but be there."""
        except KeyboardInterrupt:
            out.print("Stopped; no process is left.")


def _publish(settings: LocalSettings, card: dict[str, Any], json_file: Path | None) -> None:
    write_card(settings.data_dir / CARD, card)
    if json_file is not None:
        write_card(json_file, card)


def _greet(card: dict[str, Any]) -> None:
    out = console()
    out.print(f"Ready in {sum(card['seconds'].values()):.1f} s. Data: {card['data']}")
    for name in ("gateway", "registration", "attendance", "certificates", "reporting"):
        out.print(f"  {name:13} {card[name]}")
    out.print(f"  kafka         {card['kafka']}\n  redis         {card['redis']}")
    out.print(
        "Token and webhook secret: `hadir status --json`. Stop with `hadir down`, or Ctrl-C here."
    )


def _detach(settings: LocalSettings, json_file: Path | None) -> None:
    """Start ourselves again as a session of our own, and wait until that one is ready."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log = settings.data_dir / LOG
    given = ["--json", str(json_file)] if json_file else []
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli.main", "up", *given],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + DETACHED_WITHIN
    while holder(settings.data_dir) != child.pid or read_card(settings.data_dir) is None:
        if child.poll() is not None or time.monotonic() > until:
            raise DidNotStart(log.read_text().strip() or "The system did not start.")
        time.sleep(0.1)
    console().print(log.read_text().strip())
