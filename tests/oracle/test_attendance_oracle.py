"""The brute force against examples that were worked out by hand from the rules' text."""

from typing import Any

import pytest

from tests.oracle import attendance_oracle as oracle
from tests.oracle.zoom_facts import instant

T0 = instant("2026-02-02T02:00:00Z")
ALL_CLOCKS = {("s1", "grace"), ("s1", "retry_window"), ("s2", "grace"), ("s2", "retry_window")}


def iso(second: int) -> str:
    minutes, seconds = divmod(T0 + second, 60)
    return f"2026-02-02T{minutes // 60 % 24:02d}:{minutes % 60:02d}:{seconds:02d}Z"


def webinar(**changes: Any) -> dict[str, Any]:
    """One session of 1,000 s from second 0, on one number."""
    session = {"id": "s1", "start": iso(0), "end": iso(1000), "zoom": {"number": "9"}}
    return {"sessions": [session], "rule": {"minimum_share": 8000}, **changes}


def life(name: str, at: int, uuid: str = "u1", **more: Any) -> dict[str, Any]:
    time = "start_time" if name == "started" else "end_time"
    thing = {"uuid": uuid, "id": "9", "host_id": "h", time: iso(at), **more}
    return {"event": f"webinar.{name}", "event_ts": 0, "payload": {"object": thing}}


def seen(kind: str, at: int, user: str = "1", **more: Any) -> dict[str, Any]:
    person = {"user_id": user, "participant_uuid": "c1", "registrant_id": "rA", "email": ""}
    person |= {("join_time" if kind == "joined" else "leave_time"): iso(at)}
    uuid = more.pop("uuid", "u1")
    thing = {"uuid": uuid, "id": 9, "host_id": "h", "participant": person | more}
    return {
        "event": f"meeting.participant_{kind}",
        "event_ts": (T0 + at) * 1000,
        "payload": {"object": thing},
    }


def joined(at: int, user: str = "1", **more: Any) -> dict[str, Any]:
    return seen("joined", at, user, **more)


def left(at: int, user: str = "1", **more: Any) -> dict[str, Any]:
    return seen("left", at, user, **more)


def enrolled(name: str, **more: Any) -> dict[str, Any]:
    link = {"zoom_number": "9", "registrant_id": f"r{name}"}
    return {"participant_id": name, "email": f"{name}@x.example", "links": [link], **more}


MEETING = [life("started", -60), life("ended", 1000)]


def decide(*events: dict[str, Any], lives: Any = MEETING, **options: Any) -> oracle.Outcome:
    options = {"clocks": ALL_CLOCKS, "webinar": webinar(), **options}
    people = options.pop("people", [enrolled("A"), enrolled("B")])
    return oracle.find(enrolments=people, webhooks=[*lives, *events], **options).people["A"]


def test_the_line_is_reached_at_exactly_the_required_second() -> None:
    assert decide(joined(0), left(800)).verdict == "eligible"
    short = decide(joined(0), left(799))
    assert (short.verdict, short.present, short.required) == ("not_eligible", 799, 800)


def test_time_outside_the_window_and_in_breaks_does_not_count() -> None:
    pause = webinar()
    pause["sessions"][0]["breaks"] = [{"start": iso(400), "end": iso(500)}]
    found = decide(joined(-50), left(1000), webinar=pause)
    assert (found.present, found.base, found.required) == (900, 900, 720)


def test_two_devices_at_once_count_once() -> None:
    other = {"participant_uuid": "c2", "user": "2"}
    assert decide(joined(0), left(500), joined(300, **other), left(600, **other)).present == 600


def test_a_room_move_in_the_same_second_is_no_absence_in_either_order() -> None:
    events = [joined(0), left(300), joined(300, "2"), left(900, "2")]
    assert decide(*events).present == decide(*reversed(events)).present == 900


def test_a_stale_leave_changes_nothing() -> None:
    assert decide(joined(0), joined(300, "2"), left(400, "1"), left(900, "2")).present == 900


def test_a_missing_leave_ends_with_the_meeting_and_counts_when_the_retries_are_over() -> None:
    waiting = decide(joined(100), clocks={("s1", "grace")})
    assert (waiting.verdict, waiting.provisional, waiting.present) == ("eligible", True, 900)
    assert decide(joined(100)).provisional is False


def test_without_an_end_a_missing_leave_lasts_to_the_official_end_or_the_next_start() -> None:
    assert decide(joined(100), lives=[life("started", -60)]).present == 900
    lives = [life("started", -60), life("started", 700, uuid="u2")]
    assert decide(joined(100), lives=lives).present == 600


def test_a_missing_join_is_inferred_and_needs_review_when_it_decides() -> None:
    found = decide(left(900))
    assert (found.verdict, found.present) == ("needs_review", 900)
    assert decide(left(900), lives=[life("ended", 1000)]).present == 0


def test_a_lost_join_of_a_room_move_opens_at_the_last_leave() -> None:
    assert decide(joined(0), left(300), left(900, "2")).present == 900


def test_host_down_leaves_the_base_and_short_meetings_do_not_end_it() -> None:
    lives = [
        life("started", -60),
        life("ended", 300),
        life("started", 320, uuid="u2"),
        life("ended", 360, uuid="u2"),
        life("started", 400, uuid="u3"),
        life("ended", 1000, uuid="u3"),
    ]
    found = decide(joined(0), left(300), lives=lives)
    assert (found.present, found.base) == (300, 900)
    assert decide(joined(0), lives=lives, webinar=webinar(host_down="include")).base == 1000


