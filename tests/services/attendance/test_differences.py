"""The list of differences as interface, CSV and page; how far reports are; asking for one."""

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.attendance_app import TOKEN
from tests.support.differences_app import (
    NUMBER,
    WEBINAR,
    MemoryView,
    app_of,
    differed,
    listed,
    read,
    said,
)

BEARER = {"authorization": f"Bearer {TOKEN}"}
BASE = f"/v1/webinars/{WEBINAR}"


def asked(view: MemoryView, path: str, **more: Any) -> Any:
    return TestClient(app_of(view)).get(path, headers=BEARER, **more)


def test_differences_are_listed_by_person_without_names() -> None:
    items = asked(listed(), f"{BASE}/differences").json()["items"]
    assert [(i["external_id"], i["kind"]) for i in items] == [
        ("=ext-p1", "differs"), ("=ext-p2", "lost"), ("=ext-p2", "closed"), (None, "unreported"),
    ]  # fmt: skip
    assert items[0]["webhook_join"] == "2026-02-02T02:40:00Z"
    assert items[0]["webhook_leave"] is None


def test_a_difference_that_is_no_more_leaves_the_list() -> None:
    view = listed()
    said(view.view, differed("p2", "c2"))
    kinds = [i["kind"] for i in asked(view, f"{BASE}/differences").json()["items"]]
    assert kinds == ["differs", "unreported"]


def test_the_csv_has_all_and_no_cell_is_a_formula() -> None:
    answer = asked(listed(), f"{BASE}/differences.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == 4
    assert {line["external_id"] for line in lines} == {"'=ext-p1", "'=ext-p2", ""}


def test_a_report_is_complete_when_two_reads_agree() -> None:
    view = MemoryView()
    said(view.view, read(0))
    (meeting,) = asked(view, f"{BASE}/reconciliation").json()["meetings"]
    assert (meeting["complete"], meeting["rows"]) == (False, None)
    said(view.view, read(1))
    (meeting,) = asked(view, f"{BASE}/reconciliation").json()["meetings"]
    assert (meeting["complete"], meeting["settled"], meeting["rows"]) == (True, True, 2)
    said(view.view, read(2, rows=1, problem="page_token_died"))
    (meeting,) = asked(view, f"{BASE}/reconciliation").json()["meetings"]
    assert meeting["complete"], "a read that broke off changes nothing (rule Z2)"
    assert meeting["reads"][-1]["problem"] == "page_token_died"


def test_whoever_asks_for_a_read_is_in_the_audit_trail() -> None:
    app = app_of(listed())
    answer = TestClient(app).post(f"{BASE}/reconciliation", headers=BEARER,
                                  json={"reason": "gangguan jaringan"})  # fmt: skip
    assert answer.status_code == 202
    wish, record = app.state.publisher.said
    assert (wish.event.webinar_id, wish.event.reason) == (WEBINAR, "gangguan jaringan")
    assert (record.event.action, record.event.reason) == ("report-asked", "gangguan jaringan")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}])
def test_asking_needs_a_reason(body: dict[str, str]) -> None:
    answer = TestClient(app_of(listed())).post(f"{BASE}/reconciliation", headers=BEARER, json=body)
    assert answer.status_code == 422


def test_an_unknown_webinar_is_not_found() -> None:
    assert asked(listed(), "/v1/webinars/other/differences").status_code == 404


@pytest.mark.parametrize(("lang", "word"), [("id", "kiriman hilang"), ("en", "webhooks were lost")])
def test_the_page_says_it_in_both_languages(lang: str, word: str) -> None:
    client = TestClient(app_of(listed()), cookies={"hadir_token": TOKEN})
    page = client.get(f"/webinars/{WEBINAR}/differences?lang={lang}")
    assert page.status_code == 200
    assert word in page.text
    assert "/m1//a==" in page.text
    assert NUMBER not in page.text


def test_the_page_asks_strangers_to_sign_in() -> None:
    client = TestClient(app_of(listed()), follow_redirects=False)
    answer = client.get(f"/webinars/{WEBINAR}/differences")
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")


def test_the_page_of_a_webinar_without_reports_says_so() -> None:
    client = TestClient(app_of(MemoryView()), cookies={"hadir_token": TOKEN})
    text = client.get(f"/webinars/{WEBINAR}/differences").text
    assert "Laporan Zoom belum dibaca." in text
    assert "Tidak ada selisih." in text
