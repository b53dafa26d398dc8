"""One reading of a whole report, page by page (rule Z1)."""

import weakref
from typing import Any

import pytest

from services.attendance.domain.reports import EMPTY
from services.attendance.reconcile.reading import Job, read_report
from shared.events import Event
from shared.events.reports import ReportPageV1, ReportReadV1
from tests.support.zoom_api import ZoomApi
from tests.support.zoom_client import UUID, T, Time, ask, stays


def reading(zoom: ZoomApi, **more: Any) -> tuple[ReportReadV1, list[ReportPageV1]]:
    """One report read; what was written."""
    written: list[Event] = []

    async def publish(key: str, event: Event) -> None:
        assert key == UUID
        written.append(event)

    watch = more.pop("time_", Time())
    job = Job(UUID, "932", "webinar", (T, T + 3600), more.pop("first", 0))
    read = ask(zoom, lambda client: read_report(client, job, publish, lambda v: f"h({v})" if v else "",
                                                watch.clock), watch, **more)  # fmt: skip
    assert written[-1] == read
    return read, [event for event in written if isinstance(event, ReportPageV1)]


def test_Z1_a_whole_report_is_written_page_by_page_without_names(zoom: ZoomApi) -> None:
    zoom.add(stays(650))
    read, pages = reading(zoom)
    assert (read.rows, read.total_records, read.problem) == (650, 650, "")
    assert [len(one.rows) for one in pages] == [300, 300, 50]
    first = pages[0].rows[0]
    assert first == ("16778240", T, T + 3600, "in_meeting", "reg0", "h(p0@x.example)", "")
    assert "Nama" not in str(pages)


def test_every_read_says_when_the_first_one_of_its_uuid_began(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    assert reading(zoom)[0].first == T * 1000
    assert reading(zoom, first=77)[0].first == 77


def test_Z1_the_order_of_rows_does_not_change_the_digest_and_a_second_does(zoom: ZoomApi) -> None:
    zoom.add(stays(310))
    first, _ = reading(zoom)
    zoom.rows[UUID].reverse()
    assert reading(zoom)[0].digest == first.digest
    zoom.rows[UUID][0]["leave_time"] = "2026-02-02T03:39:59Z"
    assert reading(zoom)[0].digest != first.digest


def test_Z1_rows_that_are_fewer_than_the_total_make_no_whole_read(zoom: ZoomApi) -> None:
    zoom.add(stays(5))
    zoom.totals[UUID].append(6)
    read, _ = reading(zoom)
    assert (read.rows, read.total_records) == (5, 6)


def test_Z1_a_total_that_changes_between_pages_breaks_the_read_off(zoom: ZoomApi) -> None:
    zoom.add(stays(400))
    zoom.totals[UUID].extend([400, 401])
    assert reading(zoom)[0].problem == "total_changed"


@pytest.mark.parametrize("body", [
    {"participants": []}, {"total_records": 1, "participants": {"0": {}}},
    {"total_records": 1, "participants": ["Nama"]}, {"total_records": "1", "participants": []},
])  # fmt: skip
def test_Z1_an_answer_of_another_shape_breaks_the_read_off(zoom: ZoomApi, body: Any) -> None:
    zoom.faults.append((200, {}, body))
    read, pages = reading(zoom)
    assert (read.problem, pages) == ("malformed", [])


def test_Z1_a_page_token_that_dies_breaks_the_read_off(zoom: ZoomApi) -> None:
    zoom.add(stays(700))
    zoom.dead_after = 1
    assert reading(zoom)[0].problem == "page_token_died"
    assert reading(zoom)[0].problem == ""


def test_Z1_where_zoom_has_no_report_the_read_says_so(zoom: ZoomApi) -> None:
    read, pages = reading(zoom)
    assert (read.digest, read.rows, read.total_records, read.problem, pages) == (
        EMPTY,
        0,
        0,
        "",
        [],
    )


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"leave_time": "2026-02-02T01:00:00Z"}, "leave_before_join"),
        ({"join_time": ""}, "no_time"),
        ({"leave_time": None}, "no_time"),
        ({"user_id": ""}, "no_user_id"),
        ({"join_time": "2019-01-01T00:00:00Z"}, "another_meeting"),
        ({"status": "in_waiting_room"}, "in_waiting_room"),
    ],
)
def test_a_row_that_cannot_be_is_no_evidence_but_counts_for_the_total(
    zoom: ZoomApi, wrong: dict[str, Any], status: str
) -> None:
    zoom.add(stays(2))
    zoom.rows[UUID][0].update(wrong)
    read, pages = reading(zoom)
    assert (read.rows, read.total_records, read.problem) == (2, 2, "")
    assert read.refused == (status != "in_waiting_room")
    assert [one[3] for one in pages[0].rows] == [status, "in_meeting"]


def test_the_report_of_another_meeting_is_refused_as_a_whole(zoom: ZoomApi) -> None:
    zoom.add([one._replace(join=one.join - 10**7, leave=one.leave - 10**7) for one in stays(4)])
    assert reading(zoom)[0].problem == "another_meeting"


def test_67_000_rows_are_read_in_bounded_memory(zoom: ZoomApi) -> None:
    zoom.add(stays(67_000))
    alive: weakref.WeakSet[Event] = weakref.WeakSet()
    seen = {"rows": 0, "most": 0}

    async def publish(_: str, event: Event) -> None:
        alive.add(event)
        seen["rows"] += len(event.rows) if isinstance(event, ReportPageV1) else 0
        seen["most"] = max(seen["most"], len(alive))

    job = Job(UUID, "932", "webinar", (T, T + 3600 * 24))
    read = ask(zoom, lambda c: read_report(c, job, publish, str, lambda: float(T)))
    assert (read.rows, seen["rows"]) == (67_000, 67_000)
    assert seen["most"] <= 3, "pages are written as they come, and forgotten"
