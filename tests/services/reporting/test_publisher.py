"""The quota topic: versions only grow, nothing is said twice, strangers are answered."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.reporting.domain.publishing import Said, Values
from services.reporting.domain.quota import Cell, Counts
from services.reporting.handlers import SOURCES
from services.reporting.publisher import QuotaPublisher, event_of, key_of
from services.reporting.stores import Change, CounterStore, Mark
from services.reporting.tail import log_ends
from shared.provision import configs_of, provision
from shared.publish import KafkaPublisher, Outgoing
from shared.topics import QUOTAS
from shared.views import connect
from tests.services.reporting.world import (
    AT,
    enrolled,
    last_said,
    programme,
    publish,
    quota_records,
    shelved,
    versions_grow,
)
from tests.support.wait import until

JAMBI, KOTA_JAMBI = Cell(2026, "15", "asn"), Cell(2026, "15.72", "asn")
QUIET = 2.5
"""Seconds in which a publisher that had something to say would have said it."""


@pytest.fixture
def own(settings: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    """Settings with topics of this test alone, and a quota for Jambi."""
    made = settings(topic_prefix=f"p{abs(hash(request.node.name)) % 10**8}.")
    provision(made)
    publish(made, [programme(asn_15=20)])
    return made


@pytest.fixture
def store(own: Any) -> CounterStore:
    """The counters of this test."""
    return CounterStore(own, connect(own))


class Speaker:
    """One publisher in a thread."""

    def __init__(self, settings: Any) -> None:
        self._stop, self._producer = threading.Event(), KafkaPublisher(settings)
        store = CounterStore(settings, connect(settings))
        self.publisher = QuotaPublisher(settings, store, self._producer)
        self._thread = threading.Thread(target=self.publisher.run, args=(self._stop,))
        self._thread.start()

    def __enter__(self) -> "Speaker":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._producer.close()


def count(store: CounterStore, **positions: int) -> None:
    """Set the counters by hand; `registered` people in Jambi and its capital."""
    registered, mark = positions.pop("registered"), store.mark()
    change = Change(shelves=shelved({JAMBI: Counts(registered), KOTA_JAMBI: Counts(registered)}))
    reached = positions or {"a/0": mark.position("a/0") + 1}
    assert store.advance(mark, mark.moved(reached, ["2026|15"]), change)


def said(own: Any, cell: Cell = JAMBI) -> tuple[int, int, int | None] | None:
    """Version, registered and quota that the topic says of a cell."""
    event = last_said(own).get(cell)
    return event and (event.version, event.registered, event.quota)


def foreign(own: Any, cell: Cell, version: int, registered: int) -> None:
    """A record that the publisher did not write."""
    values = Values(None, Counts(registered))
    publish(own, [Outgoing(QUOTAS, key_of(cell), event_of(cell, Said(version, values), AT))])


def test_quotas_without_people_are_said_with_zeros_and_people_without_quotas_too(
    own: Any, store: CounterStore
) -> None:
    with Speaker(own):
        until(lambda: said(own) == (1, 0, 20))
        count(store, registered=3)
        until(lambda: said(own) == (2, 3, 20))
        until(lambda: said(own, KOTA_JAMBI) == (1, 3, None))
    levels = {cell: event.level for cell, event in last_said(own).items()}
    assert levels == {JAMBI: "province", KOTA_JAMBI: "regency"}


def test_a_restart_says_nothing_again_and_goes_on_from_the_last_version(
    own: Any, store: CounterStore
) -> None:
    count(store, registered=3)
    with Speaker(own):
        until(lambda: said(own) == (1, 3, 20))
    before = len(quota_records(own))
    with Speaker(own):
        threading.Event().wait(QUIET)
        assert len(quota_records(own)) == before
        count(store, registered=4)
        until(lambda: said(own) == (2, 4, 20))
    assert versions_grow(quota_records(own))


def test_a_changed_quota_alone_is_a_new_version(own: Any, store: CounterStore) -> None:
    count(store, registered=3)
    with Speaker(own):
        until(lambda: said(own) == (1, 3, 20))
        publish(own, [programme(version=2, asn_15=25)])
        until(lambda: said(own) == (2, 3, 25))
        publish(own, [programme(version=3)])
        until(lambda: said(own) == (3, 3, None))


def test_two_publishers_share_the_cells_and_never_say_one_twice(
    own: Any, store: CounterStore
) -> None:
    with Speaker(own), Speaker(own):
        for registered in range(1, 6):
            count(store, registered=registered)
            until(lambda now=registered: (said(own) or (0, 0))[1] == now)
    events = quota_records(own)
    assert versions_grow(events)
    assert [e.registered for e in events if e.region_code == "15"][-5:] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("version", [1, 5])
def test_a_strangers_word_is_answered_by_a_higher_version_with_the_truth(
    own: Any, store: CounterStore, version: int
) -> None:
    count(store, registered=3)
    with Speaker(own):
        until(lambda: said(own) == (1, 3, 20))
        foreign(own, JAMBI, version, registered=99)
        until(lambda: said(own) == (version + 1, 3, 20))
        threading.Event().wait(QUIET)
    assert said(own) == (version + 1, 3, 20)


def test_a_tombstone_on_a_cell_is_answered_too(own: Any, store: CounterStore) -> None:
    with Speaker(own):
        until(lambda: said(own) == (1, 0, 20))
        publish(own, [Outgoing(QUOTAS, key_of(JAMBI), None)])
        until(lambda: [e.version for e in quota_records_of(own)] == [1, 2])


def quota_records_of(own: Any) -> list[Any]:
    """The records that are no tombstones."""
    from shared.records import parse
    from tests.support.witness import read_all

    return [
        parse(QUOTAS, r.headers, r.value)
        for r in read_all(own, own.topic(QUOTAS))
        if r.value is not None
    ]


def test_it_is_silent_until_the_counters_have_reached_the_ends_of_the_logs(
    own: Any, store: CounterStore
) -> None:
    publish(own, [enrolled(0, n) for n in range(30)])
    ends = log_ends(own, SOURCES)
    with Speaker(own):
        half = {source: end // 2 for source, end in ends.items()}
        assert store.advance(Mark(), Mark().moved(half, ["2026|15"]),
                             Change(shelves=shelved({JAMBI: Counts(15)})))  # fmt: skip
        threading.Event().wait(QUIET)
        assert quota_records(own) == []
        mark = store.mark()
        assert store.advance(mark, mark.moved(ends), Change(shelves=shelved({JAMBI: Counts(30)})))
        until(lambda: said(own) == (1, 30, 20))


def test_the_past_of_a_cell_is_compacted_away_before_it_is_long(own: Any) -> None:
    assert int(configs_of(QUOTAS, own)["segment.bytes"]) <= 16 * 1024 * 1024


def test_it_is_silent_while_lost_counters_are_rebuilt(own: Any, store: CounterStore) -> None:
    count(store, registered=3, **{"a/0": 10})
    with Speaker(own):
        until(lambda: said(own) == (1, 3, 20))
        store.drop()
        count(store, registered=1, **{"a/0": 5})
        threading.Event().wait(QUIET)
        assert said(own) == (1, 3, 20)
        count(store, registered=4, **{"a/0": 11})
        until(lambda: said(own) == (2, 4, 20))
