"""`hadir audit`: what was rebuilt beside the running system equals what it shows."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.console import console
from deploy.cli.errors import Failed
from deploy.cli.views import VIEWS, OperatorSettings, operator_settings


def command(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the differences.")] = None,
) -> None:
    """Rebuild every view and every counter beside the live ones and compare.

    Exit code 1 if anything differs. Wait for a webinar to be settled first: what is under way is
    a difference, too.
    """
    import json

    found = audit(operator_settings())
    if json_file is not None:
        json_file.write_text(json.dumps({"differences": found}, indent=1) + "\n", encoding="utf-8")
    for line in found:
        console().print(line, soft_wrap=True)
    if found:
        raise Failed(f"{len(found)} differences.")
    console().print("No difference: views and counters are what the topics say.")


def audit(settings: OperatorSettings) -> list[str]:
    """One line per difference; [] when all is right."""
    from services.reporting.audit import audit as recount
    from shared.view_audit import differences

    found = [line for build in VIEWS.values() for line in differences(settings, build)]
    return [*found, *map(str, recount(settings))]
