"""The operators' desk in a real browser on a running system: cases, corrections, settlements."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.simulator.system import System
from tests.browser.conftest import axe as axe  # noqa: PLC0414 - a fixture
from tests.browser.conftest import browser as browser  # noqa: PLC0414 - a fixture
from tests.browser.webdriver import Browser
from tests.flow.test_quirks import Played, create, post_all, release
from tests.support.flow import Running
from tests.support.quirks import AYU, AYU_IS, BUDI, HOUR, Came, Place, Story, life, visit
from tests.support.zoom_events import raw

PHONE, DESKTOP = (360, 780), (1280, 900)


class Desk(Place):
    """Places of their own numbers, beside those of the quirks."""

    def __init__(self, name: str, index: int) -> None:
        super().__init__(name, 500 + index, "meeting")


def strangers(at: Place) -> Story:
    """Three connections that nobody knows, one that is half Ayu's, and one link with Budi's address."""
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 1000, 11, "c1", **AYU_IS)]
    for n in range(3):
        events += visit(room, 1000, 3600, 20 + n, f"x{n}", user_name=f"HP {n}")
    events += visit(room, 0, 3600, 30, "w5", registrant_id="_ayu", email=BUDI.email)
    return Story(events, {}, (AYU, BUDI))


def gap(at: Place) -> Story:
    """The host was away for over half an hour."""
    one, two = at.room(), at.room()
    events = [*life(one, -600, 500), *life(two, 3000, 3660)]
    events += visit(one, 0, 500, 11, "c1", **AYU_IS) + visit(two, 3000, 3600, 12, "c2", **AYU_IS)
    return Story(events, {"ayu": Came("needs_review", 1100)}, (AYU,))


@pytest.fixture(scope="module")
def client(system: Running) -> Iterator[System]:
    with System(system.addresses) as client:
        yield client


@pytest.fixture(scope="module")
def played(system: Running, client: System) -> dict[str, Played]:
    """Two webinars that wait for an operator."""
    at = f"{client.at.registration}/v1/programmes"
    programme = client.call("POST", at, json={"year": 2008, "name": "Meja (contoh)"}).json()["id"]
    places = [Desk("strangers", 0), Desk("gap", 1)]
    stories = [strangers(places[0]), gap(places[1])]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda p, s: create(client, programme, p, s), places, stories))
    sent = [raw(body) for one in made for body in one.story.events]
    assert post_all(system, sent) == {200: len(sent)}
    for one in made:
        release(client, one)
    return {one.place.name.partition("-")[0]: one for one in made}


def becomes(ask: Callable[[], Any], wanted: Any, within: float = 30) -> Any:
    """Asks until the answer is as it should be; the last answer."""
    until = time.monotonic() + within
    while (found := ask()) != wanted and time.monotonic() < until:
        time.sleep(0.3)
    return found


def standing(client: System, one: Played, who: str) -> Any:
    """(verdict, present seconds, provisional) of a person."""
    names = ("verdict", "present_seconds", "provisional")
    found = {i["external_id"]: i for i in client.attendance(one.webinar_id)}[who]
    return tuple(found.get(name) for name in names)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, system: Running) -> Browser:
    browser.size(*DESKTOP)
    browser.open(system.addresses.attendance + "/sign-in?next=/desk")
    browser.run(f"document.querySelector('#token').value = '{system.addresses.token}'")
    browser.run("document.querySelector('form').submit()")
    browser.wait("location.pathname == '/desk' && document.readyState == 'complete'")
    return browser


def fill(page: Browser, form: str, press: str, **fields: str) -> None:
    """Fills a form as a person does, presses one of its buttons, and waits for the next page."""
    page.run("window.old = true")
    page.run(
        "const [css, press, fields] = arguments, form = document.querySelector(css);"
        "for (const [name, value] of Object.entries(fields)) {"
        "  const radio = form.querySelector(`[name='${name}'][type=radio][value='${value}']`);"
        "  if (radio) radio.checked = true; else form.querySelector(`[name='${name}']`).value = value;"
        "}"
        "form.querySelector(press).click()",
        form, press, fields,
    )  # fmt: skip
    page.wait("!window.old && document.readyState == 'complete'")


def looks_right(page: Browser, axe: str, picture: Path) -> None:
    """Accessible, no wider than the screen, nothing refused by the policy; and a picture of it."""
    for size in (PHONE, DESKTOP):
        page.size(*size, phone=size == PHONE)
        wide, screen = page.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide == screen
        page.picture(picture.with_name(f"{picture.stem}-{size[0]}.png"))
        page.run(axe)
        found = page.run_async(
            "const done = arguments[arguments.length - 1];"
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
            " 'best-practice']}).then(r => done(r.violations))"
        )
        assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []
    assert page.console() == []


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
