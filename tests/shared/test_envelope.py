"""Envelopes: CloudEvents 1.0 in Kafka's binary mode, checked by the CloudEvents SDK."""

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from shared.envelope import as_dict, attributes, header, kafka_headers, rfc3339
from shared.examples import example
from shared.topics import EVENT_TYPES

NOON = datetime(2026, 1, 9, 12, 0, 0, 123_456, tzinfo=UTC)
SOURCE = "urn:hadir"


@pytest.mark.parametrize("event_type", sorted(EVENT_TYPES))
def test_the_sdk_reads_every_event_as_a_valid_cloudevent(event_type: str) -> None:
    event = example(event_type)
    headers = dict(kafka_headers(event, source=SOURCE, key="a|b", time=NOON))
    found = from_kafka_event(KafkaMessage(headers=headers, key=b"a|b", value=event.to_bytes()))
    assert found.get_specversion() == "1.0"
    assert found.get_type() == event_type
    assert found.get_source() == SOURCE
    assert found.get_id() == event.event_id()
    assert found.get_subject() == "a|b"
    assert found.get_time() == NOON.replace(microsecond=123_000)
    assert found.get_dataschema() == f"urn:hadir:schema:{event_type}"
    assert found.get_datacontenttype() == "application/json"
    assert found.get_data() == orjson.loads(event.to_bytes())


def test_the_same_event_said_again_has_the_same_id() -> None:
    event = example("hadir.attendance.checked-in.v1")
    first = attributes(event, source=SOURCE, key="k", time=NOON)
    again = attributes(event, source=SOURCE, key="k", time=NOON + timedelta(hours=1))
    assert first["ce_id"] == again["ce_id"]
    assert first["ce_time"] != again["ce_time"]


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert rfc3339(datetime(2026, 1, 9, 6, 30, tzinfo=jakarta)) == "2026-01-08T23:30:00.000Z"


def test_headers_that_are_no_text_are_read_without_failing() -> None:
    headers = [("ce_type", b"\xff\xfe"), ("b", b"two")]
    assert header(headers, "ce_type") == "\ufffd\ufffd"
    assert header(headers, "absent") is None
    assert header(None, "ce_type") is None
    assert as_dict(headers) == {"ce_type": "\ufffd\ufffd", "b": "two"}
    assert as_dict(None) == {}
