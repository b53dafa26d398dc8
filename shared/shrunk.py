"""Small JSON in fewer bytes: deflated with words that writer and reader both know.

For what is kept a million times, and read one or a page at a time. Shrinking costs some 10 µs, reading
back 4. A shrunk value begins with a mark, a JSON object with a brace, and both can be read.
"""

import zlib
from functools import partial

_BITS, _MEMORY = -12, 5
"""Raw deflate with a window of 4 KiB: what is small needs no larger one, and it is made anew each time."""


class Shrunk:
    """Values of one kind. The words are part of the format: others need another mark, and the old
    ones stay for as long as old values are read."""

    def __init__(self, mark: int, words: bytes) -> None:
        """`mark`: a byte that no JSON begins with, below 9. `words`: the likeliest last."""
        self._mark = bytes([mark])
        self._packer = partial(
            zlib.compressobj, 1, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_DEFAULT_STRATEGY, words
        )
        self.words = words

    def pack(self, data: bytes) -> bytes:
        """JSON in fewer bytes."""
        packer = self._packer()
        return self._mark + packer.compress(data) + packer.flush()

    def unpack(self, data: bytes) -> bytes:
        """The JSON, of what `pack` gave or of plain JSON.

        Raises:
            ValueError: neither.
        """
        if data[:1] == b"{":
            return data
        if data[:1] != self._mark:
            raise ValueError("a value of another format")
        try:
            return zlib.decompressobj(_BITS, zdict=self.words).decompress(data[1:])
        except zlib.error as broken:
            raise ValueError("a value that does not unfold") from broken