def test_a_base_under_half_of_the_window_is_for_the_organiser() -> None:
    lives = [life("started", -60), life("ended", 200), life("started", 800, uuid="u2")]
    assert decide(joined(0), lives=lives).verdict == "needs_review"


def test_a_rehearsal_is_void_and_no_end_when_the_meeting_goes_on() -> None:
    practice = life("ended", 200, practice_session=True)
    assert decide(joined(0), left(1000), lives=[*MEETING, practice]).present == 800
    alone = [life("started", -60), practice]
    assert decide(joined(0), left(250), lives=alone).present == 0


def test_in_the_hall_an_in_without_an_out_lasts_to_the_official_end() -> None:
    scan = {"participant_id": "A", "session_id": "s1", "kind": "in", "time": iso(-30)}
    assert decide(check_ins=[scan | {"scan_id": "1"}]).present == 1000
    out = scan | {"scan_id": "2", "kind": "out", "time": iso(700)}
    assert decide(check_ins=[out, scan | {"scan_id": "1"}]).present == 700
    assert decide(check_ins=[out]).verdict == "needs_review"


def test_the_email_resolves_in_any_case_if_it_is_one_persons_alone() -> None:
    event = joined(0, registrant_id="", email="A@X.example")
    assert decide(event).present == 1000
    people = [enrolled("A"), enrolled("B", email="a@x.example")]
    assert decide(event, people=people).present == 0


def test_an_identifier_in_any_event_of_the_connection_names_all_of_it() -> None:
    assert decide(joined(0, registrant_id=""), left(900)).present == 900


def test_a_phone_leg_is_its_app_legs_person() -> None:
    leg = {"user": "7", "participant_uuid": "c7", "registrant_id": ""}
    bind = joined(0)
    bind["event"] = "meeting.participant_bind"
    bind["payload"]["object"]["participant"] |= {"user_id": "7", "bind_user_id": "1"}
    events = [joined(0), left(10), joined(10, **leg), left(900, **leg)]
    assert decide(*events, bind).present == 900
    assert decide(*events).present == 10


def test_two_people_in_one_connection_are_a_case_and_nobodys_time() -> None:
    events = [*MEETING, joined(0), left(900, registrant_id="rB")]
    findings = oracle.find(webinar(), [enrolled("A"), enrolled("B")], events, (), ALL_CLOCKS)
    (case,) = findings.unresolved
    assert (case.seconds, case.candidates) == (900, frozenset("AB"))
    assert findings.people["A"].present == 0
    assert findings.people["A"].provisional  # rule D6: the case could make them eligible


def test_hosts_and_staff_are_not_parked() -> None:
    events = [*MEETING, joined(0, registrant_id="", id="h", participant_uuid="x")]
    events += [joined(0, "2", registrant_id="", email="S@x.example", participant_uuid="y")]
    staffed = webinar(staff=["s@x.example"])
    assert not oracle.find(staffed, [enrolled("A")], events, (), ALL_CLOCKS).unresolved
    assert len(oracle.find(webinar(), [enrolled("A")], events, (), ALL_CLOCKS).unresolved) == 1


def test_there_is_no_decision_before_the_grace_after_the_last_session() -> None:
    assert not oracle.find(webinar(), [enrolled("A")], MEETING).people


def test_a_cancelled_enrolment_is_not_eligible_and_a_certificate_makes_it_a_case() -> None:
    people = [enrolled("A", status="cancelled")]
    found = decide(joined(0), left(900), people=people)
    assert (found.verdict, found.reasons) == ("not_eligible", frozenset({"cancelled"}))
    certified = decide(joined(0), left(900), people=people, certified={"A"})
    assert certified.verdict == "needs_review"


@pytest.mark.parametrize(("late", "present"), [(100, 900), (101, 0)])
def test_who_joins_after_the_latest_join_gets_nothing(late: int, present: int) -> None:
    strict = webinar(rule={"latest_join": 100})
    assert decide(joined(late), left(1000), webinar=strict).present == present


def test_per_session_each_or_the_minimum_number_must_be_reached() -> None:
    two = webinar(rule={"scope": "each_session"})
    two["sessions"] += [{"id": "s2", "start": iso(2000), "end": iso(3000), "zoom": {"number": "9"}}]
    lives = [*MEETING, life("started", 1900, uuid="u2"), life("ended", 3000, uuid="u2")]
    events = [joined(0), left(1000), joined(2000, uuid="u2"), left(2500, uuid="u2")]
    found = decide(*events, lives=lives, webinar=two)
    assert (found.verdict, found.present, found.required) == ("not_eligible", 1500, 1600)
    two["rule"]["minimum_sessions"] = 1
    assert decide(*events, lives=lives, webinar=two).verdict == "eligible"


def test_waiting_rooms_and_breakout_rooms_are_no_evidence() -> None:
    events = []
    for name in ("joined_waiting_room", "joined_breakout_room", "jbh_joined"):
        event = joined(0, date_time=iso(0))
        event["event"] = f"meeting.participant_{name}"
        events.append(event)
    assert decide(*events).present == 0
