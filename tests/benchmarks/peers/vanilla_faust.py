"""The handbook's way: an agent, a table write and an output for each event, with our rules.

It reads the same batch records, folds each event into its connection's facts in a table, and sends
the connection on. Lingering and fetch sizes are tuned as its settings allow.
"""

import os
from collections.abc import Mapping
from typing import Any

import faust
import orjson

from services.attendance.domain.connections import Known, seen
from services.attendance.domain.identity import Identifiers
from services.attendance.domain.webhook import Participant, parse
from shared import crypto
from shared.batch import decode

KEY = b"k" * 32
app = faust.App(
    os.environ["BENCH_GROUP"],
    broker="kafka://" + os.environ["BENCH_KAFKA"],
    store="memory://",
    web_enabled=False,
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    table_standby_replicas=0,
    consumer_auto_offset_reset="earliest",
    consumer_max_fetch_size=8 * 1024 * 1024,
    producer_linger=0.05,
    producer_max_batch_size=256 * 1024,
    broker_max_poll_records=500,
)
RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
source = app.topic(os.environ["BENCH_TOPIC"], **RAW)
out = app.topic(os.environ["BENCH_OUT"], **RAW)
table = app.Table("connections", partitions=int(os.environ["BENCH_PARTITIONS"]))


def folded(known: Mapping[str, Any] | None, event: Participant) -> dict[str, Any]:
    """The connection with one more event."""
    connection = Known(event.meeting_uuid, event.participant_uuid)
    if known:
        connection.facts = tuple((k, u, t) for k, u, t in known["facts"])
        connection.identifiers = Identifiers._make((*map(tuple, known["who"][:4]), known["who"][4]))
    connection.add(seen(event, lambda value: crypto.identity_hmac(KEY, value)))
    return {"facts": [tuple(f) for f in connection.facts], "who": tuple(connection.identifiers)}


@app.agent(source, name="vanilla")
async def attend(stream: Any) -> None:
    """A table write and an output per event."""
    async for value in stream:
        for frame in decode(value):
            event = parse(orjson.loads(frame.body))
            if isinstance(event, Participant):
                key = f"{event.meeting_uuid}|{event.participant_uuid}"
                table[key] = folded(table.get(key), event)
                await out.send(key=key.encode(), value=orjson.dumps(table[key]))


if __name__ == "__main__":
    app.main()
