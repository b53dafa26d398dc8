"""How the local system tells a person what it does: a function that takes one sentence."""

from collections.abc import Callable

Say = Callable[[str], None]


def quiet(_: str) -> None:
    """Says nothing."""
