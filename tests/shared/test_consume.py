"""The batch consumer on a real broker: succeed, retry, or dead-letter; there is no fourth way."""

import secrets
import threading
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.consume import BatchConsumer, NotYet, gathers
from shared.events.attendance import EligibilityDecidedV1
from shared.topics import DECISIONS, WEBINARS
from tests.support.consuming import (
    Seen,
    done,
    graves,
    on_both_clients,
    publish,
    run,
)
from tests.support.wait import until
from tests.support.witness import make_topics


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


@on_both_clients
def test_a_topic_that_the_broker_hears_of_after_the_member_joined_is_taken_up(
    settings: Any, client: Any
) -> None:
    own, seen = settings(topic_prefix=f"t{secrets.token_hex(4)}."), Seen()
    consumer = BatchConsumer(own, group="g", topics=[DECISIONS], handle=seen, client=client)
    for _ in range(20):
        consumer.step(0.1)
    make_topics(own, (DECISIONS,))
    publish(own, 1)
    run(consumer, lambda: bool(seen.records))
    consumer.close()


def test_a_member_of_kafka_python_knows_its_topics_before_it_joins(own: Any, member: Any) -> None:
    """One that leads its group without knowing them assigns nothing, and may hang."""
    client = member(Seen())._consumer
    assert client._cluster.partitions_for_topic(own.topic(DECISIONS)) == {*range(own.partitions)}


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


@pytest.mark.parametrize(
    ("found", "seconds"), [(1, 0.1), (49, 0.1), (50, 0.3), (249, 0.3), (250, 0)]
)
def test_a_stream_gathers_longer_and_a_full_batch_not_at_all(found: int, seconds: float) -> None:
    assert gathers(found, 1_000, 0.1) == pytest.approx(seconds)
