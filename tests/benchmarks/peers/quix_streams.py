"""Quix Streams: told apart, `group_by` person, a stateful `apply`, decisions to a topic.

State is RocksDB with its changelog topic. Tuned as its documentation allows: no log output, larger
producer batches with lingering, values of the repartition topic in orjson (its default). Commits are
left at its default of 5 s, which is the cheapest.
"""

import os
from typing import Any

from quixstreams import Application, State

from tests.benchmarks.peers.rules import Told, preloaded

rules = preloaded()


def told(value: bytes) -> list[dict[str, Any]]:
    """Every webhook of a record."""
    return [{"person": one.person, "told": tuple(one)} for one in rules.told(value)]


def folded(row: dict[str, Any], state: State) -> dict[str, Any] | None:
    """State read, folded, decided, written."""
    one = Told(*row["told"])
    known = rules.fold(state.get("person"), one)
    decision = rules.decided(one.person, known)
    state.set("person", known)
    return decision


def main() -> None:
    """Until it is killed."""
    app = Application(
        broker_address=os.environ["BENCH_KAFKA"],
        consumer_group=os.environ["BENCH_GROUP"],
        auto_offset_reset="earliest",
        state_dir=os.environ["BENCH_STATE"],
        loglevel=None,
        producer_extra_config={"linger.ms": 50, "batch.size": 1_000_000},
        consumer_extra_config={"fetch.message.max.bytes": 8 * 1024 * 1024},
    )
    source = app.topic(
        os.environ["BENCH_TOPIC"], key_deserializer="bytes", value_deserializer="bytes"
    )
    out = app.topic(os.environ["BENCH_OUT"], key_serializer="str")
    events = app.dataframe(source).apply(told, expand=True)
    people = events.group_by("person", key_serializer="str", key_deserializer="str")
    decisions = people.apply(folded, stateful=True).filter(lambda decision: decision is not None)
    decisions.to_topic(out)
    app.run()


if __name__ == "__main__":
    main()
