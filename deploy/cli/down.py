"""`hadir down`: stop what `hadir up` started on this data folder."""

import typer

from deploy.local import running
from deploy.local.settings import local_settings


def command() -> None:
    """Stop the system that runs on HADIR_DATA_DIR (./var), cleanly, and wait until it has."""
    data = local_settings().data_dir
    if running.stop(data):
        typer.echo("Stopped; no process is left.")
    else:
        typer.echo(f"Nothing runs on {data}.")
