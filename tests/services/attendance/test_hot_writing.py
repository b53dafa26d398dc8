"""What is written without models, or together with others, says what it would say alone."""

import asyncio
from typing import Any

import orjson
import pytest
from aiokafka.errors import KafkaTimeoutError

from services.attendance.frames import Item, items
from services.attendance.record_writer import RecordWriter
from shared.batch import frame
from shared.events.attendance import ConnectionSeenV1, EligibilityDecidedV1
from shared.settings import KafkaSettings
from shared.topics import EVENTS
from tests.services.attendance.test_pipeline import bodies_of, set_up
from tests.support.flow import world_of
from tests.support.pipeline import HEADERS


def test_decisions_and_snapshots_are_the_bytes_of_their_contracts() -> None:
    world = world_of(2001, 11, "ugly", 30)
    pipeline = set_up(world)
    for body in bodies_of(world):
        pipeline.webhook(body)
    assert len(pipeline.decisions()) == 30
    for written in pipeline.written.values():
        event = EligibilityDecidedV1.model_validate_json(written.to_bytes())
        assert written.to_bytes() == event.to_bytes()
        assert written.event_id() == event.event_id()
    told = [item for _, one in pipeline.log.frames for item in items(one, HEADERS)]
    seen = [orjson.loads(i.body) for i in told if i.type == ConnectionSeenV1.type]
    for body in seen:
        assert (
            body.items() <= orjson.loads(ConnectionSeenV1.model_validate(body).to_bytes()).items()
        )
    assert all(i.header["ce_id"] and i.header["ce_source"] == "urn:test" for i in told)


@pytest.mark.parametrize(("header", "kind"), [
    (rb'{"ce_type":"t","key":"k"}', "t"),
    (rb'{"key":"k","ce_type":"t"}', "t"),
    (rb'{"ce_type":"t","key":"\"ce_type\":\"other"}', "t"),
    (rb'{"ce_type":"\u0074"}', "t"),
    (rb'{"key":"k"}', ""),
])  # fmt: skip
def test_the_type_of_a_frame_is_what_its_header_says_as_json(header: bytes, kind: str) -> None:
    assert Item(0, header, b"").type == kind


def test_a_header_that_ends_within_its_type_is_no_header() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        Item(0, b'{"ce_type":"t', b"").type  # noqa: B018 - reading it is the test


class Producer:
    """Notes the records; fails once on demand."""

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes]] = []
        self.fails = False

    async def send(self, topic: str, value: bytes, partition: int, headers: Any) -> Any:
        self.records.append((partition, value))
        done = asyncio.get_running_loop().create_future()
        if self.fails:
            done.set_exception(KafkaTimeoutError())
        else:
            done.set_result(None)
        return done


class Publisher:
    """As much of a publisher as the writer uses."""

    def __init__(self) -> None:
        self.producer = Producer()


def test_stages_that_write_at_one_time_share_a_record_per_partition() -> None:
    publisher = Publisher()
    writer = RecordWriter(KafkaSettings(kafka="x:1"), EVENTS, publisher)
    one, two = frame(b"{}", b"1"), frame(b"{}", b"2")

    async def both() -> None:
        await asyncio.gather(writer.write([(0, one), (1, one)]), writer.write([(0, two)]))
        await writer.write([])

    asyncio.run(both())
    assert publisher.producer.records == [(0, one + two), (1, one)]


def test_a_record_that_fails_fails_everybody_in_it() -> None:
    publisher = Publisher()
    publisher.producer.fails = True
    writer = RecordWriter(KafkaSettings(kafka="x:1"), EVENTS, publisher)

    async def both() -> list[Any]:
        writes = (writer.write([(0, frame(b"{}", b"1"))]) for _ in range(2))
        return await asyncio.gather(*writes, return_exceptions=True)

    found = asyncio.run(both())
    assert [type(one) for one in found] == [KafkaTimeoutError, KafkaTimeoutError]
    publisher.producer.fails = False
    asyncio.run(writer.write([(0, frame(b"{}", b"3"))]))
    assert publisher.producer.records[-1] == (0, frame(b"{}", b"3"))


def test_a_frame_larger_than_a_record_is_a_record_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.attendance.record_writer.MAX_RECORD", 20)
    publisher = Publisher()
    writer = RecordWriter(KafkaSettings(kafka="x:1"), EVENTS, publisher)
    large, small = frame(b"{}", b"x" * 50), frame(b"{}", b"1")
    asyncio.run(writer.write([(0, large), (0, small)]))
    assert publisher.producer.records == [(0, large), (0, small)]
