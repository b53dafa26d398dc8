"""`hadir rebuild`: drop every view, and wait until the running workers have made it anew."""

import time
from typing import Annotated

import typer

from deploy.cli.console import console
from deploy.cli.errors import Failed
from deploy.cli.views import VIEWS, OperatorSettings, operator_settings


def command(
    within: Annotated[float, typer.Option(help="Seconds to wait for the workers.")] = 600.0,
    only: Annotated[str, typer.Option(help="One view: " + ", ".join(VIEWS))] = "",
) -> None:
    """Drop the views in Redis and wait until the running workers have made them anew.

    Kafka is the record: nothing is lost. APIs answer 503 meanwhile.
    """
    began = time.monotonic()
    rebuild(operator_settings(), within=within, only=only)
    console().print(f"Rebuilt in {time.monotonic() - began:.1f} s.")


def rebuild(settings: OperatorSettings, *, within: float = 600.0, only: str = "") -> None:
    """Raises Failed when a view is not ready in time."""
    from services.reporting.audit import rebuild as recount

    views = {n: build(settings).view for n, build in VIEWS.items() if only in {"", n}}
    for view in views.values():
        view.drop()
    until = time.monotonic() + within
    if only in {"", "reporting"}:
        recount(settings, timeout=within)
    while lacking := [name for name, view in views.items() if not view.ready()]:
        if time.monotonic() > until:
            raise Failed(f"Not rebuilt within {within:.0f} s: {', '.join(lacking)}.")
        time.sleep(0.2)
