"""The keeper of a view: a group member that applies topics to it, and rebuilds it when it is lost."""

import threading
from collections.abc import Sequence

from shared.consume import BatchConsumer
from shared.fast_consumer import FastConsumer
from shared.records import Parse, Record, parse
from shared.settings import Settings
from shared.topics import Topic
from shared.views import LostView, View
from shared.writes import Project

GATHER = 0.1
"""Seconds between two batches that are not full: where records come one by one, a view is so much
later, for a fraction of the fetches and transactions."""


class Projector:
    """Keeps one view."""

    def __init__(self, settings: Settings, view: View, topics: Sequence[Topic], project: Project,
                 *, instance: str = "", parse: Parse = parse) -> None:  # fmt: skip
        self.view, self._project = view, project
        self._expected: dict[tuple[str, int], int] = {}
        self.consumer = BatchConsumer(
            settings, group=f"view.{view.prefix.removeprefix(settings.topic_prefix)}",
            topics=topics, handle=self._apply, position=self._start, instance=instance,
            max_records=5_000, client=FastConsumer, parse=parse, gather=GATHER,
        )  # fmt: skip

    def _start(self, topic: Topic, partition: int) -> int:
        at = self.view.position(topic, partition)
        self._expected[topic.name, partition] = at
        return at

    def _apply(self, records: Sequence[Record]) -> None:
        known = self._expected
        new = [r for r in records if r.offset >= known[r.topic.name, r.partition]]
        if new:
            known.update(self.view.advance(new, self._project, known))

    def _idle(self) -> None:
        """Nothing to read: notice an emptied store, pass over gaps, say when the view is complete."""
        ready = self.view.ready()
        if not ready and self._lost():
            raise LostView(f"the store was emptied of {self.view.prefix}")
        self._pass_over_gaps()
        if not ready and self.consumer.ready.is_set():
            self.view.mark_ready(self.consumer.ends())  # every member's partitions, not only ours

    def _lost(self) -> bool:
        return any(at and self.view.stored(*place) is None for place, at in self._expected.items())

    def _pass_over_gaps(self) -> None:
        for (topic, partition), at in self.consumer.positions().items():
            place = (topic.name, partition)
            expected = self._expected.get(place, at)
            if at > expected:
                self.view.pass_over(*place, expected, at)
                self._expected[place] = at

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        self.consumer.run(stop, idle=self._idle)
