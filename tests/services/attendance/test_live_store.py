"""Live counts in the store: partitions say theirs, the api adds them up, nobody's silence is hidden."""

import asyncio
import contextlib
import time
from typing import Any

import pytest

from services.attendance.live_store import MINUTES, STALE_SECONDS, LiveStore
from services.attendance.live_told import LiveTold
from shared.settings import Settings
from shared.views import connect
from tests.services.attendance.test_live import counted, filled
from tests.services.attendance.test_pipeline import WEBINAR

NOW = 1_800_000_003.4


@pytest.fixture
def store(settings: Any) -> LiveStore:
    made: Settings = settings(partitions=4)
    client = connect(made)
    client.flushdb()
    return LiveStore(made, client)


def test_partitions_are_added_up_and_overwritten(store: LiveStore) -> None:
    store.write({("w", 0): {"15": [3, 1, 2]}, ("w", 1): {"15": [1, 0, 1], "~": [2, 0, 2]}}, NOW)
    live = store.read("w", NOW)
    assert (live.total, live.counts["~"], live.minutes[-1]) == ([4, 1, 3], [2, 0, 2], 4)
    store.write({("w", 0): {}}, NOW + 1)
    assert store.read("w", NOW + 1).total == [1, 0, 1]


def test_of_whom_nobody_has_said_anything_it_is_zero(store: LiveStore) -> None:
    live = store.read("unknown", NOW)
    assert (live.total, live.stale, live.minutes) == ([0, 0, 0], False, [0] * (MINUTES + 1))


def test_a_partition_that_fell_silent_is_told(store: LiveStore) -> None:
    store.write({("w", 0): {"15": [1, 0, 1]}}, NOW)
    later = NOW + STALE_SECONDS + 2
    store.write({("w", 1): {"15": [1, 0, 1]}}, later)
    assert store.read("w", later).stale
    assert not store.read("w", NOW + 2).stale


def test_an_hour_is_kept_minute_by_minute_and_no_more(store: LiveStore) -> None:
    for minute in range(90):
        store.write({("w", 0): {"15": [minute, 0, minute]}}, NOW + 60 * minute)
    live = store.read("w", NOW + 60 * 89)
    assert live.minutes == list(range(29, 90))
    assert store._redis.hlen(store._minutes + "w") == MINUTES + 1


def test_a_worker_says_what_its_partitions_count(store: LiveStore) -> None:
    pipeline, stages = filled(75, "calm")
    session = pipeline.knowledge.webinars[WEBINAR].sessions[0]
    shift = int(time.time()) - session.start - 1_800
    moved = pipeline.knowledge.webinars[WEBINAR]._replace(sessions=tuple(
        s._replace(start=s.start + shift, end=s.end + shift, breaks=()) for s in
        pipeline.knowledge.webinars[WEBINAR].sessions))  # fmt: skip
    pipeline.knowledge.webinars[WEBINAR] = moved
    stages.flush()
    everybody = {who: s for s in stages.stages for who in s._everybody(WEBINAR)}
    for place, (person, stage) in enumerate(sorted(everybody.items())[:6]):
        stage._take("hadir.attendance.connection-seen.v1", {
            "webinar_id": WEBINAR, "participant_id": person[1], "connection_id": f"m|{place}",
            "meeting_uuid": "m", "zoom_number": session.number, "revision": [1, 1], "ip_tags": (),
            "role": "owner", "facts": [["j", "1", int(time.time()) - 60]], "candidates": (),
            "problem": None})  # fmt: skip

    async def for_a_moment() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(LiveTold(store).run(lambda: stages.stages), 0.6)

    asyncio.run(for_a_moment())
    assert store.read(WEBINAR).total == counted(stages) == [6, 0, 6]
