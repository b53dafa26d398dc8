"""Reading stretches of a partition from a real broker."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from kafka import KafkaProducer

from shared.log_reader import LogReader
from shared.topics import EVENTS

pytestmark = pytest.mark.anyio


async def test_a_stretch_is_read_as_often_as_asked_and_nothing_is_fetched_between(
    provisioned: Any,
) -> None:
    topic = provisioned.topic(EVENTS)
    producer = KafkaProducer(bootstrap_servers=provisioned.kafka)
    first = producer.send(topic, b"0", partition=1).get(10).offset
    for n in range(1, 6):
        producer.send(topic, b"%d" % n, partition=1).get(10)
    producer.close()
    reader = LogReader(provisioned)
    await reader.start()
    try:
        for start, end in ((0, 6), (2, 4), (0, 6)):
            chunks = [c async for c in reader.read(topic, 1, first + start, first + end)]
            assert [r.value for c in chunks for r in c] == [b"%d" % n for n in range(start, end)]
            assert reader._client.paused() == {TopicPartition(topic, 1)}
    finally:
        await reader.stop()
