"""What a rule broken on purpose is, and the edits of one domain file. Paths of tests are below tests/."""

from typing import NamedTuple

DOMAIN = "services/attendance/domain/"
TESTS = "services/attendance/domain/"
PIPELINE = ("services/attendance/test_quirks.py", "services/attendance/test_pipeline.py")


class Mutant(NamedTuple):
    """One edit. `old` stands exactly once in the file."""

    rule: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]


def of(path: str, *tests: str) -> "Edits":
    """Edits of one domain file, and the tests that must see them."""
    return Edits(DOMAIN + path, tuple(t if "/" in t else TESTS + t for t in tests))


class Edits:
    """`(rule, old, new)` rows of one file."""

    def __init__(self, path: str, tests: tuple[str, ...]) -> None:
        self.path, self.tests = path, tests

    def rows(self, *rows: tuple[str, str, str]) -> list[Mutant]:
        """The mutants."""
        return [Mutant(rule, self.path, old, new, self.tests) for rule, old, new in rows]
