"""Rows of a report in little memory: bytes and two arrays instead of an object a row."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import orjson

from services.attendance.domain.reports import Row, root


class PackedRows:
    """Rows that are looked up by the user_id that they are matched by; never changed."""

    __slots__ = ("_blob", "_keys", "_starts")

    def __init__(self, rows: Iterable[bytes]) -> None:
        """`rows`: each as `pack` makes it."""
        sorted_ = sorted((_key(root(unpack(raw).user_id)), raw) for raw in rows)
        self._keys = array("Q", (key for key, _ in sorted_))
        self._starts = array("Q", [0])
        for _, raw in sorted_:
            self._starts.append(self._starts[-1] + len(raw))
        self._blob = b"".join(raw for _, raw in sorted_)

    def of(self, user_id: str) -> Iterator[Row]:
        """The rows of one user_id."""
        key = _key(user_id)
        at = bisect_left(self._keys, key)
        while at < len(self._keys) and self._keys[at] == key:
            row = self._row(at)
            if root(row.user_id) == user_id:
                yield row
            at += 1

    def users(self) -> Iterator[str]:
        """Every user_id that has a row."""
        return (root(self._row(at).user_id) for at in range(len(self._keys)))

    def _row(self, at: int) -> Row:
        return unpack(self._blob[self._starts[at] : self._starts[at + 1]])


def pack(row: Row) -> bytes:
    """A row as bytes. They are copied, for orjson's own keep the room of their buffer."""
    return bytes(memoryview(orjson.dumps(tuple(row))))


def unpack(raw: bytes) -> Row:
    """The row."""
    return Row(*orjson.loads(raw))


def _key(user_id: str) -> int:
    return int.from_bytes(blake2b(user_id.encode(), digest_size=8).digest())
