"""Zoom's client against a Zoom of our own over real HTTP: shapes, limits, faults (zoom.md A4)."""

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.attendance.domain.reports import EMPTY
from services.attendance.reconcile.limits import Bucket, LimitReached
from services.attendance.reconcile.reading import Job, read_report
from services.attendance.reconcile.zoom_client import (
    Credentials,
    NotThere,
    PageTokenDied,
    Refused,
    Unavailable,
    ZoomClient,
    encoded,
    retry_after,
)
from shared.events import Event
from shared.events.attendance import ReportPageV1, ReportReadV1
from tests.support.reports import Stay
from tests.support.zoom_api import ACCOUNT, CLIENT, SECRET, ZoomApi, twice_encoded

T = 1_770_000_000
UUID = "/ab//c+d=="


class Time:
    """A clock that only sleeping moves; it remembers each sleep."""

    def __init__(self) -> None:
        self.now, self.slept = float(T), list[float]()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def stays(count: int, uuid: str = UUID) -> list[Stay]:
    return [
        Stay(uuid, "932", str(16_778_240 + n * 1024), T + n, T + 3600, f"reg{n}", f"p{n}@x.example")
        for n in range(count)
    ]


@pytest.fixture
def zoom() -> Iterator[ZoomApi]:
    with ZoomApi() as api:
        yield api


def ask(zoom: ZoomApi, what: Callable[[ZoomClient], Coroutine[Any, Any, Any]],
        time_: Time | None = None, per_second: float = 1000.0, secret: str = SECRET,
        per_day: int = 1000) -> Any:  # fmt: skip
    """One client's work, to its end."""
    watch = time_ or Time()

    async def run() -> Any:
        async with httpx.AsyncClient(timeout=0.3, trust_env=False) as http:
            who = Credentials(ACCOUNT, CLIENT, secret, f"{zoom.url}/oauth/token")
            heavy = Bucket(per_second, per_day, watch.clock, watch.sleep)
            client = ZoomClient(who, http, heavy, heavy, clock=watch.clock, sleep=watch.sleep)
            return await what(client)

    return asyncio.run(run())


def page(client: ZoomClient) -> Coroutine[Any, Any, Any]:
    return client.report_page("webinar", UUID)


def reading(zoom: ZoomApi, **more: Any) -> tuple[ReportReadV1, list[ReportPageV1]]:
    """One report read; what was written."""
    written: list[Event] = []

    async def publish(key: str, event: Event) -> None:
        assert key == UUID
        written.append(event)

    watch = more.pop("time_", Time())
    job = Job(UUID, "932", "webinar", (T, T + 3600))
    read = ask(zoom, lambda client: read_report(client, job, publish, lambda v: f"h({v})" if v else "",
                                                watch.clock), watch, **more)  # fmt: skip
    assert written[-1] == read
    return read, [event for event in written if isinstance(event, ReportPageV1)]


def test_a_uuid_with_slashes_is_encoded_twice_and_a_number_is_never_asked_for(
    zoom: ZoomApi,
) -> None:
    zoom.add(stays(3))
    assert len(ask(zoom, page)["participants"]) == 3
    (path,) = zoom.asked
    assert path.startswith(f"/v2/report/webinars/{twice_encoded(UUID)}/participants?")
    assert "%252Fab%252F%252Fc%252Bd%253D%253D" in path
    assert "include_fields=registrant_id" in path
    assert "page_size=300" in path
    assert encoded("4444AAAiAAAAAiAiAiiAii==") == "4444AAAiAAAAAiAiAiiAii%3D%3D"


