"""Zoom's deliveries in their real shapes."""

import hmac

import orjson
import pytest

from services.attendance.domain.routing import EVERY, One, route, routing
from services.attendance.domain.signature import SignatureProblem, crc_answer, verify
from services.attendance.domain.webhook import (
    Bound,
    Lifecycle,
    Malformed,
    Other,
    Participant,
    parse,
)

SECRET = b"zoom-demo-secret-1"
NOW = 1_769_997_604
BODY = orjson.dumps({"event": "webinar.started", "topic": "Pelatihan – Jambi ✓"})


def signed(secret=SECRET, at=NOW, body=BODY):
    stamp = str(at).encode()
    return stamp, b"v0=" + hmac.digest(
        secret, b"v0:" + stamp + b":" + body, "sha256"
    ).hex().encode()


def test_a_delivery_signed_over_its_raw_bytes_is_believed():
    assert verify([SECRET], *signed(), BODY, NOW) == 0


def test_the_index_tells_which_secret_signed():
    assert verify([b"new", SECRET], *signed(), BODY, NOW) == 1


def test_the_same_body_written_differently_is_not_believed():
    again = orjson.dumps(orjson.loads(BODY), option=orjson.OPT_INDENT_2)
    assert verify([SECRET], *signed(), again, NOW) is SignatureProblem.MISMATCH


@pytest.mark.parametrize("secrets", [[], [b""], [b"", b""]])
def test_without_a_secret_nothing_is_believed(secrets):
    assert verify(secrets, *signed(b""), BODY, NOW) is SignatureProblem.NO_SECRET


def test_an_empty_secret_beside_a_real_one_signs_nothing():
    assert verify([SECRET, b""], *signed(b""), BODY, NOW) is SignatureProblem.MISMATCH


@pytest.mark.parametrize(
    ("stamp", "signature"), [(None, b"v0=1"), (b"1", None), (b"", b"v0=1"), (None, None)]
)
def test_missing_headers_are_a_problem_and_no_error(stamp, signature):
    assert verify([SECRET], stamp, signature, BODY, NOW) is SignatureProblem.MISSING


def test_a_signature_header_of_other_bytes_never_raises():
    stamp, _ = signed()
    assert verify([SECRET], stamp, "v0=ÿ✓".encode(), BODY, NOW) is SignatureProblem.MISMATCH


@pytest.mark.parametrize("stamp", [b"soon", b"-5", b"1.5", "１".encode(), b"9" * 13])
def test_a_timestamp_that_is_no_number_of_seconds_is_refused(stamp):
    assert verify([SECRET], stamp, b"v0=1", BODY, NOW) is SignatureProblem.BAD_TIMESTAMP


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (6000, 0),
        (6001, SignatureProblem.TOO_OLD),
        (-300, 0),
        (-301, SignatureProblem.TOO_NEW),
    ],
)
def test_the_timestamp_must_lie_in_the_window(age, outcome):
    assert verify([SECRET], *signed(at=NOW - age), BODY, NOW) == outcome


def test_every_problem_says_what_is_wrong():
    assert len({problem.sentence for problem in SignatureProblem}) == len(SignatureProblem)


def test_the_endpoint_check_is_answered_with_the_secrets_hash():
    assert crc_answer(SECRET, "qgg8vlvZRS6UYooatFL8Aw") == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": "51b457d478d51934d9e1407bc724cfa297196a6e2304ec8ecc02689d166c4905",
    }


JOINED = {
    "event": "webinar.participant_joined",
    "event_ts": 1769997603512,
    "payload": {
        "account_id": "A1",
        "object": {
            "uuid": "/ab//c+d==",
            "id": "93201235621",
            "host_id": "h1",
            "topic": "Pelatihan",
            "type": 5,
            "start_time": "2026-02-02T02:00:00Z",
            "participant": {
                "user_id": "16778240",
                "user_name": "Dinas_Siti",
                "id": "",
                "participant_uuid": "10010282-DB44",
                "join_time": "2026-02-02T02:00:03Z",
                "email": "",
                "registrant_id": "_f08",
                "participant_user_id": None,
                "public_ip": "203.0.113.7",
            },
        },
    },
}


def changed(event=None, drop=(), **participant):
    body = orjson.loads(orjson.dumps(JOINED))
    body["event"] = event or body["event"]
    who = body["payload"]["object"]["participant"]
    who.update(participant)
    for name in drop:
        who.pop(name)
    return body


def lifecycle(event, **fields):
    meeting = {"uuid": "u", "id": "9", "host_id": "h", **fields}
    return {"event": event, "event_ts": 1770005400999, "payload": {"object": meeting}}


def test_a_join_is_read_with_all_that_says_who_it_is():
    assert parse(JOINED) == Participant(
        "joined", "webinar", "/ab//c+d==", "93201235621", "h1", "16778240", "10010282-DB44",
        1_769_997_603, "_f08", "", "", "", "", False, "203.0.113.7", 1769997603512,
    )  # fmt: skip


