"""What is folded while something is being written is told afterwards; what was told is not told again."""

from collections.abc import Iterable

from services.attendance.domain.connections import connection_id
from services.attendance.frames import items
from shared.keys import home_of
from tests.support.pipeline import HEADERS, Log, Pipeline
from tests.support.words import HOUR, ROOM, W, enrolment, webinar
from tests.support.zoom_events import raw


class Slow(Log):
    """A join arrives while its connection is being written for the first time."""

    def __init__(self, pipeline: Pipeline, late: bytes) -> None:
        super().__init__()
        self._pipeline, self._late = pipeline, late

    async def write(self, frames: Iterable[tuple[int, bytes]]) -> None:
        told = list(frames)
        await super().write(told)
        if any(b"|c1" in one for _, one in told) and self._late:
            late, self._late = self._late, b""
            self._pipeline.webhook(late)


def test_W3_a_phone_leg_hears_who_its_app_leg_is_though_that_was_learnt_during_a_write() -> None:
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    pipeline.enrol(enrolment("ani"))
    app, phone = "c1", next(
        f"c{n}" for n in range(2, 99)
        if home_of(connection_id(ROOM.uuid, f"c{n}", "").encode(), pipeline.partitions)
        != home_of(connection_id(ROOM.uuid, "c1", "").encode(), pipeline.partitions)
    )  # fmt: skip
    slow = Slow(pipeline, raw(ROOM.joined(0, "11", app, registrant_id="_ani")))
    for stage in pipeline.stages:
        stage._untold._legs = slow
    pipeline.legs = slow
    for event in (
        ROOM.left(600, "11", app),
        ROOM.joined(500, "21", phone, phone_number="62***01"),
        ROOM.left(HOUR, "21", phone),
        ROOM.bind(500, "21", "11"),
    ):
        pipeline.webhook(raw(event))
    pipeline.flush()
    pipeline.flush()
    assert pipeline.decisions()["ani"]["present_seconds"] == HOUR


def test_a_stray_that_comes_has_no_other_told_once_more() -> None:
    pipeline = Pipeline(1)
    pipeline.webinar(webinar())
    for user in "123":
        pipeline.webhook(raw(ROOM.joined(0, user, "")))
        pipeline.flush()
    told = [o.key for _, one in pipeline.log.frames for o in items(one, HEADERS) if "~" in o.key]
    assert sorted(told) == [f"{W}|~{connection_id(ROOM.uuid, '', user)}" for user in "123"]