def test_a_token_is_kept_until_shortly_before_its_end(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    watch = Time()

    async def three(client: ZoomClient) -> None:
        await page(client)
        await page(client)
        watch.now += 3600 - 59
        await page(client)

    ask(zoom, three, watch)
    assert len(zoom.tokens) == 2


def test_a_token_that_died_early_is_replaced_once(zoom: ZoomApi) -> None:
    zoom.add(stays(1))

    async def twice(client: ZoomClient) -> Any:
        await page(client)
        zoom.expire()
        return await page(client)

    assert ask(zoom, twice)["total_records"] == 1


def test_a_401_that_a_new_token_does_not_heal_is_said_plainly(zoom: ZoomApi) -> None:
    zoom.faults.extend([(401, {}, {"code": 4711, "message": "scope"})] * 2)
    with pytest.raises(Refused, match="401, code 4711"):
        ask(zoom, page)


def test_wrong_credentials_are_said_plainly_and_not_tried_again(zoom: ZoomApi) -> None:
    with pytest.raises(Refused, match="credentials"):
        ask(zoom, page, secret="wrong")


def test_a_429_of_the_second_is_waited_out(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    zoom.faults.append((429, {"retry-after": "7"}, {"code": 429, "message": "per-second"}))
    watch = Time()
    assert ask(zoom, page, watch)["total_records"] == 1
    assert sum(watch.slept) >= 7


def test_a_429_of_the_day_ends_the_reading_until_zoom_says(zoom: ZoomApi) -> None:
    zoom.faults.append((429, {"retry-after": "2026-02-02T23:59:59Z"}, {"code": 429}))
    with pytest.raises(LimitReached) as reached:
        ask(zoom, page)
    assert reached.value.wait > 3600


def test_calls_are_spaced_by_the_accounts_limit_and_counted_by_day(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    watch = Time()

    async def many(client: ZoomClient) -> None:
        for _ in range(5):
            await page(client)

    ask(zoom, many, watch, per_second=2)
    assert sum(watch.slept) == pytest.approx(2.0)
    with pytest.raises(LimitReached):
        ask(zoom, many, per_day=4)


def test_5xx_silence_and_half_an_answer_are_tried_again(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    zoom.faults.extend([(502, {}, b"<html>"), (0, {}, {}), (200, {}, b'{"particip')])
    zoom.token_faults.append((500, {}, {}))
    assert ask(zoom, page)["total_records"] == 1


def test_a_zoom_that_stays_away_is_given_up(zoom: ZoomApi) -> None:
    zoom.faults.extend([(503, {}, {})] * 9)
    with pytest.raises(Unavailable):
        ask(zoom, page)


def test_what_zoom_does_not_know_is_said(zoom: ZoomApi) -> None:
    with pytest.raises(NotThere):
        ask(zoom, page)


def test_a_page_token_that_died_is_told_from_other_refusals(zoom: ZoomApi) -> None:
    zoom.add(stays(301))
    zoom.dead_after = 1
    with pytest.raises(PageTokenDied):
        ask(zoom, lambda client: client.report_page("webinar", UUID, "300"))


@pytest.mark.parametrize(
    ("header", "wait"),
    [("", 4.0), ("12", 12.0), ("2026-02-02T02:40:10Z", 10.0),
     ("Mon, 02 Feb 2026 02:40:10 GMT", 10.0), ("soon", 4.0)],
)  # fmt: skip
def test_retry_after_is_read_in_every_form(header: str, wait: float) -> None:
    now = datetime(2026, 2, 2, 2, 40, tzinfo=UTC).timestamp()
    assert retry_after(header, now, 4.0) == wait


def test_past_instances_are_asked_for_by_number(zoom: ZoomApi) -> None:
    zoom.instances["932"] = [{"uuid": UUID, "start_time": "2026-02-02T02:40:00Z"}]
    assert (
        ask(zoom, lambda client: client.instances("webinar", "932"))["webinars"][0]["uuid"] == UUID
    )
    assert zoom.asked == ["/v2/past_webinars/932/instances"]


# --- a whole reading ---


def test_Z1_a_whole_report_is_written_page_by_page_without_names(zoom: ZoomApi) -> None:
    zoom.add(stays(650))
    read, pages = reading(zoom)
    assert (read.rows, read.total_records, read.problem) == (650, 650, "")
    assert [len(one.rows) for one in pages] == [300, 300, 50]
    first = pages[0].rows[0]
    assert first == ("16778240", T, T + 3600, "in_meeting", "reg0", "h(p0@x.example)", "")
    assert "Nama" not in str(pages)


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