def test_a_leave_takes_its_own_time():
    found = parse(changed("meeting.participant_left", leave_time="2026-02-02T02:23:20.999Z"))
    assert (found.kind, found.family, found.at) == ("left", "meeting", 1_769_999_000)


def test_numbers_and_missing_fields_are_taken_as_they_come():
    body = changed(user_id=16778240, email=None, drop=("registrant_id", "public_ip", "id"))
    body["payload"]["object"]["id"] = 93201235621
    found = parse(body)
    assert (found.user_id, found.number, found.registrant_id) == ("16778240", "93201235621", "")


@pytest.mark.parametrize(
    "missing", [{"drop": ("join_time",)}, {"join_time": ""}, {"join_time": None}]
)
def test_the_time_of_delivery_stands_only_where_the_proper_field_is_missing(missing):
    assert parse(changed(**missing)).at == 1_769_997_603


@pytest.mark.parametrize(
    "text",
    ["2026-02-02T02:00:03.999Z", "2026-02-02T09:00:03+07:00", "2026-02-02T02:00:03",
     "2026-02-02 02:00:03Z"],
)  # fmt: skip
def test_times_are_read_in_every_iso_shape_and_fractions_are_cut(text):
    assert parse(changed(join_time=text)).at == 1_769_997_603


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": 5},
        {"event": "meeting.started"},
        {"event": "meeting.started", "payload": None},
        {"event": "meeting.started", "payload": {"object": []}},
        lifecycle("meeting.started", uuid=""),
        lifecycle("meeting.started", uuid=None),
        lifecycle("meeting.started", start_time="yesterday"),
        lifecycle("meeting.started", start_time=1770000000),
        lifecycle("meeting.participant_joined"),
        {**lifecycle("meeting.ended"), "event_ts": None},
        changed(join_time="2026-02-02"),
        changed(join_time="2026-99-02T02:00:03Z"),
        changed(user_id="", participant_uuid=None),
        changed(user_id=["16778240"]),
        changed(user_id=True),
        changed("meeting.participant_bind"),
    ],
)
def test_signed_garbage_is_malformed(body):
    with pytest.raises(Malformed, match=r"\w"):
        parse(body)


def test_a_start_and_an_end_are_read():
    assert parse(lifecycle("meeting.started", start_time="2026-02-02T02:00:00Z")) == Lifecycle(
        "started", "meeting", "u", "9", "h", 1_769_997_600, False, 1770005400999
    )
    assert parse(lifecycle("webinar.ended")).at == 1_770_005_400


def test_the_end_of_a_practice_session_is_told_from_an_end():
    ended = lifecycle("webinar.ended", end_time="2026-02-02T02:00:00Z", practice_session=True)
    assert parse(ended).practice_session
    assert not parse(lifecycle("webinar.ended", practice_session=False)).practice_session


@pytest.mark.parametrize("field", ["join_time", "date_time"])
@pytest.mark.parametrize("family", ["meeting", "webinar"])
def test_a_phone_bind_names_both_legs(field, family):
    who = {"user_id": "8", "bind_user_id": 1, "participant_uuid": "p8",
           "bind_participant_uuid": "p1", field: "2026-02-02T02:00:00Z"}  # fmt: skip
    body = lifecycle(f"{family}.participant_bind", participant=who)
    assert parse(body) == Bound("u", "9", "8", "1", "p8", "p1", 1_769_997_600)


@pytest.mark.parametrize(
    "event",
    [
        "meeting.participant_joined_waiting_room",
        "meeting.participant_jbh_joined",
        "meeting.participant_joined_breakout_room",
        "webinar.participant_role_changed",
        "webinar.registration_created",
        "something.new",
    ],
)
def test_F3_what_is_no_evidence_is_kept_as_such(event):
    assert parse(changed(event)) == Other(event, "/ab//c+d==", "93201235621", 1769997603512)


@pytest.mark.parametrize("payload", [None, [], {"object": 3}, {"object": {"uuid": 3, "id": []}}])
def test_F3_another_event_may_have_any_payload(payload):
    assert parse({"event": "app.new", "payload": payload}) == Other("app.new", "", "", 0)


def test_I1_a_connections_events_go_to_one_partition():
    left = changed("webinar.participant_left", registrant_id="", user_id="2")
    for body in (JOINED, left):
        assert routing(parse(body)) == route(body) == One(b"/ab//c+d==|10010282-DB44")


@pytest.mark.parametrize(
    "body",
    [
        lifecycle("webinar.ended"),
        lifecycle("meeting.started"),
        changed(participant_uuid=""),
        changed(phone_number="62812"),
        lifecycle("meeting.participant_bind",
                  participant={"user_id": "8", "bind_user_id": "1"}),
    ],
)  # fmt: skip
def test_what_concerns_more_than_one_connection_goes_everywhere(body):
    assert routing(parse(body)) is route(body) is EVERY


def test_other_events_go_to_one_partition():
    assert isinstance(routing(parse(changed("something.new"))), One)
