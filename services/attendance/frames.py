"""Reading and writing the frames of the hot topics quickly: dicts in and out, no model library.

The models in shared/events/attendance.py are these events' contract; tests hold both together.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from shared.batch import CONTENT_TYPE, TornBatch, decode, frame

BATCH = CONTENT_TYPE.encode()


class Item(NamedTuple):
    """One event of a record: its place in it, its type and key, its body, its header."""

    place: int
    type: str
    key: str
    body: bytes
    header: dict[str, Any]


def items(
    value: bytes, headers: Sequence[tuple[str, bytes]], key: bytes | None = None
) -> Iterator[Item]:
    """The events of a record, whether it is a batch or a single event.

    Raises:
        TornBatch: the record is neither.
        orjson.JSONDecodeError: a frame's header is no JSON.
    """
    given = dict(headers)
    if given.get("content-type") == BATCH:
        for index, (header, body) in enumerate(decode(value)):
            attributes = orjson.loads(header)
            yield Item(
                index, attributes.get("ce_type", ""), attributes.get("key", ""), body, attributes
            )
    elif "ce_type" in given:
        single = {name: text.decode("utf-8", "replace") for name, text in given.items()}
        yield Item(0, single["ce_type"], single.get("ce_subject", ""), value, single)
    else:
        raise TornBatch("the record is neither a batch nor an event")


def event_frame(kind: str, source: str, key: str, body: dict[str, Any], at: str) -> bytes:
    """A frame with its CloudEvents header. The id is of type, key and body: a repeat has the same."""
    raw = orjson.dumps(body)
    digest = blake2b(raw, digest_size=16, key=b"hadir", person=kind.encode()[-16:])
    digest.update(key.encode())
    name = orjson.dumps(key)
    header = b"".join((
        b'{"ce_id":"', digest.hexdigest().encode(), b'","ce_time":"', at.encode(),
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
