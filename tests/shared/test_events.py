"""Events: canonical bytes, derived ids, times in UTC, and no value quoted in an error."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.events import UtcTime
from shared.events.registration import PersonalData, RuleV1
from shared.events.reporting import QuotaCellCountedV1
from shared.examples import example
from shared.topics import EVENT_TYPES

EVERY = sorted(EVENT_TYPES)
time_of = TypeAdapter(UtcTime).validate_python


@pytest.mark.parametrize("event_type", EVERY)
def test_what_is_written_is_read_back_as_the_same_event_with_the_same_id(event_type: str) -> None:
    event = example(event_type)
    again = EVENT_TYPES[event_type].parse(event.to_bytes())
    assert again == event
    assert again.to_bytes() == event.to_bytes()
    assert again.event_id() == event.event_id()


def test_two_events_that_differ_in_one_field_have_different_ids() -> None:
    ids = {example(t).event_id() for t in EVERY}
    assert len(ids) == len(EVERY)
    cell = example(QuotaCellCountedV1.type)
    assert cell.model_copy(update={"certified": 1}).event_id() not in ids


@pytest.mark.parametrize("event_type", EVERY)
def test_a_field_of_a_later_minor_version_is_ignored(event_type: str) -> None:
    event = example(event_type)
    later = event.to_bytes()[:-1] + b',"field_of_tomorrow":{"a":[1]}}'
    assert EVENT_TYPES[event_type].parse(later) == event


@pytest.mark.parametrize("event_type", EVERY)
def test_an_event_cannot_be_changed(event_type: str) -> None:
    event = example(event_type)
    field = next(iter(type(event).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(event, field, "changed")


@pytest.mark.parametrize("good", ["2026-01-09T01:00:00Z", "2026-01-09T01:00:00.123Z"])
def test_a_time_in_utc_is_taken(good: str) -> None:
    assert time_of(good) == good


@pytest.mark.parametrize(
    "bad",
    ["Z", "2026-01-09T08:00:00+07:00", "2026-01-09T01:00:00", "2026-01-09T01:00Z", "20260109T010000Z",
     "2026-02-30T01:00:00Z", "2026-01-09T25:00:00Z", "2026-01-09T01:00:00Z\n", "yesterdayZ",
     "٢٠٢٦-01-09T01:00:00Z"],
)  # fmt: skip
def test_a_time_that_is_not_rfc_3339_in_utc_is_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        time_of(bad)


def test_an_error_never_quotes_the_value_that_it_refuses() -> None:
    with pytest.raises(ValidationError) as wrong:
        PersonalData.model_validate({"external_id": "x", "name": ["Seseorang Bernama"]})
    assert "Seseorang" not in str(wrong.value)


def test_a_share_over_the_whole_is_refused() -> None:
    with pytest.raises(ValidationError):
        RuleV1(minimum_share=10_001)
