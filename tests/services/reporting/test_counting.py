"""The counters in the store: right after replays, losses, torn logs, rivals and poison."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.reporting.audit import audit
from services.reporting.counting import Counting
from services.reporting.domain.quota import Cell
from services.reporting.handlers import SOURCES
from services.reporting.stores import Change, CounterStore, Floor, Mark
from services.reporting.tail import log_ends
from shared.provision import provision
from shared.topics import DECISIONS, ENROLMENTS
from shared.views import connect
from tests.services.reporting.world import (
    Life,
    certified,
    decided,
    enrolled,
    publish,
    shelved,
)
from tests.support.wait import until
from tests.support.witness import read_all, write

JAMBI = Cell(2026, "15", "asn")


@pytest.fixture
def own(settings: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    """Settings with topics of this test alone."""
    made = settings(topic_prefix=f"c{abs(hash(request.node.name)) % 10**8}.")
    provision(made)
    return made


@pytest.fixture
def store(own: Any) -> CounterStore:
    """The counters of this test."""
    return CounterStore(own, connect(own))


class Member:
    """One counting worker in a thread."""

    def __init__(self, settings: Any, store: CounterStore) -> None:
        self.counting, self._stop = Counting(settings, store), threading.Event()
        self._thread = threading.Thread(target=self.counting.run, args=(self._stop,))
        self._thread.start()

    def __enter__(self) -> "Member":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.counting.consumer.close()


def counted(own: Any, store: CounterStore) -> dict[Any, Any]:
    """The cells, once the counters have reached the ends of the logs."""
    floor = Floor(log_ends(own, SOURCES))
    until(lambda: floor.reached(store.mark()))
    return {tuple(c): tuple(n) for c, n in store.all_cells()[1].items() if any(n)}


def test_cells_equal_brute_force_whatever_the_order(own: Any, store: CounterStore) -> None:
    life = Life(seed=1)
    publish(own, life.events)
    with Member(own, store):
        assert counted(own, store) == {c: tuple(n) for c, n in life.expected.items()}
    assert audit_counters(own) == []


def audit_counters(own: Any) -> list[Any]:
    """The audit without a publisher: only what concerns the counters."""
    return [d for d in audit(own, settle=1) if d.where != "published"]


def test_everything_twice_and_a_second_life_after_a_restart(own: Any, store: CounterStore) -> None:
    life = Life(seed=2)
    publish(own, life.events)
    with Member(own, store):
        counted(own, store)
    publish(own, life.events)
    with Member(own, store):
        assert counted(own, store) == {c: tuple(n) for c, n in life.expected.items()}


def test_an_emptied_store_is_noticed_while_nothing_arrives_and_rebuilt(
    own: Any, store: CounterStore
) -> None:
    publish(own, [enrolled(0, 1), decided(0, 1), certified(0, 1)])
    with Member(own, store):
        before = counted(own, store)
        store.client.flushdb()
        assert counted(own, store) == before == {JAMBI: (1, 1, 1, 1)}


def test_a_store_that_fell_back_to_an_older_copy_is_caught_up(
    own: Any, store: CounterStore
) -> None:
    publish(own, [enrolled(0, n) for n in range(20)])
    with Member(own, store):
        counted(own, store)
        older = store.client.dump(store.key)
        publish(own, [decided(0, n) for n in range(20)])
        assert counted(own, store)[JAMBI] == (20, 20, 20, 0)
        store.client.restore(store.key, 0, older, replace=True)
        publish(own, [certified(0, n) for n in range(20)])
        assert counted(own, store)[JAMBI] == (20, 20, 20, 20)


def test_a_writer_that_built_on_an_older_mark_changes_nothing(
    own: Any, store: CounterStore
) -> None:
    publish(own, [enrolled(0, 1)])
    seen = store.mark()
    with Member(own, store):
        counted(own, store)
    now = store.mark()
    zombie = seen.moved({"registration.enrolments.v1/0": 99})
    assert not store.advance(seen, zombie, Change())
    assert store.mark() == now


def test_shelves_are_remembered_for_the_mark_that_they_were_written_with_alone(
    own: Any, store: CounterStore
) -> None:
    other, shelf = CounterStore(own, connect(own)), "2026|15"
    assert store.advance(Mark(), Mark().moved({"a/0": 1}, [shelf]), Change(shelves={shelf: {"15|asn": (1, 0, 0, 0)}}))  # fmt: skip
    mine = store.mark()
    assert store.shelves(mine, [shelf]) == {shelf: {"15|asn": (1, 0, 0, 0)}}
    assert other.advance(mine, mine.moved({"a/0": 2}), Change(shelves={shelf: {"15|asn": (2, 0, 0, 0)}}))  # fmt: skip
    assert store.shelves(store.mark(), [shelf]) == {shelf: {"15|asn": [2, 0, 0, 0]}}
    assert not store.advance(mine, mine.moved({"a/0": 3}), Change())
    assert store.shelves(store.mark(), [shelf]) == {shelf: {"15|asn": [2, 0, 0, 0]}}


def test_a_rebuilt_hash_at_the_same_positions_is_not_mistaken_for_the_lost_one(
    store: CounterStore,
) -> None:
    lost = Mark().moved({"a/0": 5})
    rebuilt = Mark().moved({"a/0": 5})
    assert store.advance(Mark(), rebuilt, Change())
    assert not store.advance(lost, lost.moved({"a/0": 6}), Change())


def test_two_workers_on_the_same_partitions_count_everybody_once(
    own: Any, store: CounterStore
) -> None:
    life = Life(seed=3, people=150)
    with Member(own, store), Member(own, CounterStore(own, connect(own))):
        for start in range(0, len(life.events), 50):
            publish(own, life.events[start : start + 50])
        assert counted(own, store) == {c: tuple(n) for c, n in life.expected.items()}


def test_poison_is_set_aside_and_the_positions_reach_the_end_of_the_log(
    own: Any, store: CounterStore
) -> None:
    publish(own, [enrolled(0, 1)])
    key, kind = b"no-uuid|at-all", [("ce_type", b"hadir.registration.enrolled.v1")]
    garbage = {"key": key, "value": b"{", "headers": kind}
    write(own, own.topic(ENROLMENTS), garbage, {**garbage, "headers": []}, {"key": key})
    publish(own, [enrolled(0, 2, region="99.99.99")])
    with Member(own, store):
        assert counted(own, store) == {JAMBI: (1, 0, 0, 0)}
    assert len(read_all(own, own.dead_letters(ENROLMENTS))) == 4


def test_a_tombstone_takes_back_what_its_topic_said(own: Any, store: CounterStore) -> None:
    publish(own, [enrolled(0, 1), decided(0, 1)])
    with Member(own, store):
        assert counted(own, store)[JAMBI] == (1, 1, 1, 0)
        publish(own, [decided(0, 1)._replace(event=None)])
        assert counted(own, store)[JAMBI] == (1, 0, 0, 0)
    assert own.topic(DECISIONS)
    assert audit_counters(own) == []


def test_the_audit_finds_a_counter_that_was_tampered_with(own: Any, store: CounterStore) -> None:
    publish(own, [enrolled(0, 1)])
    with Member(own, store):
        counted(own, store)
    mark, cells = store.all_cells()
    tampered = {cell: counts.plus(counts) for cell, counts in cells.items()}
    assert store.advance(mark, mark, Change(shelves=shelved(tampered)))
    (difference,) = audit_counters(own)
    assert (difference.where, difference.what) == ("counter", "2026|15|asn")
    assert (difference.found.registered, difference.expected.registered) == (2, 1)


def test_the_audit_says_when_nobody_counts(own: Any) -> None:
    publish(own, [enrolled(0, 1)])
    assert {d.where for d in audit(own, settle=0.5)} == {"behind"}
