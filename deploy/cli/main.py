"""`hadir`: the table of subcommands, and what every one of them does with an error.

Exit codes: 0 done · 1 a difference was found, or it failed · 2 wrong use, or something is missing.
"""

import sys
from collections.abc import Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Annotated

import typer

from deploy.cli.errors import code_and_sentence

# Name → what `hadir --help` says. The module deploy/cli/<name>.py holds either a function
# `command` or, with subcommands of its own, a Typer `app`; it is imported only when asked for.
COMMANDS = {
    "demo": "The whole system and one realistic webinar, checked against the truth.",
    "up": "Start the system on this machine, empty, for real use.",
    "down": "Stop what `up` started.",
    "status": "What runs, and what is not ready.",
    "topics": "Plan, create and read the topics.",
    "dlq": "Records that nobody could read: list, look, retry.",
    "simulate": "Play a realistic webinar against any gateway.",
    "reconcile": "Have Zoom's reports of a webinar read now, and show what differs.",
    "redeliver": "Take in failed deliveries from Zoom's webhook log (seven days).",
    "rebuild": "Make the views anew from the topics.",
    "audit": "Prove that the rebuilt state equals the live one.",
    "bench": "Measure beside peers: medians, ratios, targets and verdicts.",
    "capacity": "What a webinar of any size needs: a model from measured figures.",
}


def available() -> list[str]:
    """The subcommands that this installation has, in the table's order."""
    return [name for name in COMMANDS if find_spec(f"deploy.cli.{name}")]


def build(arguments: Sequence[str]) -> typer.Typer:
    """The command line, with the asked subcommand imported and the others listed by name."""
    app = typer.Typer(
        name="hadir", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        help="Attendance, certificates and quotas of very large hybrid webinars.",
    )  # fmt: skip
    app.callback()(_options)
    asked = next((word for word in arguments if not word.startswith("-")), "")
    for name in available():
        if name == asked:
            _add(app, name)
        else:
            app.command(name, help=COMMANDS[name])(_listed)
    return app


def _add(app: typer.Typer, name: str) -> None:
    module = import_module(f"deploy.cli.{name}")
    if hasattr(module, "app"):
        app.add_typer(module.app, name=name, help=COMMANDS[name], no_args_is_help=True)
    else:
        app.command(name, help=module.command.__doc__ or COMMANDS[name])(module.command)


def _listed() -> None:
    """Stands in the list of subcommands; the one that is asked for is the real one."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hadir {metadata.version('hadir')}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show and exit.")
    ] = False,
) -> None:
    """Options of `hadir` itself."""


def main() -> None:
    """Entry point of the console script."""
    try:
        build(sys.argv[1:])()
    except Exception as problem:
        code, sentence = code_and_sentence(problem)
        typer.secho(sentence, err=True, fg=typer.colors.RED)
        raise SystemExit(code) from problem


if __name__ == "__main__":
    main()
