"""Gathering a connection's facts: rules F1, I1, W3."""

from itertools import permutations

from services.attendance.domain.connections import Known, context_of, seen
from services.attendance.domain.floating import Floating, bound_to
from services.attendance.domain.identity import Identifiers
from services.attendance.domain.webhook import Bound, Participant
from tests.services.attendance.domain.builders import NUMBER, T

BASE = Participant(
    "joined", "meeting", "m1", NUMBER, "host", "1", "p1", T, "", "", "", "", "", False, "", 0
)


def tag(value):
    return f"#{value.strip().lower()}" if value else ""


def event(**more):
    return seen(BASE._replace(**more), tag)


def known(*events, participant_uuid="p1", user_id=""):
    found = Known("m1", participant_uuid, user_id)
    for one in events:
        found.add(one)
    return found


def test_a_seen_event_holds_pseudonyms_only():
    found = event(email="Ani@X", customer_key="K", zoom_id="z", public_ip="203.0.113.7",
                  registrant_id="r1", host_id="z")  # fmt: skip
    assert found.identifiers == Identifiers(("r1",), ("#ani@x",), ("#k",), ("#z",), True)
    assert found.ip_tag == "#m1|203.0.113.7"
    assert (found.fact, found.phone) == (("j", "1", T), False)


def test_events_of_one_context_say_the_same_but_for_their_fact():
    same = {"kind": "left", "user_id": "2", "at": T + 9, "event_ts": 1}
    assert context_of(BASE._replace(**same)) == context_of(BASE)
    named = {
        "family",
        "meeting_uuid",
        "participant_uuid",
    }  # are the connection, or say nothing of it
    for field in {*BASE._fields} - same.keys() - named:
        more = True if field == "phone_number" else "other"
        assert context_of(BASE._replace(**{field: more})) != context_of(BASE), field


def test_an_ip_tag_is_of_its_meeting():
    assert event(public_ip="a").ip_tag != event(public_ip="a", meeting_uuid="m2").ip_tag


def test_nobody_is_the_host_of_a_meeting_without_a_host_id():
    assert not event(host_id="").identifiers.host


def test_F1_copies_add_up_in_any_order():
    copies = [
        event(),
        event(registrant_id="r1"),
        event(email="a@x", public_ip="ip"),
        event(kind="left", at=T + 9),
        event(registrant_id="r2", number=""),
    ]
    outcomes = set()
    for order in permutations(copies):
        found = known(*order, copies[0])
        outcomes.add((found.snapshot(), found.identifiers, found.revision))
    assert len(outcomes) == 1
    ((snapshot, identifiers, _),) = outcomes
    assert snapshot.facts == (("j", "1", T), ("l", "1", T + 9))
    assert identifiers.registrant_ids == ("r1", "r2")
    assert snapshot.number == NUMBER


def test_a_revision_grows_with_every_unit_and_never_otherwise():
    found = known()
    revisions = [found.revision]
    for one in (event(), event(registrant_id="r1"), event(email="a"), event(customer_key="k"),
                event(zoom_id="z"), event(public_ip="i"), event(phone_number=True),
                event(kind="left"), event(zoom_id="host")):  # fmt: skip
        assert found.add(one)
        assert not found.add(one)
        revisions.append(found.revision)
    assert revisions == sorted(set(revisions))


def test_merging_two_copies_of_a_connection_is_adding_all_events():
    first, second = (
        [event(), event(email="a")],
        [event(kind="left", at=T + 5), event(public_ip="i")],
    )
    one, other, whole = known(*first), known(*second), known(*first, *second)
    assert one.merge(other)
    assert not one.merge(other)
    assert (one.snapshot(), one.identifiers, one.revision) == (
        whole.snapshot(),
        whole.identifiers,
        whole.revision,
    )


def test_I1_a_connection_is_one_participant_uuid_within_one_meeting():
    assert known().key == "m1|p1"
    assert known(participant_uuid="", user_id="7").key == "m1|~7"


def test_I1_an_event_without_participant_uuid_is_of_the_connection_of_its_user_id():
    floating = Floating()
    assert floating.add(event(participant_uuid="", kind="left", at=T + 60))
    assert not floating.add(event(participant_uuid="", kind="left", at=T + 60))
    assert floating.add(event(participant_uuid="", kind="left", at=T + 60, user_id="2"))
    found = known(event())
    assert floating.adopt(found)
    assert not floating.adopt(found)
    assert found.snapshot().facts == (("j", "1", T), ("l", "1", T + 60))


def test_I1_floating_events_that_nobody_adopts_make_connections_of_their_own():
    floating = Floating()
    floating.add(event(participant_uuid=""))
    floating.add(event(participant_uuid="", kind="left", at=T + 60))
    floating.add(event(participant_uuid="", user_id="2"))
    assert sorted((leg.key, len(leg.facts)) for leg in floating.legs()) == [
        ("m1|~1", 2),
        ("m1|~2", 1),
    ]


def test_I1_a_phone_legs_events_find_each_other_by_the_uuid_that_one_of_them_names():
    floating = Floating()
    floating.add(event(participant_uuid="", phone_number=True, user_id="8", kind="left", at=T + 9))
    floating.add(event(participant_uuid="p8", phone_number=True, user_id="8"))
    (leg,) = floating.legs()
    assert (leg.key, len(leg.facts), leg.phone) == ("m1|p8", 2, True)


def bind(**more):
    given = {"user_id": "8", "bind_user_id": "1", "participant_uuid": "p8",
             "bind_participant_uuid": "p1"}  # fmt: skip
    return Bound("m1", NUMBER, **{**given, **more}, at=T)


PHONE = known(event(participant_uuid="p8", user_id="8", phone_number=True), participant_uuid="p8")


def test_W3_a_phone_leg_is_bound_to_the_other_side_whichever_it_is():
    turned = Bound("m1", NUMBER, "1", "8", "p1", "p8", T)
    assert bound_to(PHONE, [bind()]) == bound_to(PHONE, [turned]) == {("1", "p1")}


def test_W3_an_app_leg_is_bound_to_nobody():
    assert bound_to(known(event()), [bind()]) == frozenset()


def test_W3_where_no_join_tells_the_phone_the_first_side_is_it():
    quiet = known(event(participant_uuid="p8", user_id="8"), participant_uuid="p8")
    assert bound_to(quiet, [bind()]) == {("1", "p1")}


def test_W3_binds_of_others_and_of_other_meetings_say_nothing():
    assert bound_to(PHONE, [bind(participant_uuid="p9", user_id="9")]) == frozenset()
    assert bound_to(PHONE, [bind()._replace(meeting_uuid="m2")]) == frozenset()


def test_W3_a_bind_by_user_ids_alone_is_enough():
    by_user = bind(participant_uuid="", bind_participant_uuid="")
    assert bound_to(PHONE, [by_user]) == {("1", "")}
