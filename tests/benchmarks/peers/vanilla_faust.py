"""The handbook's way in Faust: an agent that tells webhooks apart and sends each on to its person,
and one that writes a table and sends the decision.

A person may come from two devices, whose webhooks lie in different partitions, so the events are
keyed anew (as `group_by` does it). Tuned as its settings allow: lingering producer, large fetches,
no web server, no standby replicas, no debug records of its log; the table is in memory with its
changelog topic, which is quicker than RocksDB.
"""

import logging
import os
from collections.abc import AsyncIterator

import faust
import orjson

from tests.benchmarks.peers.rules import PARTITIONS, Told, preloaded

logging.disable(logging.INFO)
app = faust.App(
    os.environ["BENCH_GROUP"],
    broker="kafka://" + os.environ["BENCH_KAFKA"],
    datadir=os.environ["BENCH_STATE"],
    store="memory://",
    web_enabled=False,
    topic_partitions=PARTITIONS,
    table_standby_replicas=0,
    consumer_auto_offset_reset="earliest",
    consumer_max_fetch_size=8 * 1024 * 1024,
    producer_linger=0.05,
    producer_max_batch_size=256 * 1024,
    broker_max_poll_records=500,
)
RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
source = app.topic(os.environ["BENCH_TOPIC"], **RAW)
people = app.topic(os.environ["BENCH_HOP"], **RAW)
out = app.topic(os.environ["BENCH_OUT"], **RAW)
table = app.Table("people", partitions=PARTITIONS)
rules = preloaded()


@app.agent(source, name="identify")
async def identify(stream: AsyncIterator[bytes]) -> None:
    """An output per webhook, keyed by its person."""
    async for value in stream:
        for told in rules.told(value):
            await people.send(key=told.person.encode(), value=orjson.dumps(tuple(told)))


@app.agent(people, name="decide")
async def attend(stream: AsyncIterator[bytes]) -> None:
    """A table write per webhook, and an output per decision."""
    async for value in stream:
        told = Told(*orjson.loads(value))
        state = rules.fold(table.get(told.person), told)
        decision = rules.decided(told.person, state)
        table[told.person] = state
        if decision is not None:
            await out.send(key=told.person.encode(), value=orjson.dumps(decision))


if __name__ == "__main__":
    app.main()
