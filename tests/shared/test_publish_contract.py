"""One suite for both publishers: whatever the client, the same promises."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaError as AsyncKafkaError
from kafka.errors import KafkaError

from shared.envelope import as_dict
from shared.events import Event
from shared.examples import example
from shared.keys import partition_of
from shared.publish import AsyncPublisher, KafkaPublisher, Outgoing, Written
from shared.topics import DECISIONS, NUMBERS, WEBINARS
from tests.support.witness import fresh_topics, read_all

NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)
DECIDED = example("hadir.attendance.eligibility-decided.v1")


class Blocking:
    """An `AsyncPublisher` as the suite sees it."""

    def __init__(self, settings: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._publisher = AsyncPublisher(settings)
        self._loop.run_until_complete(self._publisher.start())

    def publish(self, events: Sequence[Outgoing]) -> list[Written]:
        return self._loop.run_until_complete(self._publisher.publish(events))

    def close(self) -> None:
        self._loop.run_until_complete(self._publisher.stop())
        self._loop.close()


@pytest.fixture(scope="module")
def own(settings: Any) -> Any:
    return fresh_topics(settings, (DECISIONS, NUMBERS, WEBINARS))


@pytest.fixture(scope="module", params=[KafkaPublisher, Blocking])
def publisher(request: pytest.FixtureRequest, own: Any) -> Iterator[Any]:
    made = request.param(own)
    yield made
    made.close()


def decided(version: int) -> Event:
    return DECIDED.model_copy(update={"version": version})


def test_nothing_to_publish_is_nothing_written(publisher: Any) -> None:
    assert publisher.publish([]) == []


def test_each_event_is_told_where_it_was_written_in_the_order_given(
    publisher: Any, own: Any
) -> None:
    keys = [f"order-{n % 5}" for n in range(40)]
    written = publisher.publish([Outgoing(DECISIONS, k, decided(n)) for n, k in enumerate(keys)])
    expected = [partition_of(key.encode(), own.partitions) for key in keys]
    assert [place.partition for place in written] == expected
    for partition in set(expected):
        offsets = [place.offset for place in written if place.partition == partition]
        assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
    assert all(place.timestamp > 1_600_000_000_000 for place in written)


def test_a_topic_with_one_partition_takes_every_key_there(publisher: Any) -> None:
    taken = example("hadir.certificates.number-taken.v1")
    written = publisher.publish([Outgoing(NUMBERS, f"key-{n}", taken) for n in range(10)])
    assert {place.partition for place in written} == {0}
    assert [p.offset for p in written] == list(range(written[0].offset, written[0].offset + 10))


def test_a_second_call_goes_on_behind_the_first(publisher: Any) -> None:
    first, second = (
        publisher.publish([Outgoing(DECISIONS, "again", decided(n))])[0] for n in (1, 2)
    )
    assert (second.partition, second.offset) == (first.partition, first.offset + 1)


def test_a_tombstone_is_written_like_any_other_record(publisher: Any) -> None:
    event, stone = publisher.publish(
        [Outgoing(WEBINARS, "erased", example("hadir.registration.webinar-set.v1")),
         Outgoing(WEBINARS, "erased", None)]
    )  # fmt: skip
    assert stone == Written(event.partition, event.offset + 1, stone.timestamp)


@pytest.fixture(params=[KafkaPublisher, Blocking])
def fresh(request: pytest.FixtureRequest, own: Any) -> Iterator[Any]:
    made = request.param(own)
    yield made
    made.close()


def test_the_record_is_the_event_with_its_cloudevents_headers(fresh: Any, own: Any) -> None:
    event = decided(77)
    at = fresh.publish([Outgoing(DECISIONS, "w|p", event, NOON), Outgoing(DECISIONS, "w|p", None)])
    there = {(r.partition, r.offset): r for r in read_all(own, own.topic(DECISIONS))}
    record, stone = (there[place.partition, place.offset] for place in at)
    assert (record.key, record.value) == (b"w|p", event.to_bytes())
    assert record.timestamp == at[0].timestamp
    assert as_dict(record.headers) == {
        "ce_specversion": "1.0",
        "ce_id": event.event_id(),
        "ce_source": own.source,
        "ce_type": event.type,
        "ce_time": "2026-01-09T12:00:00.000Z",
        "ce_subject": "w|p",
        "ce_dataschema": f"urn:hadir:schema:{event.type}",
        "content-type": "application/json",
    }
    assert (stone.key, stone.value, list(stone.headers)) == (b"w|p", None, [])


def test_what_the_broker_refuses_is_an_error_and_never_silence(fresh: Any) -> None:
    huge = DECIDED.model_copy(update={"digest": "x" * (5 * 1024 * 1024)})
    with pytest.raises((KafkaError, AsyncKafkaError)):
        fresh.publish([Outgoing(DECISIONS, "huge", huge)])


def test_after_an_error_the_next_events_are_written(publisher: Any) -> None:
    assert publisher.publish([Outgoing(DECISIONS, "one", decided(1))])
    huge = DECIDED.model_copy(update={"digest": "x" * (5 * 1024 * 1024)})
    with pytest.raises((KafkaError, AsyncKafkaError)):
        publisher.publish([Outgoing(DECISIONS, "one", huge)])
    assert publisher.publish([Outgoing(DECISIONS, "one", decided(1))])


def test_a_publisher_that_was_not_started_says_so(own: Any) -> None:
    with pytest.raises(RuntimeError, match="not started"):
        asyncio.run(AsyncPublisher(own).publish([Outgoing(DECISIONS, "k", decided(1))]))
