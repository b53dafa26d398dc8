"""`hadir dlq`: records that nobody could read, why, and sending them in again."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from deploy.cli.target import kafka_settings
from deploy.cli.topics import card_of
from shared.settings import KafkaSettings
from shared.topics import FLOW, Topic

app = typer.Typer(no_args_is_help=True)
TopicName = Annotated[str, typer.Argument(help="Source topic without prefix.")]


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """How many dead letters each topic has, and why; exit code 1 when there is one."""
    from collections import Counter

    from deploy.cli.console import print_json

    settings = kafka_settings()
    found = {t.name: Counter(d["reason"] for d in letters(settings, t)) for t in FLOW}
    if as_json:
        print_json({name: dict(reasons) for name, reasons in found.items()})
    else:
        for name, reasons in found.items():
            for reason, count in reasons.most_common():
                typer.echo(f"{count:7}  {name}  {reason}")
    if any(found.values()):
        raise typer.Exit(1)
    if not as_json:
        typer.echo("No dead letters.")


@app.command()
def show(
    topic: TopicName,
    limit: Annotated[int, typer.Option(help="At most so many; 0 = all.")] = 20,
) -> None:
    """Each dead letter's offset, origin, reason and size; never its content."""
    from itertools import islice

    for letter in islice(letters(kafka_settings(), card_of(topic)), limit or None):
        typer.echo(
            f"{letter['offset']:6}  from {letter['origin']}  at {letter['at']}"
            f"  {letter['size']} bytes  {letter['attempts']} attempts\n        {letter['reason']}"
        )


@app.command()
def retry(
    topic: TopicName,
    offset: Annotated[int | None, typer.Option(help="Only the dead letter at this offset.")] = None,
) -> None:
    """Send dead letters to their topic again: all since the last retry, or one.

    Exit code 1 when one could not be sent; each such is named with its reason.
    """
    from deploy.cli.dlq_retry import retry_all

    outcomes = list(retry_all(kafka_settings(), card_of(topic), offset))
    for outcome in outcomes:
        if outcome.problem:
            typer.echo(f"{outcome.offset}: {outcome.problem}")
    sent = sum(not outcome.problem for outcome in outcomes)
    typer.echo(f"{sent} of {len(outcomes)} dead letters of {topic} sent again.")
    if sent < len(outcomes):
        raise typer.Exit(1)


def letters(settings: KafkaSettings, topic: Topic) -> Iterator[dict[str, Any]]:
    """The dead letters of a topic, oldest first, without their content."""
    from deploy.cli.records import consumer, partitions, read

    with consumer(settings) as client:
        for record in read(client, partitions(client, settings.dead_letters(topic))):
            yield _letter(record)


def _letter(record: Any) -> dict[str, Any]:
    from shared.envelope import as_dict

    headers = as_dict(record.headers)
    place = (headers.get(f"dl_{part}", "?") for part in ("topic", "partition", "offset", "index"))
    return {
        "offset": record.offset,
        "origin": "/".join(place),
        "reason": headers.get("dl_reason", "no reason given"),
        "attempts": headers.get("dl_attempts", "?"),
        "at": _moment(headers.get("dl_at", "")),
        "size": len(record.value or b""),
    }


def _moment(seconds: str) -> str:
    from datetime import UTC, datetime

    if not seconds.isdigit():
        return "?"
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
