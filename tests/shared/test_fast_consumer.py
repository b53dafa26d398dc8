"""The consumer on aiokafka: through rebalances no record is passed over, and errors are the usual."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaError

from shared.consume import BatchConsumer
from shared.fast_consumer import FastConsumer
from shared.publish import KafkaPublisher, Outgoing
from shared.records import Record
from shared.topics import ENROLMENTS
from tests.services.reporting.world import enrolled
from tests.support.wait import until

RECORDS = 300


class Member:
    """A group member in a thread that keeps what it was handed."""

    def __init__(self, settings: Any, found: dict[tuple[int, int], int]) -> None:
        def keep(records: Sequence[Record]) -> None:
            time.sleep(0.01)
            for record in records:
                place = (record.partition, record.offset)
                found[place] = found.get(place, 0) + 1

        self.consumer = BatchConsumer(
            settings, group="fast", topics=[ENROLMENTS], handle=keep, max_records=7,
            client=FastConsumer,
        )  # fmt: skip
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.consumer.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        """Leave the group."""
        self._stop.set()
        self._thread.join()
        self.consumer.close()


def test_members_that_come_and_go_pass_over_no_record(provisioned: Any) -> None:
    found: dict[tuple[int, int], int] = {}
    publisher = KafkaPublisher(provisioned)
    members = [Member(provisioned, found)]
    members[0].consumer.ready.wait(30)
    for number in range(RECORDS):
        publisher.publish(
            [Outgoing(ENROLMENTS, enrolled(0, number).key, enrolled(0, number).event)]
        )
        if number in (60, 120):
            members.append(Member(provisioned, found))
        if number in (90, 200):
            members.pop(0).end()
    until(lambda: len(found) >= RECORDS)
    for member in members:
        member.end()
    publisher.close()
    for partition in range(provisioned.partitions):
        offsets = sorted(offset for p, offset in found if p == partition)
        assert offsets == list(range(len(offsets)))


def test_a_batch_whose_partitions_are_taken_away_meanwhile_is_not_committed(
    provisioned: Any,
) -> None:
    handled: list[Record] = []

    def taken_away(records: Sequence[Record]) -> None:
        handled.extend(records)
        client.settle(settled=False)  # as at the beginning of a rebalance

    consumer = BatchConsumer(provisioned, group="taken", topics=[ENROLMENTS], handle=taken_away,
                             client=FastConsumer)  # fmt: skip
    client: FastConsumer = consumer._consumer
    try:
        KafkaPublisher(provisioned).publish([Outgoing(ENROLMENTS, "k", enrolled(0, 1).event)])
        while not handled:
            assert consumer.step() == len(handled)
    finally:
        consumer.close()


def test_its_errors_are_those_of_the_client_that_it_stands_for(provisioned: Any) -> None:
    consumer = FastConsumer(
        bootstrap_servers=[provisioned.kafka], max_poll_records=1, group_id=None,
        enable_auto_commit=False,
    )  # fmt: skip
    try:
        with pytest.raises(KafkaError):
            consumer.position(TopicPartition("nobody", 0))
        consumer.seek(TopicPartition("nobody", 0), 5)  # what is not ours is not sought
        assert consumer.assignment() == set()
    finally:
        consumer.close()


def test_an_unreachable_broker_is_an_error_at_once(provisioned: Any) -> None:
    with pytest.raises(KafkaError):
        FastConsumer(bootstrap_servers=["127.0.0.1:1"], max_poll_records=1, group_id=None)
