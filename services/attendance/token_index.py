"""Which rows a text stands for: an index of millions of texts in some 12 bytes each.

A dict of strings takes ten times as much, and a pause whenever it grows. This one is a linear hash
table (Litwin 1980): buckets of 8-byte entries, one of which is split at a time. Its hash is the same
in every process, so that its buckets can be kept in a checkpoint.
"""

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Final
from zlib import crc32

_TAG: Final = 4
_ENTRY: Final = 8
_row = Struct("<I").unpack_from
FILL: Final = 16
"""Entries per bucket, on average."""
LONG: Final = 4096
"""Bytes from which on a bucket grows in place: one text of 100,000 rows has them all in one."""


class TokenIndex:
    """Texts to numbers below 2^32. `find` may give a number too many, of ten million texts once in
    some 400 looks (equal hashes): whoever asks compares with what the row says."""

    def __init__(self, buckets: Iterable[bytes] = (b"",)) -> None:
        """`buckets`: what the index begins with, as `buckets()` gave it once."""
        self._buckets: list[bytes | bytearray] = list(buckets)
        self._low = (1 << len(self._buckets).bit_length() - 1) - 1
        self._high = self._low << 1 | 1
        """Masks of the buckets' numbers before and after the present doubling."""
        self._entries = sum(map(len, self._buckets)) // _ENTRY

    def buckets(self) -> list[bytes]:
        """A copy of everything."""
        return [b if isinstance(b, bytes) else bytes(b) for b in self._buckets]

    def find(self, text: str, most: int = 1 << 32) -> Sequence[int]:
        """The rows, in the order of `add`; no more than `most`."""
        tag = crc32(text.encode())
        place = tag & self._high
        bucket = self._buckets[place if place < len(self._buckets) else tag & self._low]
        wanted = tag.to_bytes(_TAG, "little")
        found: Sequence[int] = ()
        at = bucket.find(wanted)
        while at >= 0:
            if at % _ENTRY == 0:
                if found:
                    return [*found, *_rows(bucket, wanted, at, most - 1)]
                found = _row(bucket, at + _TAG)
            at = bucket.find(wanted, at + 1)
        return found

    def add(self, texts: Iterable[str], row: int) -> None:
        """One more row of each text; that it is there already is not noticed."""
        buckets, above = self._buckets, row << 8 * _TAG
        for text in texts:
            tag = crc32(text.encode())
            place = tag & self._high
            if place >= len(buckets):
                place = tag & self._low
            bucket, entry = buckets[place], (above | tag).to_bytes(_ENTRY, "little")
            if len(bucket) < LONG:
                buckets[place] = bucket + entry
            else:
                self._lengthen(place, entry)
            self._entries += 1
            if self._entries > FILL * len(buckets):
                self._split()

    def _lengthen(self, place: int, entry: bytes) -> None:
        bucket = self._buckets[place]
        if isinstance(bucket, bytes):
            bucket = self._buckets[place] = bytearray(bucket)
        bucket += entry

    def _split(self) -> None:
        """One more bucket, with half of the entries of the one that stood for both."""
        old = len(self._buckets) - self._low - 1
        bucket = self._buckets[old]
        byte, bit = divmod(self._low.bit_length(), 8)
        starts = range(0, len(bucket), _ENTRY)
        goes = [at for at in starts if bucket[at + byte] >> bit & 1]
        stays = [at for at in starts if not bucket[at + byte] >> bit & 1]
        self._buckets[old] = b"".join([bucket[at : at + _ENTRY] for at in stays])
        self._buckets.append(b"".join([bucket[at : at + _ENTRY] for at in goes]))
        if len(self._buckets) > self._high:
            self._low, self._high = self._high, self._high << 1 | 1


def _rows(bucket: bytes | bytearray, wanted: bytes, at: int, most: int) -> list[int]:
    """Those of the entries from `at` on: a text may have 100,000."""
    found = list[int]()
    while at >= 0 and len(found) < most:
        if at % _ENTRY == 0:
            found += _row(bucket, at + _TAG)
        at = bucket.find(wanted, at + 1)
    return found
