"""Poison on a real broker: set aside whole, with its reason, and never skipped."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from shared import dead_letters
from shared.dead_letters import TooMuchPoison
from shared.envelope import as_dict
from shared.records import Poison, Record, parse
from shared.topics import DECISIONS
from tests.support.consuming import (
    DECIDED,
    HEADERS,
    Seen,
    done,
    graves,
    on_both_clients,
    publish,
    run,
)
from tests.support.witness import write


@on_both_clients
def test_a_poison_record_is_set_aside_whole_and_the_others_go_on(own: Any, member: Any) -> None:
    headers = [*HEADERS, ("x-own", b"\xff\x00")]
    bad = {"key": b"w|p", "value": b"{not json \xff", "headers": headers, "partition": 1}
    good = {"key": b"w|p", "value": DECIDED.to_bytes(), "headers": HEADERS, "partition": 1}
    at = write(own, own.topic(DECISIONS), good, bad, good)
    seen = Seen()
    run(member(seen), lambda: len(seen.records) == 2)
    assert [record.offset for record in seen.records] == [at[0].offset, at[2].offset]
    (grave,) = graves(own)
    assert (grave.key, grave.value) == (b"w|p", b"{not json \xff")
    assert set(headers) <= {tuple(header) for header in grave.headers}
    said = as_dict(grave.headers)
    assert said["dl_topic"] == own.topic(DECISIONS)
    assert (said["dl_partition"], said["dl_offset"]) == ("1", str(at[1].offset))
    assert said["dl_attempts"] == "1"
    assert said["dl_reason"].startswith("not a hadir.attendance.eligibility-decided.v1")
    assert abs(int(said["dl_at"]) - time.time()) < 60
    assert done(own) == 3


def test_a_reason_never_quotes_the_value(own: Any, member: Any) -> None:
    body = DECIDED.to_bytes().replace(b'"eligible"', b'"Seseorang Bernama"')
    write(own, own.topic(DECISIONS), {"key": b"k", "value": body, "headers": HEADERS})
    run(member(Seen()), lambda: bool(graves(own)))
    said = as_dict(graves(own)[0].headers)
    assert "verdict" in said["dl_reason"]
    assert "Seseorang" not in said["dl_reason"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([("ce_type", b"hadir.attendance.eligibility-decided.v99")], "unknown event type"),
        ([], "unknown event type None"),
        ([("ce_type", b"\xff\xfe")], "unknown event type"),
        ([("ce_type", b"hadir.registration.webinar-set.v1")], "unknown event type"),
    ],
)  # fmt: skip
def test_an_event_of_an_unknown_or_another_topic_s_type_is_poison(
    headers: Any, reason: str
) -> None:
    with pytest.raises(Poison, match=reason):
        parse(DECISIONS, headers, DECIDED.to_bytes())


def test_a_key_that_is_no_text_is_poison_and_kept_as_it_was(own: Any, member: Any) -> None:
    record = {"key": b"\xff\xfe", "value": DECIDED.to_bytes(), "headers": HEADERS, "partition": 0}
    write(own, own.topic(DECISIONS), record)
    run(member(Seen()), lambda: bool(graves(own)))
    (grave,) = graves(own)
    assert grave.key == b"\xff\xfe"
    assert as_dict(grave.headers)["dl_reason"] == "the key is not UTF-8"


def test_a_tombstone_comes_as_a_record_without_event(own: Any, member: Any) -> None:
    write(own, own.topic(DECISIONS), {"key": b"w|p", "value": None})
    seen = Seen()
    run(member(seen), lambda: bool(seen.records))
    assert (seen.records[0].key, seen.records[0].event, seen.records[0].value) == (
        "w|p",
        None,
        None,
    )


@on_both_clients
def test_a_record_that_only_the_handler_cannot_bear_is_tried_three_times_and_set_aside_alone(
    own: Any, member: Any
) -> None:
    seen = Seen()

    def handle(records: Sequence[Record]) -> None:
        if any(record.event.version == 2 for record in records):
            raise ZeroDivisionError("some.one@example.go.id")
        seen(records)

    publish(own, 1, 2, 3)
    run(member(handle), lambda: done(own) == 3)
    assert sorted(seen.versions) == [1, 3]
    (grave,) = graves(own)
    said = as_dict(grave.headers)
    assert (said["dl_attempts"], said["dl_reason"]) == ("3", "ZeroDivisionError while handling")
    assert grave.value == DECIDED.model_copy(update={"version": 2}).to_bytes()


def test_a_handler_that_calls_a_record_poison_is_believed_at_once(own: Any, member: Any) -> None:
    def handle(records: Sequence[Record]) -> None:
        raise Poison("nobody has this webinar")

    publish(own, 1)
    run(member(handle), lambda: done(own) == 1)
    said = as_dict(graves(own)[0].headers)
    assert (said["dl_attempts"], said["dl_reason"]) == ("1", "nobody has this webinar")


@on_both_clients
def test_while_the_store_is_away_poison_beside_good_records_is_set_aside_once(
    own: Any, member: Any
) -> None:
    bad = {"key": b"w|p", "value": b"{", "headers": HEADERS, "partition": 1}
    good = {"key": b"w|p", "value": DECIDED.to_bytes(), "headers": HEADERS, "partition": 1}
    write(own, own.topic(DECISIONS), bad, good)
    seen = Seen(*[RedisConnectionError() for _ in range(4)])
    run(member(seen), lambda: done(own) == 2)
    assert len(graves(own)) == 1


def test_more_dead_letters_in_a_row_than_an_input_can_have_stop_the_worker(
    own: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "POISON_RUN_LIMIT", 5)
    bad = {"key": b"w|p", "value": b"{", "headers": HEADERS, "partition": 1}
    write(own, own.topic(DECISIONS), *[bad] * 6)
    consumer = member(Seen(), max_records=2)
    with pytest.raises(TooMuchPoison, match="more than 5"):
        run(consumer, lambda: False)
    assert done(own) == 4
    assert len(graves(own)) == 4


def test_a_handler_that_bears_nothing_stops_the_worker_too(
    own: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "POISON_RUN_LIMIT", 5)

    def handle(_: Sequence[Record]) -> None:
        raise ZeroDivisionError

    publish(own, *range(1, 10))
    consumer = member(handle, max_records=2)
    with pytest.raises(TooMuchPoison):
        run(consumer, lambda: False)
    assert done(own) == 4


def test_poison_among_good_records_never_stops_the_worker(
    own: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "POISON_RUN_LIMIT", 5)
    bad = {"key": b"w|p", "value": b"{", "headers": HEADERS, "partition": 1}
    good = {"key": b"w|p", "value": DECIDED.to_bytes(), "headers": HEADERS, "partition": 1}
    write(own, own.topic(DECISIONS), *[bad, good] * 10)
    run(member(Seen(), max_records=2), lambda: done(own) == 20)
    assert len(graves(own)) == 10
