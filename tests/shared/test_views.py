"""Views on a real broker and store: exact, rebuilt when lost, and not ready before they are whole."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from redis.client import Pipeline

from shared.events import Event
from shared.events.attendance import EligibilityDecidedV1
from shared.examples import example
from shared.projector import Projector
from shared.publish import KafkaPublisher, Outgoing
from shared.records import Record
from shared.topics import DECISIONS, WEBINARS
from shared.views import LostView, View, connect
from shared.writes import Writes
from tests.support.wait import until
from tests.support.witness import fresh_topics, write

DECIDED = example(EligibilityDecidedV1.type)


@pytest.fixture
def own(settings: Any) -> Any:
    return fresh_topics(settings, (DECISIONS, WEBINARS))


@pytest.fixture
def view(own: Any) -> Iterator[View]:
    with connect(own) as client:
        client.flushdb()
        yield View(own, "test", client)


def projection(view: View) -> Callable[[Writes, Record], None]:
    def write(pipe: Writes, record: Record) -> None:
        if record.event is None:
            pipe.hdel(view.key("versions"), record.key)
        else:
            pipe.hset(view.key("versions"), record.key, record.event.version)

    return write


@contextmanager
def running(own: Any, view: View, members: int = 1) -> Iterator[list[Projector]]:
    """Projectors in threads, as processes would run them."""
    stop = threading.Event()
    made = [Projector(own, view, (DECISIONS, WEBINARS), projection(view)) for _ in range(members)]
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
        for each in made:
            each.consumer.close()


def publish(own: Any, versions: Mapping[str, int | None]) -> None:
    """A decision of that version for each key; None is a tombstone."""
    publisher = KafkaPublisher(own)
    publisher.publish([Outgoing(DECISIONS, key, decided(v)) for key, v in versions.items()])
    publisher.close()


def decided(version: int | None) -> Event | None:
    return None if version is None else DECIDED.model_copy(update={"version": version})


def shown(view: View) -> dict[str, int]:
    found: Any = view.client.hgetall(view.key("versions"))
    return {key.decode(): int(version) for key, version in found.items()}


def record(offset: int, version: int = 1, partition: int = 0) -> Record:
    event = DECIDED.model_copy(update={"version": version})
    return Record(DECISIONS, partition, offset, "w|p", event, 0, event.to_bytes(), ())


PEOPLE = {f"w|{n}": n for n in range(1, 31)}


def test_the_view_is_what_the_newest_record_of_each_key_says(own: Any, view: View) -> None:
    publish(own, PEOPLE)
    publish(own, {"w|1": 100})
    publish(own, {"w|2": None})
    with running(own, view):
        until(view.ready)
        until(lambda: "w|2" not in shown(view))
    expected = {**PEOPLE, "w|1": 100}
    del expected["w|2"]
    assert shown(view) == expected


def test_positions_are_where_the_log_ends_also_behind_dead_letters(own: Any, view: View) -> None:
    good = {"key": b"w|p", "value": DECIDED.to_bytes(), "partition": 1,
            "headers": [("ce_type", DECIDED.type.encode())]}  # fmt: skip
    write(own, own.topic(DECISIONS), good, {"key": b"k", "value": b"{", "partition": 1})
    with running(own, view):
        until(view.ready)
    assert view.position(DECISIONS, 1) == 2


def test_a_view_without_anything_to_show_is_ready(own: Any, view: View) -> None:
    with running(own, view):
        until(view.ready)
    assert shown(view) == {}


def test_a_second_projector_after_the_first_applies_only_what_is_new(own: Any, view: View) -> None:
    publish(own, PEOPLE)
    with running(own, view):
        until(view.ready)
    view.client.hset(view.key("versions"), "w|1", 77)  # a mark: applying again would undo it
    publish(own, {"w|31": 31})
    with running(own, view):
        until(lambda: "w|31" in shown(view))
    assert shown(view) == {**PEOPLE, "w|1": 77, "w|31": 31}


def test_a_writer_that_was_overtaken_changes_nothing_and_learns_it(view: View) -> None:
    write = projection(view)
    here = (DECISIONS.name, 0)
    assert view.advance([record(0, version=1)], write, {here: 0}) == {here: 1}
    assert view.advance([record(1, version=2)], write, {here: 1}) == {here: 2}
    beside = record(0, version=98)._replace(partition=1, key="w|q")
    for expected in (0, 1, 3):
        with pytest.raises(LostView, match="not at"):
            view.advance([beside, record(1, version=99)], write,
                         {here: expected, (DECISIONS.name, 1): 0})  # fmt: skip
    assert shown(view) == {"w|p": 2}
    assert view.stored(DECISIONS.name, 0) == 2


def test_a_writer_that_is_overtaken_in_the_very_moment_changes_nothing(view: View) -> None:
    """In whichever partition of the batch."""
    write, places = projection(view), [(DECISIONS.name, 0), (DECISIONS.name, 1)]
    batch = [record(0, version=99), record(0, version=99, partition=1)]
    for name, partition in places:
        view.client.flushdb()

        def overtaken(pipe: Writes, each: Record, moved: str = str(partition)) -> None:
            view.client.set(view.key("position", DECISIONS.name, moved), 5)
            write(pipe, each)

        with pytest.raises(LostView, match="another writer"):
            view.advance(batch, overtaken, dict.fromkeys(places, 0))
        assert shown(view) == {}
        assert view.stored(name, partition) == 5


def test_a_store_that_is_emptied_while_running_is_rebuilt_and_not_ready_before(
    own: Any, view: View
) -> None:
    publish(own, PEOPLE)
    with running(own, view):
        until(view.ready)
        view.client.flushdb()
        until(view.ready)
        assert shown(view) == PEOPLE


def test_a_store_that_is_emptied_under_traffic_ends_with_everything(own: Any, view: View) -> None:
    with running(own, view):
        for n in range(1, 31):
            publish(own, {f"w|{n}": n})
            if n % 10 == 0:
                view.client.flushdb()
        until(lambda: shown(view) == PEOPLE)
        until(view.ready)


def test_a_dropped_view_is_rebuilt_and_nothing_of_the_old_one_is_left(own: Any, view: View) -> None:
    publish(own, PEOPLE)
    with running(own, view):
        until(view.ready)
        view.client.set(view.key("left", "over"), "x")
        view.drop()
        assert not view.ready()
        until(view.ready)
        assert shown(view) == PEOPLE
        assert not view.client.exists(view.key("left", "over"))


def test_dropping_a_view_touches_no_other(own: Any, view: View) -> None:
    other = View(own, "test2", view.client)
    other.client.set(other.key("mine"), "x")
    view.client.set(view.key("mine"), "x")
    view.drop()
    assert other.client.exists(other.key("mine"))
    assert not view.client.exists(view.key("mine"))


def test_dropped_again_and_again_while_it_is_rebuilt_it_has_no_hole(own: Any, view: View) -> None:
    publish(own, PEOPLE)
    with running(own, view):
        until(view.ready)
        for n in range(6):
            view.drop()
            publish(own, {f"more|{n}": n})
        until(view.ready)
        assert shown(view) == {**PEOPLE, **{f"more|{n}": n for n in range(6)}}


def test_a_view_that_was_called_ready_while_it_was_dropped_is_not_ready_after(view: View) -> None:
    """A projector that sees the positions complete may say so in the middle of a drop."""
    ends = {(DECISIONS.name, 0): 1}
    view.advance([record(0)], projection(view), {(DECISIONS.name, 0): 0})
    assert view.mark_ready(ends)
    client, unlink = view.client, view.client.unlink

    def unlink_late(*keys: Any) -> Any:
        if not any(b":position:" in key for key in keys):
            assert view.mark_ready(ends)
        return unlink(*keys)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(client, "unlink", unlink_late)
        view.drop()
    assert not view.ready()
    assert not view.mark_ready(ends)


def test_a_view_whose_store_is_emptied_in_the_very_moment_is_not_called_ready(view: View) -> None:
    ends = {(DECISIONS.name, 0): 1}
    view.advance([record(0)], projection(view), {(DECISIONS.name, 0): 0})
    original = Pipeline.multi

    def emptied(pipe: Pipeline) -> None:
        view.client.flushdb()
        original(pipe)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Pipeline, "multi", emptied)
        assert not view.mark_ready(ends)
    assert not view.ready()


def test_a_view_is_ready_only_when_the_partitions_of_every_member_are_in(
    own: Any, view: View
) -> None:
    publish(own, PEOPLE)
    ends = {(t.name, p): 0 for t in (DECISIONS, WEBINARS) for p in range(own.partitions)}
    assert not view.mark_ready({**ends, (DECISIONS.name, 2): 1})
    with running(own, view, members=2):
        until(view.ready)
        assert shown(view) == PEOPLE


def test_a_store_that_is_away_is_waited_for(own: Any, view: View) -> None:
    publish(own, PEOPLE)
    with running(own, view) as (projector,):
        until(view.ready)
        away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
        there, view.client = view.client, away
        publish(own, {"w|31": 31})
        until(lambda: projector.consumer._astray)
        view.client = there
        until(lambda: "w|31" in shown(view))
    assert shown(view) == {**PEOPLE, "w|31": 31}
