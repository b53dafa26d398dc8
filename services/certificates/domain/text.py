"""What may be printed: a name comes from a spreadsheet and may hold anything.

Invisible and control characters are taken out (they would make two people look alike, or turn text
around), the rest is printed literally. What the fonts of the template cannot show becomes U+FFFD,
visibly, because PDF/A forbids a missing glyph.
"""

import re
import unicodedata
from functools import lru_cache

PRINTABLE: tuple[tuple[int, int], ...] = (
    (0x20, 0x7E), (0xA1, 0x24F), (0x250, 0x2FF), (0x300, 0x34E), (0x350, 0x362), (0x1E00, 0x1EFF),
    (0x2010, 0x2027), (0x2030, 0x205E), (0x20A8, 0x20AC), (0x2116, 0x2116), (0x2122, 0x2122),
    (0x2212, 0x2212), (0xFFFD, 0xFFFD),
)  # fmt: skip
"""Code points that every font of the template has (a test compares)."""
LONGEST = 160
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_SELECTORS = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_STACKED = re.compile("([\u0300-\u036f]{2})[\u0300-\u036f]+")


def printable(text: str, longest: int = LONGEST) -> str:
    """The text as it is printed: NFC, one line, nothing invisible, at most `longest` characters."""
    if text.isascii() and text.isprintable():  # nothing to take out: a tenth of the time
        return _cut(" ".join(text.split()), longest)
    whole = _SELECTORS.sub("", unicodedata.normalize("NFC", text))
    seen = "".join(_shown(c) for c in whole)
    return _cut(" ".join(_STACKED.sub(r"\1", seen).split()), longest)


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


@lru_cache(maxsize=4_096)
def _shown(char: str) -> str:
    if char.isspace():
        return " "
    if unicodedata.category(char) in _INVISIBLE:
        return ""
    point = ord(char)
    return char if any(first <= point <= last for first, last in PRINTABLE) else "\ufffd"


def masked(identity: str) -> str:
    """First four and last two characters, stars between: `1986************01`.

    What is shorter than ten characters is masked whole: four and two would tell most of it.
    """
    if len(identity) < 10:
        return "*" * len(identity)
    return identity[:4] + "*" * (len(identity) - 6) + identity[-2:]
