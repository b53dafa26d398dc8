"""The operators' desk in a real browser on a running system: cases, corrections, settlements."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.simulator.system import System
from tests.browser.conftest import axe as axe  # noqa: PLC0414 - a fixture
from tests.browser.conftest import browser as browser  # noqa: PLC0414 - a fixture
from tests.browser.webdriver import Browser
from tests.flow.test_quirks import Played, create, post_all, release
from tests.support.desk_stories import (
    DESKTOP,
    Desk,
    becomes,
    fill,
    gap,
    looks_right,
    many,
    standing,
    strangers,
)
from tests.support.flow import Running
from tests.support.quirks import HOUR
from tests.support.zoom_events import raw


@pytest.fixture(scope="module")
def client(system: Running) -> Iterator[System]:
    with System(system.addresses) as client:
        yield client


@pytest.fixture(scope="module")
def played(system: Running, client: System) -> dict[str, Played]:
    """Three webinars that wait for an operator."""
    at = f"{client.at.registration}/v1/programmes"
    programme = client.call("POST", at, json={"year": 2008, "name": "Meja (contoh)"}).json()["id"]
    places = [Desk("strangers", 0), Desk("gap", 1), Desk("many", 2)]
    stories = [tell(at) for tell, at in zip((strangers, gap, many), places, strict=True)]
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda p, s: create(client, programme, p, s), places, stories))
    sent = [raw(body) for one in made for body in one.story.events]
    assert post_all(system, sent) == {200: len(sent)}
    for one in made:
        release(client, one)
    return {one.place.name.partition("-")[0]: one for one in made}


@pytest.fixture(scope="module")
def signed_in(browser: Browser, system: Running) -> Browser:
    browser.size(*DESKTOP)
    browser.open(system.addresses.attendance + "/sign-in?next=/desk")
    browser.run(f"document.querySelector('#token').value = '{system.addresses.token}'")
    browser.run("document.querySelector('form').submit()")
    browser.wait("location.pathname == '/desk' && document.readyState == 'complete'")
    return browser


def test_cases_are_settled_in_bulk_and_one_by_one(
    client: System, played: dict[str, Played], signed_in: Browser, axe: str, tmp_path: Path
) -> None:
    one, page = played["strangers"], signed_in
    at = f"{client.at.attendance}/reviews?webinar={one.webinar_id}"
    assert becomes(lambda: client.progress(one.webinar_id)["open_reviews"], 4) == 4
    assert (
        becomes(lambda: standing(client, one, "ayu"), ("not_eligible", 1000, True))[0]
        == "not_eligible"
    )
    page.open(at)
    assert page.text("h1") == "Kasus tinjauan"
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.run("return document.querySelectorAll('section.group').length") == 2
    assert page.run("return document.querySelectorAll('svg rect.stay').length") == 4
    looks_right(page, axe, tmp_path / "reviews.png")

    page.run("document.querySelector('section.group:last-of-type .cases a').click()")
    page.wait("location.pathname.startsWith('/reviews/') && document.readyState == 'complete'")
    looks_right(page, axe, tmp_path / "review.png")
    fill(page, "form", "button", who="other", external_id="budi", reason="Ditelepon petugas")
    assert "1 kasus diputuskan" in page.text("main")
    assert becomes(lambda: standing(client, one, "budi"), ("eligible", HOUR, False)) == (
        "eligible", HOUR, False,
    )  # fmt: skip

    page.open(at)
    fill(page, "section.group form", "button", who="nobody", reason="Layar petugas")
    assert "3 kasus diputuskan" in page.text("main")
    assert becomes(lambda: client.progress(one.webinar_id)["open_reviews"], 0) == 0
    assert becomes(lambda: standing(client, one, "ayu"), ("not_eligible", 1000, False)) == (
        "not_eligible", 1000, False,
    )  # fmt: skip


def test_a_form_without_a_person_says_so_and_settles_nothing(
    client: System, played: dict[str, Played], signed_in: Browser
) -> None:
    one, page = played["gap"], signed_in
    page.open(f"{client.at.attendance}/corrections?webinar={one.webinar_id}&person=nobody-here")
    assert "tidak terdaftar" in page.text(".problem")
    page.open(f"{client.at.attendance}/corrections?webinar={one.webinar_id}&person=nobody&lang=en")
    assert "not enrolled" in page.text(".problem")
    page.console()  # the browser notes the two 404


def test_a_time_is_corrected_after_its_effect_was_shown_and_taken_back(
    client: System, played: dict[str, Played], signed_in: Browser, axe: str, tmp_path: Path
) -> None:
    one, page = played["strangers"], signed_in
    page.open(f"{client.at.attendance}/corrections?webinar={one.webinar_id}&person=ayu")
    times = {"start": "2008-03-04T09:10:00", "end": "2008-03-04T10:00:00"}
    form = "form:has([name=kind])"
    fill(page, form, "[value=preview]", kind="add", reason="Hadir di ruangan", **times)
    assert page.run("return [...document.querySelectorAll('.preview td')].map(e => e.textContent).slice(1)") == [
        "Belum memenuhi syarat", "Memenuhi syarat", "16 menit 40 detik", "1 jam",
    ]  # fmt: skip
    assert standing(client, one, "ayu") == ("not_eligible", 1000, False)
    looks_right(page, axe, tmp_path / "corrections.png")
    fill(page, form, "[value=apply]")
    assert "Koreksi disimpan" in page.text("main")
    assert becomes(lambda: standing(client, one, "ayu"), ("eligible", HOUR, False))[:2] == (
        "eligible", HOUR,
    )  # fmt: skip
    fill(page, ".word form", "button", reason="Salah orang")
    assert "ditarik kembali" in page.text(".word")
    assert becomes(lambda: standing(client, one, "ayu")[1], 1000) == 1000


def test_a_base_is_settled_cases_are_closed_and_words_withdrawn(
    client: System, played: dict[str, Played], signed_in: Browser, axe: str, tmp_path: Path
) -> None:
    one, page = played["gap"], signed_in
    assert becomes(lambda: standing(client, one, "ayu")[0], "needs_review") == "needs_review"
    page.open(f"{client.at.attendance}/settlements?webinar={one.webinar_id}")
    looks_right(page, axe, tmp_path / "settlements.png")
    fill(page, "form:has([name=gap0])", "button", gap0="leaving", reason="Listrik padam")
    assert "Dasar sesi ditetapkan" in page.text("main")
    assert becomes(lambda: standing(client, one, "ayu"), ("eligible", 1100, False)) == (
        "eligible", 1100, False,
    )  # fmt: skip
    fill(page, "form:has([value=close])", "button", reason="Selesai")
    assert "ditutup" in page.text("main")
    assert page.run("return document.querySelectorAll('.word').length") == 2
    fill(page, ".word form", "button", reason="Terlalu cepat")
    assert page.run("return document.querySelectorAll('.word').length") == 3


def test_a_rule_is_tried_and_then_applied_by_the_keyboard_alone(
    client: System, played: dict[str, Played], signed_in: Browser, axe: str, tmp_path: Path
) -> None:
    one, page = played["many"], signed_in
    assert (
        becomes(lambda: standing(client, one, "budi"), ("eligible", HOUR, False))[0] == "eligible"
    )
    page.open(f"{client.at.attendance}/webinars/{one.webinar_id}/rule")
    fill(page, "form[method=get]", "button", required_items="post-test", share="50")
    assert page.text("[data-sum=falls]") == "1"
    looks_right(page, axe, tmp_path / "rule.png")
    page.run("window.old = true")
    page.type("#reason", "Rapat pleno\ue007")
    page.wait("!window.old && document.querySelector('.done')")
    assert page.run("return location.pathname") == f"/webinars/{one.webinar_id}/rule"
    assert "Aturan versi 2 diterapkan oleh development: Rapat pleno" in page.text(".done")
    assert page.run("return document.querySelector('#required_items').value") == "post-test"
    looks_right(page, axe, tmp_path / "rule-applied.png")
    at = f"{client.at.registration}/v1/webinars/{one.webinar_id}"
    rule = client.call("GET", at).json()["rule"]
    assert (rule["minimum_share"], rule["required_items"]) == (5000, ["post-test"])
    # their certificate may have been issued already: then it is a review (rule D9)
    assert becomes(lambda: standing(client, one, "budi")[0] == "eligible", False) is False


def test_passed_items_come_as_a_file_with_a_report_of_its_rows(
    client: System, played: dict[str, Played], signed_in: Browser, axe: str, tmp_path: Path
) -> None:
    one, page = played["many"], signed_in
    file = tmp_path / "hasil.csv"
    file.write_text("external_id,item\nayu,post-test\nnobody-here,post-test\nbudi,post-test\n")
    page.open(f"{client.at.attendance}/items?webinar={one.webinar_id}")
    page.type("#file", str(file))
    fill(page, "form:has(#file)", "button")
    assert "Baris yang diterima: 2" in page.text(".done")
    assert page.run("return [...document.querySelectorAll('tbody td')].map(e => e.textContent)") == [
        "3", "external_id", "Orang ini tidak terdaftar di webinar ini.",
    ]  # fmt: skip
    looks_right(page, axe, tmp_path / "items.png")
    assert becomes(lambda: standing(client, one, "budi")[0], "eligible") == "eligible"
    assert standing(client, one, "ayu")[0] == "not_eligible"


def test_many_people_s_time_is_corrected_at_once_after_its_effect_was_shown(
    client: System, played: dict[str, Played], signed_in: Browser, axe: str, tmp_path: Path
) -> None:
    one, page = played["many"], signed_in
    page.open(f"{client.at.attendance}/corrections/many?webinar={one.webinar_id}")
    form = {"people": "ayu\nnobody-here\nbudi", "kind": "add", "reason": "Jaringan aula putus",
            "start": "2008-03-04T09:10:00", "end": "2008-03-04T10:00:00"}  # fmt: skip
    fill(page, "form:has([name=kind])", "[value=preview]", **form)
    rows = page.run("return [...document.querySelectorAll('tbody tr')].map(e => e.innerText)")
    assert "Memenuhi syarat, 1 jam" in rows[0]
    assert "Tidak ikut" in rows[1]
    looks_right(page, axe, tmp_path / "corrections-many.png")
    assert standing(client, one, "ayu")[:2] == ("not_eligible", 1000)
    fill(page, "form:has([name=kind])", "[value=apply]")
    assert "Koreksi yang disimpan: 2" in page.text(".done")
    assert becomes(lambda: standing(client, one, "ayu"), ("eligible", HOUR, False))[:2] == (
        "eligible", HOUR,
    )  # fmt: skip
