"""What the safe Faust worker (`shared/stream.py`) runs for one partition of an input topic."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class InputRecord(NamedTuple):
    """One record of the input partition. `settled`: its effects were committed once before."""

    offset: int
    value: bytes
    timestamp: int
    headers: Sequence[tuple[str, bytes]]
    settled: bool


class Stage(Protocol):
    """The state of one partition."""

    def fold(self, record: InputRecord) -> int:
        """Take a record in, without I/O; how many events it held. Must never raise for bad input."""
        ...

    def unflushed(self) -> int:
        """How many changes wait to be published."""
        ...

    async def flush(self) -> None:
        """Publish every waiting change; return when the broker has all of it.

        Raises:
            aiokafka.errors.KafkaError: not everything was written; nothing is forgotten.
        """
        ...

    def tick(self, now: float, at_end: bool) -> None:
        """Once a second; `at_end`: everything that was in the log a moment ago is folded."""
        ...

    def close(self) -> None:
        """The partition went to another worker."""
        ...


NewStage = Callable[[int], Stage]
