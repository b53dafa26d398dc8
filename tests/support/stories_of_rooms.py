"""Meeting uuids and what happens in them: Zoom's quirks as stories, see `quirks`."""

from tests.support.quirks import (
    ALL,
    AYU,
    AYU_IS,
    BUDI,
    BUDI_IS,
    DAY,
    NOTHING,
    Came,
    Place,
    Story,
    life,
    story,
    visit,
)


@story()
def a_breakout_move_is_a_leave_and_a_join_of_one_second(at: Place) -> Story:
    room = at.room()
    moves = [
        room.joined(-60, "11", "c1", **AYU_IS), room.left(1000, "11", "c1"),
        room.joined(1000, "12", "c1", user_name="Ayu (gedung B)"), room.left(2000, "12", "c1"),
        room.joined(2000, "13", "c1", user_name="DINAS_Ayu"), room.left(3650, "13", "c1"),
        room.breakout("joined", 1000, "11", "c1"), room.breakout("left", 2000, "11", "c1"),
    ]  # fmt: skip
    return Story([*life(room, -600, 3660), *moves], {"ayu": ALL})


@story()
def a_reconnect_joins_before_the_old_leave(at: Place) -> Story:
    room = at.room()
    first, again = (
        visit(room, 0, 1591, 11, "c1", **AYU_IS),
        visit(room, 1500, 3600, 12, "c2", **AYU_IS),
    )
    return Story([*life(room, -600, 3660), *first, *again], {"ayu": ALL})


@story()
def a_leave_that_never_comes_is_closed_by_the_end(at: Place) -> Story:
    room = at.room()
    return Story([*life(room, -600, 3000), room.joined(0, "11", "c1", **AYU_IS)],
                 {"ayu": Came("eligible", 3000)})  # fmt: skip


@story()
def without_any_end_the_session_s_end_is_the_bound(at: Place) -> Story:
    room = at.room()
    return Story([room.started(-600), room.joined(100, "11", "c1", **AYU_IS)],
                 {"ayu": Came("eligible", 3500)})  # fmt: skip


@story()
def a_host_who_drops_comes_back_in_a_new_uuid(at: Place) -> Story:
    one, two = at.room(), at.room()
    events = [*life(one, -600, 1000), *life(two, 1300, 3660)]
    events += visit(one, 0, 1000, 11, "c1", **AYU_IS) + visit(two, 1310, 3600, 12, "c2", **AYU_IS)
    events += visit(two, 1310, 3600, 13, "c3", **BUDI_IS)
    expected = {"ayu": Came("eligible", 3290, 3300), "budi": Came("not_eligible", 2290, 3300)}
    return Story(events, expected, (AYU, BUDI))


@story()
def a_uuid_of_under_two_minutes_ends_no_gap(at: Place) -> Story:
    one, flap, two = at.room(), at.room(), at.room()
    events = [*life(one, -600, 1000), *life(flap, 1020, 1060), *life(two, 1300, 3660)]
    events += visit(one, 0, 1000, 11, "c1", **AYU_IS) + visit(flap, 1021, 1060, 12, "c2", **AYU_IS)
    events += visit(two, 1300, 3600, 13, "c3", **AYU_IS)
    return Story(events, {"ayu": Came("eligible", 3300, 3300)})


@story()
def a_host_gap_of_over_half_an_hour_asks(at: Place) -> Story:
    one, two = at.room(), at.room()
    events = [*life(one, -600, 500), *life(two, 3000, 3660)]
    events += visit(one, 0, 500, 11, "c1", **AYU_IS) + visit(two, 3000, 3600, 12, "c2", **AYU_IS)
    return Story(events, {"ayu": Came("needs_review", 1100)})


@story()
def a_late_click_opens_another_instance(at: Place) -> Story:
    room, stray = at.room(), at.room()
    events = [*life(room, -600, 3660), *life(stray, 4200, 4500)]
    events += visit(room, 0, 2880, 11, "c1", **AYU_IS) + visit(
        stray, 4210, 4400, 12, "c2", **AYU_IS
    )
    events += visit(stray, 4210, 4400, 13, "c3", **BUDI_IS)
    return Story(events, {"ayu": Came("eligible", 2880), "budi": NOTHING}, (AYU, BUDI))


@story()
def a_join_before_the_host_comes_before_the_start(at: Place) -> Story:
    room = at.room()
    early = room.event(
        "participant_jbh_joined", -600.3,
        participant={"id": "", "user_name": "Ayu", "customer_key": "", "registrant_id": "_ayu"},
    )  # fmt: skip
    return Story([early, *life(room, -600, 3660), *visit(room, -597.5, 3600, 11, "c1", **AYU_IS)],
                 {"ayu": ALL})  # fmt: skip


@story()
def an_instant_meeting_was_never_created_nor_started(at: Place) -> Story:
    room = at.room()
    return Story([*visit(room, 0, 3600, 11, "c1", **AYU_IS), room.ended(3660)], {"ayu": ALL})


@story()
def a_personal_number_holds_other_meetings_too(at: Place) -> Story:
    yesterday, today, tomorrow = at.room(), at.room(), at.room()
    events = [*life(yesterday, -DAY, 3600 - DAY), *life(today, -600, 3660)]
    events += [*life(tomorrow, DAY, DAY + 3600), *visit(today, 0, 3600, 11, "c1", **AYU_IS)]
    events += visit(yesterday, -DAY, 3600 - DAY, 12, "c2", **BUDI_IS)
    events += visit(tomorrow, DAY, DAY + 3600, 13, "c3", **BUDI_IS)
    return Story(events, {"ayu": ALL, "budi": NOTHING}, (AYU, BUDI))


@story("webinar")
def a_rehearsal_in_a_uuid_of_its_own_is_void(at: Place) -> Story:
    practice, room = at.room(-3000), at.room()
    events = [practice.started(-3000), practice.ended(-900, practice=True)]
    events += [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    events += [practice.joined(-2900, "12", "c2", **BUDI_IS)]  # and its leave is lost
    events += visit(practice, -2900, -890, 13, "c3", **AYU_IS)
    return Story(events, {"ayu": ALL, "budi": NOTHING}, (AYU, BUDI))


@story("webinar")
def a_rehearsal_may_go_on_as_the_webinar(at: Place) -> Story:
    room = at.room(-3000)
    events = [room.started(-3000), room.ended(-900, practice=True), room.started(-300)]
    events += [room.ended(3660, practice=False), *visit(room, -200, 3600, 11, "c1", **AYU_IS)]
    events += visit(room, -2900, 3600, 12, "c2", **BUDI_IS)
    return Story(events, {"ayu": ALL, "budi": ALL}, (AYU, BUDI))
