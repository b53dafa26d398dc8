"""When it was, and when it cannot have been: quirks as stories, see `quirks`."""

from tests.support.quirks import (
    ALL,
    AYU,
    AYU_IS,
    BUDI,
    BUDI_IS,
    DAY,
    HOUR,
    NOTHING,
    Came,
    Place,
    Story,
    Window,
    life,
    story,
    visit,
)
from tests.support.zoom_events import T0, iso, millis


@story()
def a_lost_join_after_a_move_is_opened_at_the_last_leave(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 500, 1000, 11, "c1", **AYU_IS)]
    events += [room.left(3600, "12", "c1")]
    return Story(events, {"ayu": Came("needs_review", 3100)})


@story()
def a_lost_first_join_is_opened_at_the_uuid_s_start(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), room.left(3600, "11", "c1", **AYU_IS)]
    return Story(events, {"ayu": Came("needs_review", HOUR)})


@story()
def a_leave_without_any_known_start_is_a_case(at: Place) -> Story:
    room = at.room()
    events = [room.ended(3660), room.left(3600, "11", "c1", **AYU_IS)]
    return Story(events, {"ayu": Came("not_eligible", 0, provisional=True)}, cases=1)


@story()
def a_leave_after_the_end_is_cut(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 2500), *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    return Story(events, {"ayu": Came("not_eligible", 2500)})


@story()
def a_reason_for_leaving_says_nothing(at: Place) -> Story:
    room = at.room()
    reason = "Ayu left the meeting. Reason : left the meeting to join breakout room"
    events = [*life(room, -600, 3660), room.joined(0, "11", "c1", **AYU_IS)]
    events += [room.left(1000, "11", "c1", leave_reason=reason)]
    return Story(events, {"ayu": Came("not_eligible", 1000)})


@story()
def a_time_that_is_missing_is_taken_from_the_event(at: Place) -> Story:
    room = at.room()
    joined, left = visit(room, 100, 3600, 11, "c1", **AYU_IS)
    del joined["payload"]["object"]["participant"]["join_time"]
    left["payload"]["object"]["participant"]["leave_time"] = ""
    return Story([*life(room, -600, 3660), joined, left], {"ayu": Came("eligible", 3500)})


@story()
def fractions_of_a_second_are_cut(at: Place) -> Story:
    room = at.room()
    return Story([*life(room, -600, 3660), *visit(room, 100.9, 3500.9, 11, "c1", **AYU_IS)],
                 {"ayu": Came("eligible", 3400)})  # fmt: skip


@story()
def one_event_comes_from_two_subscriptions(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    again = [
        {**dict(reversed(body.items())), "event_ts": body["event_ts"] + 999} for body in events
    ]
    return Story([*events, *again, *events], {"ayu": ALL})


@story()
def a_visit_of_0_s_is_no_presence(at: Place) -> Story:
    room = at.room()
    return Story([*life(room, -600, 3660), *visit(room, 1000, 1000, 11, "c1", **AYU_IS)],
                 {"ayu": NOTHING})  # fmt: skip


@story()
def a_recurring_meeting_has_a_uuid_a_day(at: Place) -> Story:
    one, two = at.room(), at.room()
    events = [*life(one, -600, 3660), *life(two, DAY - 600, DAY + 3660)]
    events += visit(one, 0, 3600, 11, "c1", **AYU_IS) + visit(one, 0, 3600, 12, "c2", **BUDI_IS)
    events += visit(two, DAY, DAY + 3600, 11, "c1", **AYU_IS)  # the same ids in another uuid
    expected = {"ayu": Came("eligible", 7200, 7200), "budi": Came("not_eligible", 3600, 7200)}
    return Story(events, expected, (AYU, BUDI), (Window(), Window(DAY, DAY + HOUR)))


@story()
def breaks_count_for_nobody(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 1200, 11, "c1", **AYU_IS)]
    events += visit(room, 1800, 3600, 12, "c2", **AYU_IS) + visit(
        room, 1200, 3600, 13, "c3", **BUDI_IS
    )
    expected = {"ayu": Came("eligible", 3000, 3000), "budi": Came("not_eligible", 1800, 3000)}
    return Story(events, expected, (AYU, BUDI), (Window(breaks=((1200, 1800),)),))


@story()
def a_session_may_be_moved_after_it_began(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 5500), *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    events += visit(room, 1800, 5400, 12, "c2", **BUDI_IS)
    expected = {"ayu": Came("not_eligible", 1800), "budi": ALL}
    return Story(events, expected, (AYU, BUDI), moved=(Window(1800, 5400),))


@story()
def a_leave_before_its_join_closes_nothing(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3000), room.joined(1000, "11", "c1", **AYU_IS)]
    return Story([*events, room.left(500, "11", "c1")], {"ayu": Came("not_eligible", 2000)})


@story()
def a_leave_years_off_is_parked_and_the_end_closes(at: Place) -> Story:
    room = at.room()
    left = room.left(3600, "11", "c1", leave_time="1970-01-01T00:00:00Z")
    events = [*life(room, -600, 3660), room.joined(0, "11", "c1", **AYU_IS), left]
    return Story(events, {"ayu": ALL}, parked=1)


@story()
def a_join_years_off_is_parked_and_nobody_s_presence_rests_on_it(at: Place) -> Story:
    room = at.room()
    joined = room.joined(0, "11", "c1", join_time="1998-03-04T02:00:00Z", **AYU_IS)
    events = [*life(room, -600, 3660), joined, room.left(3600, "11", "c1", **AYU_IS)]
    return Story(events, {"ayu": Came("needs_review", HOUR)}, parked=1)


@story()
def what_a_clock_that_was_never_set_says_is_parked(at: Place) -> Story:
    room = at.room()
    joined = room.joined(-T0.timestamp(), "11", "c1", **AYU_IS)
    assert joined["event_ts"] < 100_000
    events = [*life(room, -600, 3660), joined, room.left(3600, "11", "c1", **AYU_IS)]
    return Story(events, {"ayu": Came("needs_review", HOUR)}, parked=1)


@story()
def a_start_and_an_end_years_off_are_parked_once(at: Place) -> Story:
    room = at.room()
    wrong = [room.event("ended", 3600, end_time="2099-01-01T00:00:00Z"),
             room.event("started", -600, start_time="0001-01-01T00:00:00Z")]  # fmt: skip
    events = [*life(room, -600, 3660), *wrong, *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    return Story(events, {"ayu": ALL}, parked=2)


@story()
def what_lies_years_in_the_future_is_parked(at: Place) -> Story:
    room, far = at.room(), 200 * 365 * DAY
    later = room.event("ended", far, end_time=iso(far))
    stray = room.joined(far, "12", "", **AYU_IS)
    assert later["event_ts"] == millis(far)
    events = [*life(room, -600, 3660), later, stray, *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    return Story(events, {"ayu": ALL}, parked=2)
