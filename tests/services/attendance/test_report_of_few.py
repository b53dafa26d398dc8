"""Reports of one or two people: none is made of one, and rows that nobody knows (rules Z1, W3, W6)."""

from typing import Any

import orjson
import pytest

from deploy.simulator.zoom import iso
from services.attendance.domain.reports import EMPTY
from shared.events.registration import EnrolledV1, WebinarSetV1
from shared.events.reports import ReportReadV1
from shared.events.rulings import ConnectionAssignedV1
from shared.keys import participant_id_of
from tests.services.attendance.test_pipeline import WEBINAR
from tests.support.pipeline import KEY, Pipeline
from tests.support.reports import REPORTED, Stay, twice

START = 1_770_000_000  # 2026-02-02T02:40:00Z


def small(*, people: int) -> tuple[Pipeline, list[str]]:
    """A webinar of an hour in which so many joined, and nobody's leave came."""
    pipeline = Pipeline()
    zoom = {"number": "932", "kind": "meeting"}
    session = {"id": "s1", "start": "2026-02-02T02:40:00Z", "end": "2026-02-02T03:40:00Z",
               "zoom": zoom}  # fmt: skip
    pipeline.webinar(WebinarSetV1.model_validate(
        {"webinar_id": WEBINAR, "version": 1, "programme_id": "p", "year": 2026, "title": "t",
         "sessions": [session], "reconciliation": True}))  # fmt: skip
    who = [participant_id_of(f"p{n}") for n in range(people)]
    for n, person in enumerate(who):
        pipeline.enrol(EnrolledV1.model_validate({
            "webinar_id": WEBINAR, "participant_id": person, "version": 1, "external_id": f"p{n}",
            "year": 2026, "region_code": "15", "category": "asn",
            "links": [{"zoom_number": "932", "registrant_id": f"r{n}"}]}))  # fmt: skip
    pipeline.webhook(life("started", "start_time", START))
    for n in range(people):
        pipeline.webhook(join(n))
    pipeline.webhook(life("ended", "end_time", START + 3600))
    return pipeline, who


def life(name: str, field: str, at: int) -> bytes:
    thing = {"uuid": "m1==", "id": "932", "host_id": "h", field: iso(at)}
    return orjson.dumps({"event": f"meeting.{name}", "event_ts": at * 1000,
                         "payload": {"object": thing}})  # fmt: skip


def join(n: int, connection: str = "") -> bytes:
    who = {"user_id": str(100 + n) + connection, "participant_uuid": f"c{n}{connection}",
           "registrant_id": f"r{n}", "join_time": iso(START + 5)}  # fmt: skip
    thing = {"uuid": "m1==", "id": "932", "host_id": "h", "participant": who}
    return orjson.dumps({"event": "meeting.participant_joined", "event_ts": (START + 5) * 1000,
                         "payload": {"object": thing}})  # fmt: skip


def none(number: int) -> ReportReadV1:
    """A read that says that there is no report."""
    return ReportReadV1(meeting_uuid="m1==", zoom_number="932", read=number * 1000, at=number + 1,
                        total_records=0, rows=0, digest=EMPTY)  # fmt: skip


def waiting(pipeline: Pipeline) -> set[str]:
    return {who for who, d in pipeline.decisions().items() if d["provisional"]}


def test_Z1_one_participant_needs_no_report_once_a_read_says_that_there_is_none() -> None:
    pipeline, (alone,) = small(people=1)
    assert waiting(pipeline) == {alone}
    pipeline.report(none(REPORTED))
    assert waiting(pipeline) == set()
    pipeline.report(none(REPORTED + 100))  # confirmed: still nobody has a row, and nobody waits
    assert waiting(pipeline) == set()


def test_Z1_the_same_person_with_two_devices_is_one_participant() -> None:
    pipeline, _ = small(people=1)
    pipeline.webhook(join(0, "x"))
    pipeline.report(none(REPORTED))
    assert waiting(pipeline) == set()


def test_Z1_two_participants_wait_although_a_read_says_that_there_is_none() -> None:
    pipeline, both = small(people=2)
    pipeline.report(none(REPORTED))
    assert waiting(pipeline) == set(both)
    pipeline.report(none(REPORTED + 100))
    assert waiting(pipeline) == set(both), "confirmed, it is complete; who has no row waits (Z3)"


def test_L1_a_second_participant_who_is_seen_late_waits_as_if_seen_in_time() -> None:
    pipeline, _ = small(people=1)
    person = participant_id_of("p1")
    pipeline.enrol(EnrolledV1.model_validate({
        "webinar_id": WEBINAR, "participant_id": person, "version": 1, "external_id": "p1",
        "year": 2026, "region_code": "15", "category": "asn",
        "links": [{"zoom_number": "932", "registrant_id": "r1"}]}))  # fmt: skip
    pipeline.report(none(REPORTED))
    assert waiting(pipeline) == set()
    pipeline.webhook(join(1))
    assert len(waiting(pipeline)) == 2


def lost_row(user: str, registrant: str = "") -> list[Any]:
    """A report of one row whose webhooks were lost, confirmed."""
    stay = Stay("m1==", "932", user, START, START + 3600, registrant, "")
    own = Stay("m1==", "932", "100", START + 5, START + 3600, "r0", "")
    return twice(KEY, [stay, own])


@pytest.mark.parametrize("late", [False, True])
def test_F2_W6_a_row_that_nobody_knows_is_a_case_that_an_operator_assigns(late: bool) -> None:
    pipeline, (_, other) = small(people=2)
    word = ConnectionAssignedV1.model_validate({
        "ruling_id": "x", "webinar_id": WEBINAR, "made_at": 1_770_100_000,
        "made_by": "operator", "reason": "dikenal", "meeting_uuid": "m1==", "user_id": "777",
        "shares": [{"participant_id": other}]})  # fmt: skip
    if not late:
        pipeline.say(word)
    for event in lost_row("777"):
        pipeline.report(event)
    before = pipeline.decisions()[other]["present_seconds"]
    if late:
        (case,) = pipeline.open_cases()
        assert case.user_ids == ("777",)
        pipeline.say(word)
    else:
        assert before == 3600
    assert pipeline.decisions()[other]["present_seconds"] == 3600
    assert pipeline.open_cases() == []


@pytest.mark.parametrize("bind_first", [True, False])
def test_W3_a_phone_leg_whose_webhooks_were_lost_is_its_app_legs_person(bind_first: bool) -> None:
    pipeline, (one,) = small(people=1)
    who = {"user_id": "777", "bind_user_id": "100", "phone_number": "0812", "join_time": iso(START)}
    bind = orjson.dumps({"event": "meeting.participant_bind", "event_ts": START * 1000, "payload":
                         {"object": {"uuid": "m1==", "id": "932", "participant": who}}})  # fmt: skip
    if bind_first:
        pipeline.webhook(bind)
    for event in lost_row("777"):
        pipeline.report(event)
    if not bind_first:
        pipeline.decisions()
        pipeline.webhook(bind)
    assert pipeline.decisions()[one]["present_seconds"] == 3600
    assert pipeline.open_cases() == []
