"""What a worker says of its progress: little where little changes, and all of it wherever it was lost."""

from collections.abc import Callable
from itertools import repeat
from typing import Any

import orjson
import pytest
import redis
from redis.client import Pipeline as Commands
from redis.exceptions import ConnectionError as Away

from services.attendance.awaited import Standings
from services.attendance.domain.codes import ClockKind
from services.attendance.frames import event_frame
from services.attendance.stores import WorkerProgress
from shared.events.reports import ReportAppliedV1
from shared.settings import Settings
from shared.views import connect
from tests.support.words import HOUR, NUMBER, ROOM, Line, line, stay, webinar
from tests.support.zoom_events import iso, raw

PLACES = ("0", "1")
ADDRESSES = dict.fromkeys(PLACES, "here:1")


class Worker:
    """One of those who write."""

    def __init__(self, settings: Settings, client: redis.Redis) -> None:
        self.progress, self.client = WorkerProgress(settings, client), client

    def write(self, **facts: int) -> None:
        states = {w: {p: orjson.dumps({"facts": n}) for p in PLACES} for w, n in facts.items()}
        self.progress.write({"events/0": 7}, states, ADDRESSES)

    def calls(self) -> int:
        """How often the store was told to write."""
        told: Any = self.client.info("commandstats")
        return int(told["cmdstat_hset"]["calls"])

    def reads(self, webinar: str) -> list[int]:
        return [state["facts"] for state in self.progress.read(webinar)[1]]


@pytest.fixture
def worker(settings: Callable[..., Any]) -> Worker:
    made: Settings = settings()
    client = connect(made)
    client.flushdb()
    worker = Worker(made, client)
    for _ in range(3):
        worker.write(still=1, other=1)
    return worker


def test_of_webinars_that_stand_still_nothing_is_written(worker: Worker) -> None:
    before = worker.calls()
    worker.write(still=1, other=1)
    always = worker.calls() - before
    worker.write(still=1, other=2)
    assert (always, worker.calls() - before) == (3, 3 + 4)
    assert (worker.reads("still"), worker.reads("other")) == ([1, 1], [2, 2])


def test_a_store_that_was_emptied_has_everything_again_with_the_second_write(
    worker: Worker,
) -> None:
    worker.client.flushdb()
    worker.write(still=1, other=1)
    worker.write(still=1, other=1)
    assert (worker.reads("still"), worker.reads("other")) == ([1, 1], [1, 1])
    assert worker.progress.read("still")[0] == {"events/0": 7}
    assert worker.progress.addresses() == {0: "here:1", 1: "here:1"}


def test_so_has_one_that_was_set_back_to_what_it_held_before(worker: Worker) -> None:
    keys: Any = worker.client.keys("*")
    kept: Any = {key: worker.client.dump(key) for key in keys}
    worker.write(still=1, other=2)
    for key, was in kept.items():
        worker.client.restore(key, 0, was, replace=True)
    assert worker.reads("other") == [1, 1]
    worker.write(still=1, other=2)
    worker.write(still=1, other=2)
    assert worker.reads("other") == [2, 2]


def test_what_a_worker_wrote_that_has_the_partitions_no_more_is_overwritten(
    worker: Worker, settings: Callable[..., Any]
) -> None:
    Worker(settings(), worker.client).write(still=9)
    worker.write(still=1, other=1)
    worker.write(still=1, other=1)
    assert worker.reads("still") == [1, 1]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_write_of_which_nobody_knows_what_came_of_it_is_done_again(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    execute = Commands.execute

    def breaks(self: Any, *how: Any) -> Any:
        if arrived:
            execute(self, *how)
        raise Away

    with monkeypatch.context() as broken:
        broken.setattr(Commands, "execute", breaks)
        with pytest.raises(Away):
            worker.write(still=1, other=2)
    worker.write(still=1, other=2)
    assert worker.reads("other") == [2, 2]


def test_a_worker_without_partitions_of_events_says_its_positions(worker: Worker) -> None:
    worker.progress.write({"webhooks/0": 3}, {}, {})
    assert worker.progress.read("still")[0] == {"events/0": 7, "webhooks/0": 3}


# --- what is said ---


def said_anew(one: Line) -> None:
    """What is said is what would be said if nothing of it were remembered."""
    for stage in one.stages.stages:
        waiting = stage._undecided.waiting()
        fresh = {
            webinar_id: Standings(stage.state).of(the_plan, waiting[webinar_id])
            for webinar_id, the_plan in stage.plans.items()
        }
        assert stage.progress() == fresh != {}


def test_a_webinar_that_stands_still_is_not_worked_out_anew() -> None:
    (stage, *_) = line(*stay("1", "c1", registrant_id="_ani")).stages.stages
    ((webinar_id, before),) = stage.progress().items()
    assert stage.progress()[webinar_id] is before


def reported(one: Line) -> None:
    body = {"meeting_uuid": ROOM.uuid, "zoom_number": NUMBER, "digest": "d", "confirmed": True,
            "source": 0, "sources": 1}  # fmt: skip
    told = event_frame(ReportAppliedV1.type, "t", ROOM.uuid, body, iso(0))
    one._fold((place, told) for place in range(one.stages.partitions))


def test_whatever_changes_how_far_a_webinar_is_is_said() -> None:
    one = line(*stay("1", "c1", until=1_800, registrant_id="_ani"), reconciliation=True)
    one._turns = repeat(False)  # a restart would work everything out anew
    longer = {"id": "s1", "start": iso(0), "end": iso(2 * HOUR), "zoom": {"number": NUMBER}}
    steps: list[Callable[[], None]] = [
        lambda: None,
        lambda: [one.pipeline.webhook(raw(e)) for e in stay("2", "c2")] and None,
        lambda: one.clock(ClockKind.REPORT_DEADLINE),
        lambda: reported(one),
        lambda: one.pipeline.webinar(webinar(version=2, sessions=[longer])),
    ]
    said = set()
    for step in steps:
        step()
        one.work()
        said_anew(one)
        said.add(tuple(stage.progress()[w] for stage in one.stages.stages for w in stage.plans))
    assert len(said) == len(steps)
