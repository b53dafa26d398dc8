"""The limit: a bare consumer that parses every webhook and folds it into a dict.

It knows nobody, decides nothing and keeps nothing: what it has folded is lost with it. It writes one
record when it has seen as many webhooks as the warm-up has, and one when it has seen them all.
"""

import asyncio
import os

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.attendance.domain.webhook import Participant, parse
from shared.batch import decode

facts: dict[str, list[tuple[str, str, int]]] = {}


def fold(value: bytes) -> int:
    """Every webhook of a record; how many."""
    count = 0
    for _, body in decode(value):
        event = parse(orjson.loads(body))
        if isinstance(event, Participant):
            count += 1
            key = f"{event.meeting_uuid}|{event.participant_uuid}"
            fact = (event.kind, event.user_id, event.at)
            known = facts.get(key)
            if known is None:
                facts[key] = [fact]
            elif fact not in known:
                known.append(fact)
    return count


async def main() -> None:
    """Read for ever; say when a mark is reached."""
    kafka, topic, out = (os.environ[f"BENCH_{name}"] for name in ("KAFKA", "TOPIC", "OUT"))
    marks = [int(mark) for mark in os.environ["BENCH_MARKS"].split(",")]
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await consumer.start()
    await producer.start()
    count = 0
    while True:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                count += fold(record.value)
        while marks and count >= marks[0]:
            await producer.send_and_wait(out, str(marks.pop(0)).encode(), partition=0)


if __name__ == "__main__":
    asyncio.run(main())
