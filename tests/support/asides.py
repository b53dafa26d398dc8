"""Every event of Zoom's that is no evidence (rule F3), about somebody who was not there."""

from collections.abc import Iterator

from tests.support.quirks import AYU, Came, Place, Story, life, story
from tests.support.zoom_events import Body, Room

IS_AYU = {"registrant_id": "_ayu", "email": AYU.email}


def asides(room: Room) -> Iterator[Body]:
    """Those that both families have."""
    yield room.event("created", -90_000, number=int(room.number), operator="x")
    for what in ("created", "approved", "denied", "cancelled"):
        yield room.registration(what, -80_000, "_ayu", AYU.email)
    yield room.aside(
        "role_changed", 600, "11", "c1", old_role="attendee", new_role="host", **IS_AYU
    )


def waiting(room: Room) -> Iterator[Body]:
    """What only meetings have: waiting rooms, breakout rooms, joins before the host."""
    ayu = {"id": "", "user_name": "Ayu", "customer_key": "", "registrant_id": "_ayu"}
    yield room.event("participant_jbh_joined", -601, participant=ayu)
    yield room.event("participant_jbh_waiting", -700, participant=ayu)
    number = int(room.number)  # a number in this one
    yield room.event("participant_jbh_waiting_left", -650, number=number, participant=ayu)
    for n, name in enumerate(WAITING_ROOM):
        yield room.aside(name, n, "11", "c1", **IS_AYU)
    yield room.breakout("joined", 10, "11", "c1")
    yield room.breakout("left", 3500, "11", "c1")


WAITING_ROOM = ("joined_waiting_room", "admitted", "put_in_waiting_room", "left_waiting_room")
NOTHING = {"ayu": Came("not_eligible", 0)}


@story("webinar")
def a_webinar_s_asides_are_kept_and_are_no_presence(at: Place) -> Story:
    room = at.room()
    return Story([*life(room, -600, 3660), *asides(room)], NOTHING)


@story("meeting")
def a_meeting_s_asides_are_kept_and_are_no_presence(at: Place) -> Story:
    room = at.room()
    return Story([*life(room, -600, 3660), *asides(room), *waiting(room)], NOTHING)


def of_a3() -> set[str]:
    """Their names."""
    webinar, meeting = Room("u", "9", "webinar"), Room("u", "9", "meeting")
    bodies = [*asides(webinar), *asides(meeting), *waiting(meeting)]
    return {body["event"] for body in bodies}
