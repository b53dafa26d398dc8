"""The batch consumer on a real broker: succeed, retry, or dead-letter; there is no fourth way."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.errors import KafkaTimeoutError
from redis.exceptions import ConnectionError as RedisConnectionError

from shared import consume
from shared.consume import BatchConsumer, NotYet, Poison, Record, TooMuchPoison, parse
from shared.envelope import as_dict
from shared.events.attendance import EligibilityDecidedV1
from shared.examples import example
from shared.fast_consumer import FastConsumer
from shared.publish import KafkaPublisher, Outgoing
from shared.topics import DECISIONS, WEBINARS
from tests.support.witness import committed, fresh_topics, read_all, write

DECIDED = example(EligibilityDecidedV1.type)
HEADERS = [("ce_type", EligibilityDecidedV1.type.encode())]
Handle = consume.Handler


@pytest.fixture
def own(settings: Any) -> Any:
    return fresh_topics(settings, (DECISIONS,))


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Any:
    return getattr(request, "param", KafkaConsumer)


on_both_clients = pytest.mark.parametrize(
    "client", [KafkaConsumer, FastConsumer], indirect=True, ids=["kafka-python", "aiokafka"]
)


@pytest.fixture
def member(own: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a member of the group `g`; every one is closed at the end."""
    monkeypatch.setattr(consume, "RETRY_SECONDS", 0.05)
    made: list[BatchConsumer] = []

    def make(handle: Handle, **options: Any) -> BatchConsumer:
        options = {"client": client, **options}
        made.append(BatchConsumer(own, group="g", topics=[DECISIONS], handle=handle, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Seen:
    """A handler that remembers (key, version), and fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.records: list[Record] = []
        self.calls = 0
        self._failures = list(failures)

    def __call__(self, records: Sequence[Record]) -> None:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        self.records += records

    @property
    def versions(self) -> list[int]:
        return [record.event.version for record in self.records]


def publish(own: Any, *versions: int, key: str = "w|p") -> None:
    publisher = KafkaPublisher(own)
    publisher.publish(
        [Outgoing(DECISIONS, key, DECIDED.model_copy(update={"version": v})) for v in versions]
    )
    publisher.close()


def run(consumer: BatchConsumer, until: Callable[[], bool], within: float = 30.0) -> None:
    end = time.monotonic() + within
    while not until():
        assert time.monotonic() < end, "it did not come about in time"
        consumer.step(0.1)


def graves(own: Any) -> list[Any]:
    return read_all(own, own.dead_letters(DECISIONS))


def done(own: Any) -> int:
    return committed(own, own.group("g"), own.topic(DECISIONS))


@on_both_clients
def test_records_come_typed_and_in_order_and_are_then_committed(own: Any, member: Any) -> None:
    publish(own, *range(1, 51))
    seen = Seen()
    run(member(seen), lambda: len(seen.records) == 50)
    assert seen.versions == list(range(1, 51))
    first = seen.records[0]
    assert (first.topic, first.key, first.offset) == (DECISIONS, "w|p", 0)
    assert isinstance(first.event, EligibilityDecidedV1)
    assert first.value == first.event.to_bytes()
    assert done(own) == 50


@on_both_clients
def test_a_later_member_goes_on_where_the_first_left_off(own: Any, member: Any) -> None:
    publish(own, 1, 2)
    first, second = Seen(), Seen()
    consumer = member(first)
    run(consumer, lambda: len(first.records) == 2)
    consumer.close()
    publish(own, 3)
    run(member(second), lambda: bool(second.records))
    assert second.versions == [3]


@on_both_clients
@pytest.mark.parametrize(
    "passing", [NotYet(), KafkaTimeoutError(), RedisConnectionError()], ids=repr
)
def test_what_may_pass_is_tried_again_and_nothing_is_committed_before(
    own: Any, member: Any, passing: Exception
) -> None:
    publish(own, 1, 2, 3)
    seen = Seen(passing, passing)
    consumer = member(seen)
    run(consumer, lambda: seen.calls == 2)
    assert done(own) == 0
    run(consumer, lambda: len(seen.records) == 3)
    assert seen.versions == [1, 2, 3]
    assert done(own) == 3
    assert graves(own) == []


@on_both_clients
def test_after_a_crash_between_effect_and_commit_the_effect_comes_again_and_nothing_is_lost(
    own: Any, member: Any
) -> None:
    class Crash(BaseException):
        pass

    publish(own, 1, 2, 3)
    before, after = Seen(), Seen()
    consumer = member(before)
    consumer._commit = lambda _: (_ for _ in ()).throw(Crash())
    with pytest.raises(Crash):
        run(consumer, lambda: False)
    assert before.records
    assert done(own) == 0
    consumer.close()
    run(member(after), lambda: len(after.records) == 3)
    assert after.versions == [1, 2, 3]


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
    monkeypatch.setattr(consume, "POISON_RUN_LIMIT", 5)
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
    monkeypatch.setattr(consume, "POISON_RUN_LIMIT", 5)

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
    monkeypatch.setattr(consume, "POISON_RUN_LIMIT", 5)
    bad = {"key": b"w|p", "value": b"{", "headers": HEADERS, "partition": 1}
    good = {"key": b"w|p", "value": DECIDED.to_bytes(), "headers": HEADERS, "partition": 1}
    write(own, own.topic(DECISIONS), *[bad, good] * 10)
    run(member(Seen(), max_records=2), lambda: done(own) == 20)
    assert len(graves(own)) == 10


@on_both_clients
def test_the_effect_s_own_position_counts_and_not_what_was_committed(own: Any, member: Any) -> None:
    publish(own, *range(10))
    seen, again = Seen(), Seen()
    consumer = member(seen)
    run(consumer, lambda: len(seen.records) == 10)
    consumer.close()
    run(member(again, position=lambda _, __: 4), lambda: len(again.records) == 6)
    assert again.versions == [4, 5, 6, 7, 8, 9]


@on_both_clients
def test_a_position_that_cannot_be_asked_for_is_waited_for(own: Any, member: Any) -> None:
    publish(own, *range(10))
    away = [RedisConnectionError()] * 2

    def position(_: Any, __: int) -> int:
        if away:
            raise away.pop()
        return 7

    seen = Seen()
    run(member(seen, position=position), lambda: len(seen.records) == 3)
    assert seen.versions == [7, 8, 9]


@on_both_clients
def test_two_members_share_the_partitions_and_handle_everything(own: Any, member: Any) -> None:
    one, two = Seen(), Seen()
    stop = threading.Event()
    members = [member(one), member(two)]
    threads = [threading.Thread(target=m.run, args=(stop,)) for m in members]
    for thread in threads:
        thread.start()
    until(lambda: sum(len(m._consumer.assignment()) for m in members) == own.partitions)
    until(lambda: all(m._consumer.assignment() for m in members))
    for n in range(12):
        publish(own, n, key=f"w|{n}")
    until(lambda: {*one.versions, *two.versions} == set(range(12)))
    stop.set()
    for thread in threads:
        thread.join(timeout=20)
    assert one.records
    assert two.records


def until(true: Callable[[], bool], within: float = 40.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


@on_both_clients
def test_lag_is_what_is_not_handled_yet(own: Any, member: Any) -> None:
    publish(own, 1, 2, 3)
    seen = Seen()
    consumer = member(seen)
    run(consumer, lambda: len(seen.records) == 3)
    assert consumer.lag() == 0
    publish(own, 4, 5)
    assert consumer.lag() == 2
    assert WEBINARS not in {topic for topic, _ in consumer.positions()}
