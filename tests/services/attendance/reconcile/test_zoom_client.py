"""Zoom's client against a Zoom of our own over real HTTP: shapes, limits, faults."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.attendance.reconcile.limits import LimitReached
from services.attendance.reconcile.zoom_client import (
    NotThere,
    PageTokenDied,
    Refused,
    Unavailable,
    ZoomClient,
    encoded,
    retry_after,
)
from tests.support.zoom_api import ZoomApi, twice_encoded
from tests.support.zoom_client import UUID, T, Time, ask, page, stays


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


def test_calls_side_by_side_replace_a_dead_token_once(zoom: ZoomApi) -> None:
    zoom.add(stays(1))

    async def at_once(client: ZoomClient) -> None:
        await page(client)
        zoom.expire()
        await asyncio.gather(*(page(client) for _ in range(8)))

    ask(zoom, at_once)
    assert len(list(filter(None, zoom.tokens))) == 2


@pytest.mark.parametrize("said", [None, "soon", 3600])
def test_a_token_whose_length_is_not_said_is_good_for_an_hour(zoom: ZoomApi, said: Any) -> None:
    zoom.add(stays(1))
    zoom.token_seconds = said
    watch = Time()

    async def later(client: ZoomClient) -> None:
        await page(client)
        watch.now += 3000
        await page(client)

    ask(zoom, later, watch)
    assert len(zoom.tokens) == 1


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


def test_a_429_of_the_day_that_does_not_say_until_when_ends_at_midnight_utc(zoom: ZoomApi) -> None:
    said = "You have reached the maximum daily rate limit for this API."
    zoom.faults.append((429, {}, {"code": 429, "message": said}))
    with pytest.raises(LimitReached) as reached:
        ask(zoom, page)
    assert (T + reached.value.wait) % 86_400 == pytest.approx(0, abs=2)


def test_a_429_that_says_now_is_not_hammered(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    zoom.faults.extend([(429, {"retry-after": "0"}, {"code": 429})] * 4)
    watch = Time()
    ask(zoom, page, watch)
    assert sum(watch.slept) >= 1 + 2 + 4 + 8


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


@pytest.mark.parametrize("body", [{"code": 2300, "message": "not recognized"}, b"<html>404</html>"])
def test_a_path_that_zoom_does_not_know_is_no_missing_report(zoom: ZoomApi, body: Any) -> None:
    zoom.faults.append((404, {}, body))
    with pytest.raises(Refused, match="404"):
        ask(zoom, page)


def test_a_redirection_is_waited_out_like_a_fault(zoom: ZoomApi) -> None:
    zoom.add(stays(1))
    zoom.faults.append((302, {"location": "https://elsewhere.example/"}, b""))
    watch = Time()
    assert ask(zoom, page, watch)["total_records"] == 1
    assert sum(watch.slept) >= 1


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
