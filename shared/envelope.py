"""CloudEvents 1.0 around our events, in Kafka's binary mode."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from shared.events import Encoded, Event

CONTENT_TYPE = "application/json"
Headers = list[tuple[str, bytes]]


@lru_cache(maxsize=16)
def rfc3339(moment: datetime) -> str:
    """UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def urn_of(event_type: str) -> str:
    """`ce_dataschema`: the id of the event's JSON Schema."""
    return f"urn:hadir:schema:{event_type}"


def attributes(
    event: Event | Encoded, *, source: str, key: str, time: datetime, body: bytes | None = None
) -> dict[str, str]:
    """The CloudEvents attributes of an event; the id is derived, so that a replay repeats it.

    `body` is `event.to_bytes()`, if the caller has it already.
    """
    return {
        "ce_specversion": "1.0",
        "ce_id": event.event_id(body),
        "ce_source": source,
        "ce_type": event.type,
        "ce_time": rfc3339(time),
        "ce_subject": key,
        "ce_dataschema": urn_of(event.type),
    }


def kafka_headers(
    event: Event | Encoded, *, source: str, key: str, time: datetime, body: bytes | None = None
) -> Headers:
    """Record headers of one event in binary content mode."""
    pairs = attributes(event, source=source, key=key, time=time, body=body)
    pairs["content-type"] = CONTENT_TYPE
    return [(name, value.encode()) for name, value in pairs.items()]


def header(headers: Sequence[tuple[str, bytes]] | None, name: str) -> str | None:
    """One record header as text, or None."""
    for key, value in headers or ():
        if key == name:
            return value.decode("utf-8", "replace")
    return None


def as_dict(headers: Sequence[tuple[str, bytes]] | None) -> Mapping[str, str]:
    """All record headers as text."""
    return {key: value.decode("utf-8", "replace") for key, value in headers or ()}
