"""One assigned partition of a safe Faust worker (`shared/stream.py`): its stage and how far it is."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from shared.checkpoints import NO_SEAL, Seal
from shared.log_follower import Place
from shared.stage import InputRecord, NewStage
from shared.topics import Topic


class Runner:
    """Positions are offsets of the input."""

    def __init__(self, topic: Topic, name: str, partition: int, new: NewStage) -> None:
        self.topic, self.name, self.partition, self._new = topic, name, partition, new
        self.stage = new(partition)
        self.position = 0
        self.flushed = 0
        self.settled = 0
        self.committed = 0
        self.born_at = 0
        """The end of the log when the partition was assigned: once there, the stage is ready."""
        self.ready = asyncio.Event()
        self.located = asyncio.Event()
        self.gone = False
        self.events = 0
        """That the state holds, also those that a checkpoint brought."""
        self.moved_at = 0.0
        """When it last folded anything; monotonic seconds."""
        self.begin, self.folded_at = 0, int(time.time())
        """Where the log began when it was last folded from its beginning, and when that was."""
        self.flushing = self.flush_again = False
        """Whether a flush of its stage is under way, and whether another one was due meanwhile."""
        self.held_at: float | None = None
        """Since when its stage folds on instead of writing what waits; monotonic seconds."""
        self.last_seal = NO_SEAL
        """Where the partition's last checkpoint stands on its topic."""

    @property
    def place(self) -> Place:
        return self.name, self.partition

    def fold(self, records: Sequence[Any]) -> None:
        """Take in what is not folded yet."""
        for r in records:
            if r.offset >= self.position:
                settled = r.offset < self.settled
                self.events += self.stage.fold(
                    InputRecord(r.offset, r.value or b"", r.timestamp, r.headers or (), settled)
                )
                self.moved(r.offset + 1)
        self.moved_at = time.monotonic()

    def moved(self, position: int) -> None:
        """Everything before it is folded."""
        self.position = max(self.position, position)
        if self.position >= self.born_at:
            self.ready.set()

    def went_on(self, seal: Seal) -> None:
        """Its stage has the state of a checkpoint."""
        self.events, self.begin, self.folded_at = seal.events, seal.begin, seal.folded_at
        self.moved(seal.offset)

    def anew(self) -> None:
        """An empty stage: what was begun cannot be used."""
        if not self.gone:
            self.stage.close()
            self.stage = self._new(self.partition)
