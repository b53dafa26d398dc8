"""Who it was, by what Zoom says of it: quirks as stories, see `quirks`."""

from tests.support.quirks import (
    ALL,
    AYU,
    AYU_IS,
    BUDI,
    NOTHING,
    Came,
    Place,
    Story,
    life,
    person,
    story,
    visit,
)
from tests.support.zoom_events import Body


@story()
def a_link_used_by_two_is_one_person_s_time_once(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 1800, 11, "c1", **AYU_IS)]
    elsewhere = {"public_ip": "198.51.100.9"}
    events += [room.joined(900, "12", "c2", **elsewhere, **AYU_IS)]
    events += [room.left(2400, "12", "c2", **elsewhere)]
    expected = {"ayu": Came("not_eligible", 2400), "budi": NOTHING}
    return Story(events, expected, (AYU, BUDI))


@story()
def an_address_names_who_has_no_registrant_id(at: Place) -> Story:
    room = at.room()
    who = {"email": "AYU@Contoh.Example", "registrant_id": "_another-webinars"}
    return Story([*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", **who)], {"ayu": ALL})


@story()
def an_address_of_two_names_nobody(at: Place) -> Story:
    room, shared = at.room(), "keluarga@contoh.example"
    people = (person("cici", email=shared), person("dedi", email=shared))
    maybe = Came("not_eligible", 0, provisional=True)
    events = [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", email=shared)]
    return Story(events, {"cici": maybe, "dedi": maybe}, people, cases=1)


@story()
def one_s_link_with_another_s_address_is_a_case(at: Place) -> Story:
    room, maybe = at.room(), Came("not_eligible", 0, provisional=True)
    who = {"registrant_id": "_ayu", "email": BUDI.email}
    events = [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", **who)]
    return Story(events, {"ayu": maybe, "budi": maybe}, (AYU, BUDI), cases=1)


@story()
def a_display_name_names_nobody(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660)]
    for n, name in enumerate(("DINAS_ayu", "_ayu", AYU.email)):
        events += visit(room, 0, 3600, 11 + n, f"c{n}", user_name=name, id=f"zid{n}")
    return Story(events, {"ayu": NOTHING}, cases=3)


@story()
def an_app_of_one_s_own_joins_by_customer_key(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", customer_key="k-ayu")]
    people = (person("ayu", customer_key="k-ayu"),)
    return Story(events, {"ayu": ALL}, people, over_http=False)


@story()
def hosts_and_guests_of_0_s_are_no_case(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "c1", **AYU_IS)]
    events += visit(room, -600, 3660, 12, "c2", id="h1", participant_user_id="h1")
    events += visit(room, 3601, 3660, 13, "c3", user_name="Tamu")
    return Story(events, {"ayu": ALL})


@story()
def ids_come_as_text_or_number(at: Place) -> Story:
    room = at.room()
    joined, left = room.joined(0, 11, "c1", **AYU_IS), room.left(3600, "11", "c1")
    joined["payload"]["object"]["id"] = int(room.number)
    return Story([*life(room, -600, 3660), joined, left], {"ayu": ALL})


@story()
def a_leave_may_name_its_connection_only_by_user_id(at: Place) -> Story:
    room, events = at.room(), list[Body]()
    joined, left = room.joined(0, "11", "c1", **AYU_IS), room.left(3600, "11", "")
    events += [*life(room, -600, 3660), joined, left]
    return Story(events, {"ayu": ALL})


@story()
def without_any_participant_uuid_the_user_id_is_the_connection(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 3600, 11, "", **AYU_IS)]
    for body in events[2:]:
        del body["payload"]["object"]["participant"]["participant_uuid"]
    return Story(events, {"ayu": ALL})


@story()
def fields_may_be_missing_or_null(at: Place) -> Story:
    room = at.room()
    joined, left = visit(room, 0, 3600, 11, "c1", **AYU_IS)
    who = joined["payload"]["object"]["participant"]
    for name in ("email", "id", "participant_user_id", "public_ip"):
        del who[name]
    left["payload"]["object"]["participant"] |= {"registrant_id": None, "email": None, "id": None}
    left["payload"]["object"] = {
        k: v for k, v in left["payload"]["object"].items() if k in ("uuid", "id", "participant")
    }
    return Story([*life(room, -600, 3660), joined, left], {"ayu": ALL})


@story()
def a_phone_leg_is_who_its_app_leg_is(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 600, 11, "c1", **AYU_IS)]
    events += [room.joined(500, "21", "c2", phone_number="62***01"), room.left(3600, "21", "c2")]
    events += [room.bind(500, "21", "11")]
    return Story(events, {"ayu": ALL})


@story()
def a_bind_may_name_its_legs_by_participant_uuid(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 600, 11, "c1", **AYU_IS)]
    events += [room.joined(500, "21", "c2", phone_number="62***01"),
               room.left(3600, "21", "c2", phone_number="62***01")]  # fmt: skip
    events += [
        room.bind(500, "21", "", "date_time", participant_uuid="c2", bind_participant_uuid="c1")
    ]
    return Story(events, {"ayu": ALL})


@story()
def a_phone_leg_of_an_app_leg_of_two_waits_with_it(at: Place) -> Story:
    """The join alone, which names no connection, would be somebody's. Both may have telephoned."""
    room, maybe = at.room(), Came("not_eligible", 0, provisional=True)
    events = [*life(room, -600, 3660), room.joined(0, "11", "", **AYU_IS)]
    events += [room.left(600, "11", "c1", registrant_id="_ayu", email=BUDI.email)]
    events += [room.joined(500, "21", "c2", phone_number="62***01"), room.left(3600, "21", "c2")]
    events += [room.bind(500, "21", "11")]
    return Story(events, {"ayu": maybe, "budi": maybe}, (AYU, BUDI), cases=2)


@story()
def a_phone_leg_is_who_its_app_leg_is_though_only_a_stray_join_says_who(at: Place) -> Story:
    room = at.room()
    events = [*life(room, -600, 3660), room.left(600, "11", "c1"), room.bind(500, "21", "11")]
    events += [room.joined(500, "21", "c2", phone_number="62***01"), room.left(3600, "21", "c2")]
    events += [room.joined(0, "11", "", **AYU_IS)]
    return Story(events, {"ayu": ALL})
