"""Which rows a text stands for: an index of millions of texts in some 15 bytes each.

A dict of strings takes ten times as much, and a pause whenever it grows. This one is a linear hash
table (Litwin 1980): buckets of 10-byte entries, one of which is split at a time.
"""

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Final

_TAG: Final = 6
_ENTRY: Final = 10
_TAG_BITS: Final = 0xFFFF_FFFF_FFFF
_row = Struct("<I").unpack_from
_bytes = Struct("<Q").pack
FILL: Final = 16
"""Entries per bucket, on average."""


class TokenIndex:
    """Texts to numbers below 2^32. `find` may give a number too many, once in some 10^14 looks
    (equal hashes): whoever asks compares with what the row says."""

    def __init__(self) -> None:
        self._buckets = [b""]
        self._low, self._high = 0, 1
        """Masks of the buckets' numbers before and after the present doubling."""
        self._entries = 0

    def find(self, text: str) -> Sequence[int]:
        """The rows, in the order of `add`."""
        tag = hash(text) & _TAG_BITS
        place = tag & self._high
        bucket = self._buckets[place if place < len(self._buckets) else tag & self._low]
        wanted = _bytes(tag)[:_TAG]
        found: Sequence[int] = ()
        at = bucket.find(wanted)
        while at >= 0:
            if at % _ENTRY == 0:
                found = (*found, *_row(bucket, at + _TAG)) if found else _row(bucket, at + _TAG)
            at = bucket.find(wanted, at + 1)
        return found

    def add(self, texts: Iterable[str], row: int) -> None:
        """One more row of each text; that it is there already is not noticed."""
        buckets, above = self._buckets, row << 8 * _TAG
        for text in texts:
            tag = hash(text) & _TAG_BITS
            place = tag & self._high
            if place >= len(buckets):
                place = tag & self._low
            buckets[place] += (above | tag).to_bytes(_ENTRY, "little")
            self._entries += 1
            if self._entries > FILL * len(buckets):
                self._split()

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
