"""Rule L2 over a year: webinars whose clocks wait are left alone, and nothing is overlooked by that."""

from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from services.attendance.domain.clocks import due
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed, MeetingTimes
from services.attendance.knowledge import Knowledge
from services.attendance.meeting_book import MeetingBook
from shared.batch import frame
from shared.events.registration import WebinarSetV1
from shared.topics import WEBINARS
from tests.support.pipeline import Pipeline
from tests.support.words import HOUR, NUMBER, ROOM, T, W, webinar
from tests.support.zoom_events import Room, iso, raw

DAY, MINUTE = 86_400, 60
GRACE, RETRY, FROZEN = ClockKind.GRACE, ClockKind.RETRY_WINDOW, ClockKind.IDENTITY_FROZEN


def session(start: int, end: int, number: str = NUMBER) -> dict[str, Any]:
    return {"id": "s1", "start": iso(start), "end": iso(end), "zoom": {"number": number}}


class Asked(set[ClockPassed]):
    """The clocks that are told, and of which webinars it was asked whether they are."""

    def __init__(self) -> None:
        super().__init__()
        self.webinars: set[str] = set()

    def __contains__(self, clock: Any) -> bool:
        self.webinars.add(clock.webinar_id)
        return super().__contains__(clock)


class Year:
    """Three webinars of one Zoom number each, as a book of meetings looks at them."""

    def __init__(self) -> None:
        self.knowledge, self.book, self.told = Knowledge(1), MeetingBook(), Asked()
        for n in range(3):
            event = webinar(
                webinar_id=f"w{n}", sessions=[session(n * DAY, n * DAY + HOUR, f"9{n}")]
            )
            self.knowledge.apply(WEBINARS, event.webinar_id, event)

    def looked_at(self, now: int) -> set[str]:
        self.told.webinars.clear()
        self.told.update(self.book.clocks_due(self.knowledge, self.told, T + now))
        return self.told.webinars


def test_L2_a_webinar_is_looked_at_when_a_clock_is_due_and_not_each_second_of_the_year() -> None:
    year, everybody = Year(), {"w0", "w1", "w2"}
    assert year.looked_at(3 * DAY) == everybody
    assert {clock.kind for clock in year.told} == {GRACE, RETRY}
    assert not any(year.looked_at(3 * DAY + n) for n in range(1, 100))
    assert year.looked_at(HOUR + 27 * DAY) == {"w0"}
    assert not year.looked_at(HOUR + 27 * DAY + 1)
    assert year.looked_at(400 * DAY) == everybody
    assert not year.looked_at(4_000 * DAY)


def test_L2_or_when_something_is_heard_of_its_number_that_may_make_one_due_sooner() -> None:
    year = Year()
    year.looked_at(3 * DAY)
    ended = MeetingTimes("m1", "91", ended=T + DAY + HOUR)
    year.book.take(ended)
    assert year.looked_at(3 * DAY + 1) == {"w1"}
    year.book.take(ended)
    assert not year.looked_at(3 * DAY + 2)
    year.book.webinar_changed()
    assert len(year.looked_at(3 * DAY + 3)) == 3


