"""Which meetings' reports are wanted: those of webinars with reconciliation on, after they ended."""

from typing import Any

import pytest

from services.attendance.domain.facts import MeetingTimes
from services.attendance.domain.reading_plan import KEPT
from services.attendance.reconcile.watching import Watch, instances_in
from shared.events.registration import WebinarSetV1
from shared.events.reports import ReportAskedV1, ReportReadV1
from shared.topics import REPORTS, WEBINARS

START, END = 1_770_000_000, 1_770_003_600
NUMBER = "93201235621"


def watch(**more: Any) -> Watch:
    found = Watch()
    session = {"id": "s1", "start": "2026-02-02T02:40:00Z", "end": "2026-02-02T03:40:00Z",
               "zoom": {"number": NUMBER, "kind": "webinar"}}  # fmt: skip
    body = {"webinar_id": "w", "version": 1, "programme_id": "p", "year": 2026, "title": "t",
            "sessions": [session], "reconciliation": True, **more}  # fmt: skip
    found.apply(WEBINARS, "w", WebinarSetV1.model_validate(body))
    return found


def seen(uuid: str = "m1", start: int = START, end: int | None = END) -> MeetingTimes:
    return MeetingTimes(uuid, NUMBER, started=start, ended=end)


def uuids(found: Watch, now: int = END + 10) -> list[str]:
    return [one.job.uuid for one in found.wanted(now)]


def test_a_meeting_is_wanted_once_it_is_over() -> None:
    found = watch()
    found.meeting(seen(), START)
    assert uuids(found, END - 1) == []
    (one,) = found.wanted(END)
    assert (one.job.kind, one.over, one.reread) == ("webinar", END, 60)
    assert one.job.around == (START, END)


def test_without_a_known_end_the_official_end_tells() -> None:
    found = watch()
    found.meeting(seen(end=None), START)
    assert uuids(found, END - 1) == []
    assert uuids(found, END) == ["m1"]


def test_every_uuid_that_overlaps_the_session_is_wanted_and_no_other() -> None:
    found = watch()
    for times in (seen(), seen("m2", END - 100, END + 100), seen("m3", END + 500, END + 900)):
        found.meeting(times, START)
    assert uuids(found, END + 1000) == ["m1", "m2"]


def test_somebody_in_it_makes_a_uuid_known_whose_lifecycle_was_lost() -> None:
    found = watch()
    found.meeting(MeetingTimes("m1", NUMBER, last_join=START + 60, first_seen=START + 60), START)
    assert uuids(found) == ["m1"]


@pytest.mark.parametrize("how", ["webinar_id", "meeting_uuid"])
def test_without_reconciliation_only_whoever_asks_is_served(how: str) -> None:
    found = watch(reconciliation=False)
    found.meeting(seen(), START)
    assert uuids(found) == []
    asked = {"webinar_id": "w", "meeting_uuid": "m1"}[how]
    found.apply(REPORTS, asked, ReportAskedV1.model_validate(
        {"asked_ms": 5, "asked_by": "x", "reason": "y", how: asked}))  # fmt: skip
    assert [one.asked_ms for one in found.wanted(END)] == [5]


def test_a_meeting_of_which_no_webhook_came_is_found_by_asking_zoom() -> None:
    found = watch()
    assert list(found.sessions_over(END - 1)) == []
    (held,) = found.sessions_over(END)
    answer = {"webinars": [
        {"uuid": "m1", "start_time": "2026-02-02T02:41:00Z"},
        {"uuid": "m0", "start_time": "2026-01-26T02:41:00Z"},
        {"uuid": "m2", "start_time": "2026-02-02T09:00:00Z"},
        {"uuid": "", "start_time": "2026-02-02T02:41:00Z"}, {"uuid": "m3"}, "m4", None,
    ]}  # fmt: skip
    for times in instances_in(answer, held):
        found.meeting(times, END)
    assert uuids(found) == ["m1"]


def test_a_meeting_whose_webhooks_are_about_to_be_forgotten_is_not_read_any_more() -> None:
    found = watch()
    found.meeting(seen(), START)
    assert uuids(found, START + KEPT) == ["m1"]
    assert uuids(found, START + KEPT + 1) == []


def test_the_first_read_of_a_uuid_is_known_from_any_later_one() -> None:
    found = watch()
    found.meeting(seen(), START)
    assert [one.job.first for one in found.wanted(END)] == [0]
    said = {"meeting_uuid": "m1", "zoom_number": NUMBER, "at": END, "total_records": 0, "rows": 0,
            "digest": "rows:0"}  # fmt: skip
    found.read(ReportReadV1.model_validate({**said, "read": 9000, "first": 3000}))
    assert [one.job.first for one in found.wanted(END)] == [3000]
    found.read(ReportReadV1.model_validate({**said, "read": 2000}))
    assert [one.job.first for one in found.wanted(END)] == [2000]
