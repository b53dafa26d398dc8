"""Small JSON in fewer bytes: the words that all values of a kind have in common are one byte each.

For what is kept a million times, and read one or a page at a time. Shrinking takes half of what deflating
took, and holds the interpreter: a deflater lets it go twice for each value, and of several threads
that shrink each then waits for the others. A shrunk value begins with a mark, a JSON object with a
brace, and both can be read; so can what was deflated before.
"""

import zlib
from collections.abc import Sequence

CODES = bytes(code for code in range(32) if code not in b"\t\n\r")
"""Bytes that no JSON has."""
_DEFLATED, _SHRUNK = b"\1", b"\2"
_BITS = -12


class Shrunk:
    """Values of one kind. The words are part of the format: others need another mark, and the old
    ones stay for as long as old values are read."""

    def __init__(self, words: Sequence[str], deflated_with: bytes) -> None:
        """`words`: at most as many as there are codes; where two overlap, the better one first.
        `deflated_with`: the dictionary of the values with the first mark."""
        codes = (bytes((code,)) for code in CODES)
        self.words = list(zip((word.encode() for word in words), codes, strict=False))
        self.deflated_with = deflated_with

    def pack(self, data: bytes) -> bytes:
        """JSON in fewer bytes."""
        for word, code in self.words:
            data = data.replace(word, code)
        return _SHRUNK + data

    def unpack(self, data: bytes) -> bytes:
        """The JSON, of what `pack` gave or of plain JSON.

        Raises:
            ValueError: neither.
        """
        mark = data[:1]
        if mark == b"{":
            return data
        if mark == _SHRUNK:
            return self._in_full(data[1:])
        if mark != _DEFLATED:
            raise ValueError("a value of another format")
        try:
            return zlib.decompressobj(_BITS, zdict=self.deflated_with).decompress(data[1:])
        except zlib.error as broken:
            raise ValueError("a value that does not unfold") from broken

    def _in_full(self, data: bytes) -> bytes:
        for word, code in self.words:
            data = data.replace(code, word)
        if not data.startswith(b"{"):
            raise ValueError("a value of another format")
        return data