class Stage:
    """One first stage; `at` is in seconds after the session's start."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(1)
        (self.stage,) = self.pipeline.stages

    def hear(self, body: dict[str, Any], at: int) -> None:
        self.pipeline._fold(0, frame(orjson.dumps({"received_ms": (T + at) * 1000}), raw(body)))

    def tick(self, at: int) -> list[ClockPassed]:
        before = set(self.stage._untold.clocks)
        self.stage.tick(float(T + at), at_end=True)
        return [clock for clock in self.stage._untold.clocks if clock not in before]

    def kinds(self, at: int) -> list[ClockKind]:
        return [clock.kind for clock in self.tick(at)]


def held(**more: Any) -> Stage:
    """A session was held, and a minute later its clocks were looked at."""
    one = Stage()
    one.pipeline.webinar(webinar(**more))
    one.hear(ROOM.started(-600), -600)
    one.hear(ROOM.ended(HOUR), HOUR + 20)
    assert one.kinds(HOUR + 60) == []
    return one


def test_L2_a_late_webhook_holds_up_a_clock_whose_instant_was_known() -> None:
    one = held()
    one.hear(ROOM.left(HOUR - 1, "1", "c1"), HOUR + 90)
    assert one.kinds(HOUR + 90 + 119) == []
    assert one.kinds(HOUR + 90 + 120) == [GRACE]
    one.hear(ROOM.ended(HOUR + 30), HOUR + 3_000)
    assert one.kinds(HOUR + 3_000 + 5_699) == []
    assert one.kinds(HOUR + 3_000 + 5_700) == [RETRY]


def test_L2_a_session_that_is_moved_to_an_earlier_time_has_its_new_clock_at_once() -> None:
    one = held()
    one.pipeline.webinar(webinar(version=2, sessions=[session(0, HOUR - 90)]))
    assert one.tick(HOUR + 140) == [ClockPassed(W, "s1", T + HOUR - 90, GRACE)]


def test_L2_so_has_one_that_is_moved_on_after_its_clocks_were_told() -> None:
    one = held()
    assert one.kinds(HOUR + 9_000) == [GRACE, RETRY]
    one.pipeline.flush()
    one.pipeline.webinar(webinar(version=2, sessions=[session(0, 2 * HOUR)]))
    assert {clock.official_end for clock in one.tick(HOUR + 9_001)} == {T + 2 * HOUR}


def test_L2_a_shorter_grace_is_over_sooner() -> None:
    one = held(grace_seconds=600)
    one.pipeline.webinar(webinar(version=2, grace_seconds=45))
    assert one.kinds(HOUR + 65) == [GRACE]


def test_L2_a_meeting_that_turns_out_to_be_of_another_number_holds_nothing_up_any_more() -> None:
    one = held()
    one.hear(ROOM.left(HOUR - 1, "1", "c1"), HOUR + 100)
    assert one.kinds(HOUR + 130) == []
    one.hear(ROOM.event("started", -600, number="90", start_time=iso(-600)), HOUR + 140)
    assert one.kinds(HOUR + 140) == [GRACE]


ROOMS = [Room(uuid, number) for uuid, number in (("a", "91"), ("b", "91"), ("c", "92"))]
MINUTES = st.integers(0, 20).map(MINUTE.__mul__)
HEARD = st.tuples(
    st.sampled_from(ROOMS), st.sampled_from(("91", "", "90")), MINUTES,
    st.sampled_from(("started", "ended", "practice", "joined", "left")),
)  # fmt: skip
SET = st.builds(
    lambda name, start, length, number, grace, reported: {
        "webinar_id": name, "sessions": [session(start, start + length + MINUTE, number)],
        "grace_seconds": grace, "retry_window_seconds": 300, "reconciliation": reported,
        "report_deadline_seconds": 200,
    },
    st.sampled_from(("w1", "w2")), MINUTES, MINUTES, st.sampled_from(("91", "92")),
    st.sampled_from((0, 50, 400)), st.booleans(),
)  # fmt: skip
PASSES = st.sampled_from((1, 30, 60, 60, 120, 400, 27 * DAY))


def event_of(room: Room, number: str, at: int, kind: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "started": lambda: room.started(at), "ended": lambda: room.ended(at),
        "practice": lambda: room.ended(at, practice=True),
        "joined": lambda: room.joined(at, "1", "c1", email="a@contoh.example"),
        "left": lambda: room.left(at, "1", "c1"),
    }[kind]()  # fmt: skip
    if number != "91":
        said["payload"]["object"]["id"] = number or room.number
    return said


def everything_looked_at(one: Stage, at: int) -> Iterator[ClockPassed]:
    book, knowledge = one.stage._meetings, one.pipeline.knowledge
    known = {*one.stage._untold.clocks_told, *one.stage._untold.clocks}
    for each in knowledge.webinars.values():
        numbers = {s.number for s in each.sessions if s.number}
        meetings = [m for m in book.of.values() if m.number in numbers]
        others = [s for n in numbers for s in knowledge.sessions_of(n, each.id)]
        yield from due(each, meetings, known, T + at, book._arrivals, others)[0]


@settings(max_examples=300)
@given(SET, st.lists(st.one_of(HEARD, HEARD, HEARD, PASSES, PASSES, SET), max_size=40))
def test_L2_the_clocks_are_those_that_a_look_at_everything_each_second_finds(
    first: dict[str, Any], story: list[Any]
) -> None:
    one, now = Stage(), 0
    for version, said in enumerate([first, *story], 1):
        if isinstance(said, int):
            now += said
        elif isinstance(said, dict):
            event: WebinarSetV1 = webinar(version=version, **said)
            one.pipeline.hear(WEBINARS, event.webinar_id, event)
        else:
            one.hear(event_of(*said), max(now, said[2]))
        expected = set(everything_looked_at(one, now))
        assert set(one.tick(now)) == expected
        if version % 3 == 0:
            one.pipeline.flush()
