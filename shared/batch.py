"""Group commit: several events of one partition in one Kafka record.

Format `application/vnd.hadir.batch.v1`: frames of `u32be n, n bytes of header JSON, u32be m,
m bytes of body`. The header holds the CloudEvents attributes (`ce_*`), the event's `key`, and, for
a webhook, Zoom's `x-zm-*` delivery headers. An event's address is topic/partition/offset/index.
"""

import struct
from collections.abc import Iterable, Iterator

CONTENT_TYPE = "application/vnd.hadir.batch.v1"
_U32 = struct.Struct(">I")


class TornBatch(ValueError):
    """The record is not a whole sequence of frames."""


def frame(header: bytes, body: bytes) -> bytes:
    """One frame's bytes."""
    return b"".join((_U32.pack(len(header)), header, _U32.pack(len(body)), body))


def encode(frames: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A record value from (header JSON, body) pairs."""
    return b"".join(frame(header, body) for header, body in frames)


def decode(value: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(header JSON, body) of the frames of a record value, in order.

    Raises:
        TornBatch: the value ends inside a frame.
    """
    at, end, unpack = 0, len(value), _U32.unpack_from
    while at < end:
        try:
            (n,) = unpack(value, at)
            (m,) = unpack(value, at + 4 + n)
        except struct.error as cut:
            raise TornBatch(f"the record ends inside a frame header at byte {at}") from cut
        body = at + 8 + n
        if body + m > end:
            raise TornBatch(f"the record ends inside a frame at byte {at}")
        yield value[at + 4 : at + 4 + n], value[body : body + m]
        at = body + m
