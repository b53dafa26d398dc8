"""A consumed record, typed: its event is read, or the record is poison."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from shared.envelope import header
from shared.events import Event
from shared.topics import EVENT_TYPES, Topic


class Record(NamedTuple):
    """One event as consumed; `event` None is a tombstone. `timestamp` in ms, of the record."""

    topic: Topic
    partition: int
    offset: int
    key: str
    event: Any
    timestamp: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Poison(Exception):
    """This record can never be handled; the text is the reason in its dead letter."""


def parse(topic: Topic, headers: Sequence[tuple[str, bytes]], value: bytes) -> Event:
    """The typed event of a record.

    Raises:
        Poison: no or unknown event type, or a body that is not such an event.
    """
    name = header(headers, "ce_type")
    kind = EVENT_TYPES.get(name or "")
    if kind is None or kind not in topic.events:
        raise Poison(f"unknown event type {name!r}")
    try:
        return kind.model_validate_json(value)
    except ValidationError as wrong:
        where = ", ".join(".".join(map(str, e["loc"])) or "body" for e in wrong.errors()[:5])
        raise Poison(f"not a {name}: {where}") from None


Parse = Callable[[Topic, Sequence[tuple[str, bytes]], bytes], Any]
"""`parse`, or what reads only some of an event; it raises Poison just so."""


def text_of(key: bytes | None) -> str:
    """A record's key; raises Poison when it is no text."""
    try:
        return (key or b"").decode()
    except UnicodeDecodeError:
        raise Poison("the key is not UTF-8") from None
