"""`GET /v1/webinars/{id}/progress`: how far a webinar is, and whether anything is still to come."""

from collections.abc import Callable, Mapping
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from services.attendance.stores import TOPICS, AttendanceView, WorkerProgress
from shared.provision import partitions_of
from shared.settings import KafkaSettings
from shared.topics import EVENTS, RULINGS, WEBHOOKS, Topic

INPUTS = (WEBHOOKS, EVENTS)
Ends = Callable[[], Mapping[tuple[str, int], int]]
"""End offsets by (topic name without prefix, partition)."""


class LogEnds:
    """Asks the broker where the logs end (kafka-python; one caller at a time)."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer: KafkaConsumer | None = None
        self._places = [
            (topic, p)
            for topic in (*INPUTS, *TOPICS)
            for p in range(partitions_of(topic, settings))
        ]

    def __call__(self) -> dict[tuple[str, int], int]:
        """Raises kafka.errors.KafkaError when no broker answers."""
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                bootstrap_servers=self._settings.kafka.split(","), enable_auto_commit=False
            )
        asked = {TopicPartition(self._settings.topic(t), p): (t.name, p) for t, p in self._places}
        found = self._consumer.end_offsets(list(asked))
        return {asked[tp]: at for tp, at in found.items()}


def _behind(ends: Mapping[tuple[str, int], int], topics: tuple[Topic, ...],
            at: Callable[[str, int], int]) -> int:  # fmt: skip
    names = {t.name for t in topics}
    return sum(max(0, end - at(*place)) for place, end in ends.items() if place[0] in names)


def ruled(topic: str, partition: int) -> str:
    """The name of the position up to which a partition's stage has acted on operators' words."""
    return f"{RULINGS.name}@{topic}/{partition}"


def _rulings_behind(ends: Mapping[tuple[str, int], int], positions: Mapping[str, int],
                    partitions: int) -> int:  # fmt: skip
    said = sum(end for (name, _), end in ends.items() if name == RULINGS.name)
    acted = (positions.get(ruled(t.name, p), 0) for t in INPUTS for p in range(partitions))
    return max(0, said - min(acted))


def progress(webinar: Mapping[str, Any], view: AttendanceView, worker: WorkerProgress,
             ends: Ends, partitions: int) -> dict[str, Any]:  # fmt: skip
    """The progress resource. `settled` is true only when nothing that is known is still under way:
    all inputs are folded and written, every clock has acted, every decision is final and every
    certificate that follows at once is issued."""
    webinar_id = webinar["webinar_id"]
    positions, states = worker.read(webinar_id)
    counts = view.counts(webinar_id)
    stored = view.view.positions([(t.name, p) for t in TOPICS for p in range(partitions)])
    pending = sorted({clock for state in states for clock in state["pending"]})
    decided = (
        len(states) == partitions
        and not pending
        and not sum(state["undecided"] for state in states)
        and counts["decisions"] >= counts["enrolled"]
        and counts["final"] == counts["decisions"]
        and not view.awaits_certificates(webinar_id)
    )
    known = ends()  # last: whoever had come here before had nothing more to come
    lag = _behind(known, INPUTS, lambda t, p: positions.get(f"{t}/{p}", 0))
    lag += _rulings_behind(known, positions, partitions)
    view_lag = _behind(known, TOPICS, lambda t, p: stored[t, p])
    return {
        "webinar_id": webinar_id,
        "facts_seen": sum(state["facts"] for state in states),
        "lag": lag + view_lag,
        "open_reviews": counts["open_reviews"],
        "pending_clocks": pending,
        "reports_missing": sorted({uuid for s in states for uuid in s.get("reports", ())}),
        "enrolled": counts["enrolled"],
        "decisions": counts["decisions"],
        "final": counts["final"],
        "certificates": counts["certificates"],
        "settled": decided and lag == 0 and view_lag == 0,
    }
