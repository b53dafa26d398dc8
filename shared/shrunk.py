"""Small JSON in fewer bytes: the words that all values of a kind have in common are one byte each.

For what is kept a million times, and read one or a page at a time. Shrinking takes half of what deflating
took, and holds the interpreter: a deflater lets it go twice for each value, and of several threads
that shrink each then waits for the others. A shrunk value begins with a mark, a JSON object with a
brace, and both can be read.
"""

CODES = bytes(code for code in range(32) if code not in b"\t\n\r")
"""Bytes that no JSON has."""
_SHRUNK = b"\2"


class Shrunk:
    """Values of one kind. The words are part of the format: others need another mark, and the old
    ones stay for as long as old values are read."""

    def __init__(self, *words: str) -> None:
        """`words`: at most as many as there are codes; where two overlap, the better one first."""
        self.words = [
            (word.encode(), bytes((code,)))
            for word, code in zip(words, CODES[: len(words)], strict=True)
        ]

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
        if data[:1] == b"{":
            return data
        full = data[1:]
        for word, code in self.words:
            full = full.replace(code, word)
        if data[:1] != _SHRUNK or full[:1] != b"{":
            raise ValueError("a value of another format")
        return full
