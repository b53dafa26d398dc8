"""`hadir topics`: what should be there, create it, and read a topic event by event."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from deploy.cli.errors import CannotDo
from deploy.cli.target import kafka_settings
from shared.settings import KafkaSettings
from shared.topics import BY_NAME, Topic

app = typer.Typer(no_args_is_help=True)


@app.command()
def plan(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """What `apply` would do; exit code 1 when a topic is missing or differs from the settings."""
    from deploy.cli.console import print_json
    from deploy.cli.topic_plan import plan_of

    rows = plan_of(kafka_settings())
    if as_json:
        print_json([row._asdict() for row in rows])
    else:
        _table(rows)
    if any(row.state != "ok" for row in rows):
        raise typer.Exit(1)


def _table(rows: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "partitions", "cleanup", "state", box=None)
    for row in rows:
        table.add_row(row.topic, str(row.partitions), row.cleanup, row.state)
    Console().print(table)


@app.command()
def apply() -> None:
    """Create the topics that are missing. Nothing that exists is changed."""
    from shared.provision import provision, wanted

    settings = kafka_settings()
    created = provision(settings)
    for name in created:
        typer.echo(f"created {name}")
    typer.echo(f"{len(created)} topics created, {len(wanted(settings)) - len(created)} were there.")


@app.command()
def show(
    topic: Annotated[str, typer.Argument(help="Name without prefix, e.g. reporting.quotas.v1")],
    partition: Annotated[int | None, typer.Option(help="Only this partition.")] = None,
    offset: Annotated[int, typer.Option(help="Begin here.")] = 0,
    key: Annotated[str, typer.Option(help="Only events of this key.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many events; 0 = all.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print a topic event by event, batches taken apart; personal data is told by size only."""
    card, settings = card_of(topic), kafka_settings()
    found = _events(settings, settings.topic(card), partition, offset)
    chosen = (event for event in found if not key or event.key == key)
    for event in islice(chosen, limit or None):
        line = shown(card, event)
        typer.echo(json.dumps(line, ensure_ascii=False) if as_json else _sentence(line))


def card_of(name: str) -> Topic:
    """The card of a topic by its name without prefix.

    Raises:
        CannotDo: there is no such topic.
    """
    if name not in BY_NAME:
        raise CannotDo(f"There is no topic {name!r}; there are: {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def _events(
    settings: KafkaSettings, name: str, partition: int | None, offset: int
) -> Iterator[Any]:
    from deploy.cli.records import consumer, events, partitions, read

    with consumer(settings) as client:
        places = [
            p for p in partitions(client, name) if partition is None or p.partition == partition
        ]
        for record in read(client, places, offset):
            yield from events(record)


def shown(card: Topic, event: Any) -> dict[str, Any]:
    """What may be printed of an event: everything, or sizes where the topic holds personal data."""
    attributes: Mapping[str, str] = event.attributes
    return {
        "address": event.address,
        "time": attributes.get("ce_time", ""),
        "type": attributes.get("ce_type", ""),
        "key": event.key,
        "body": _masked(event.body) if card.personal else _plain(event.body),
        **({"torn": attributes["torn"]} if "torn" in attributes else {}),
    }


def _masked(body: bytes | None) -> str | None:
    return None if body is None else f"<{len(body)} bytes>"


def _plain(body: bytes | None) -> Any:
    if body is None:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return _masked(body)


def _sentence(line: Mapping[str, Any]) -> str:
    body = line["body"] if isinstance(line["body"], str) else json.dumps(line["body"])
    return f"{line['address']}  {line['time']}  {line['type']}  {line['key']}\n    {body}"
