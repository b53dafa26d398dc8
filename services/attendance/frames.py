"""Reading and writing the frames of the hot topics quickly: dicts in and out, no model library.

The models in shared/events/attendance.py are these events' contract; tests hold both together.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from shared.batch import CONTENT_TYPE, TornBatch, decode, frame
from shared.events import derived_event_id

BATCH = CONTENT_TYPE.encode()


class Item:
    """One event of a record: its place in it, its body, and of its header what is asked.

    A plain class, and a header that is read only when it is asked for: there is one of each event.
    """

    __slots__ = ("_header", "body", "place")

    def __init__(self, place: int, header: bytes | dict[str, Any], body: bytes) -> None:
        self.place, self.body, self._header = place, body, header

    @property
    def header(self) -> dict[str, Any]:
        """All attributes.

        Raises:
            TornBatch: there are none.
        """
        if isinstance(self._header, bytes):
            read = orjson.loads(self._header)
            if not isinstance(read, dict):
                raise TornBatch("a frame's header holds no attributes")
            self._header = read
        return self._header

    @property
    def type(self) -> str:
        """`ce_type`; '' where there is none."""
        if isinstance(self._header, bytes):
            named = self._header.rfind(_TYPE)
            if named >= 0 and (kind := _first_text(self._header[named + len(_TYPE) :])):
                return kind
        return str(self.header.get("ce_type", ""))

    @property
    def key(self) -> str:
        """What it is about; '' where that is not said."""
        return str(self.header.get("key") or self.header.get("ce_subject", ""))

    @property
    def received_ms(self) -> int | None:
        """When the gateway received it, in epoch milliseconds; None where that is not said."""
        if isinstance(self._header, bytes):
            digits = self._header.partition(_RECEIVED)[2].partition(b",")[0].rstrip(b"}")
            if digits.isdigit():
                return int(digits)
        said = self.header.get("received_ms")
        return None if said is None else int(said)


_TYPE, _RECEIVED = b'"ce_type":"', b'"received_ms":'
"""In JSON without blanks, as all of ours is, they are names: quotes within a text have a backslash."""


@lru_cache(maxsize=64)  # `ce_type` ends the headers that we write, so few differ from it on
def _first_text(raw: bytes) -> str:
    """The text that a quote ends; '' where none does, or where it has to be decoded."""
    text, quote, _ = raw.partition(b'"')
    return text.decode() if quote and b"\\" not in text else ""


def items(value: bytes, headers: Sequence[tuple[str, bytes]]) -> Iterator[Item]:
    """The events of a record, whether it is a batch or a single event.

    Raises:
        TornBatch: the record is neither.
    """
    given = dict(headers)
    if given.get("content-type") == BATCH:
        for index, (header, body) in enumerate(decode(value)):
            yield Item(index, header, body)
    elif "ce_type" in given:
        yield Item(
            0, {name: text.decode("utf-8", "replace") for name, text in given.items()}, value
        )
    else:
        raise TornBatch("the record is neither a batch nor an event")


def event_frame(kind: str, source: str, key: str, body: dict[str, Any], at: str) -> bytes:
    """A frame with its CloudEvents header. The id is of type and body: a repeat has the same."""
    raw, name = orjson.dumps(body), orjson.dumps(key)
    header = b"".join((
        b'{"ce_id":"', derived_event_id(kind, raw).encode(), b'","ce_time":"', at.encode(),
        b'","ce_subject":', name, b',"key":', name, _of_kind(kind, source),
    ))  # fmt: skip
    return frame(header, raw)


@lru_cache(maxsize=64)
def _of_kind(kind: str, source: str) -> bytes:
    """The rest of a header, which all frames of one kind share."""
    same = {"ce_specversion": "1.0", "ce_source": source, "ce_type": kind}
    return b"," + orjson.dumps(same)[1:]


class RecentTime:
    """Now, as RFC 3339 with milliseconds; written anew only when a millisecond has passed."""

    def __init__(self) -> None:
        self._at, self._text = 0, ""

    def rfc3339(self) -> str:
        """UTC, with Z."""
        now = time.time_ns() // 1_000_000
        if now != self._at:
            moment = datetime.fromtimestamp(now / 1000, UTC)
            self._at = now
            self._text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return self._text
