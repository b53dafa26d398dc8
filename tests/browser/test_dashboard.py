"""The dashboard in a real browser: it is read, it moves by itself, and everybody can use it."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.webdriver import Browser
from tests.services.reporting.world import (
    certified,
    decided,
    enrolled,
    last_said,
    programme,
    publish,
)
from tests.support.processes import Processes
from tests.support.wait import until

PHONE, DESKTOP = (360, 780), (1280, 900)
PEOPLE = 12


@pytest.fixture(scope="module")
def url(provisioned: Any, run: Processes) -> str:
    """The address of a dashboard on which twelve people of Jambi are certified."""
    publish(provisioned, [programme(asn_15=20, asn_11=5, asn_31=30)])
    publish(
        provisioned,
        [make(0, n) for n in range(PEOPLE) for make in (enrolled, decided, certified)]
        + [make(0, n) for n in range(100, 105) for make in (decided, certified)]
        + [enrolled(0, n, region="11") for n in range(100, 105)]
        + [enrolled(0, n, region="31") for n in range(200, 203)],
    )
    api = run("api")
    run("worker").wait_ready()
    api.wait_ready()
    until(lambda: sum(e.certified for e in last_said(provisioned).values()) == PEOPLE + 5)
    until(lambda: len(last_said(provisioned)) >= 3)
    return api.url


@pytest.fixture
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Browser:
    """The page in Indonesian, at a phone's or a desktop's width."""
    size = getattr(request, "param", DESKTOP)
    browser.size(*size, phone=size == PHONE)
    browser.open(url + "/")
    return browser


def live(browser: Browser, mark: str) -> str:
    """A figure on the page."""
    return browser.text(f'[data-live="{mark}"]')


both_widths = pytest.mark.parametrize(
    "page", [PHONE, DESKTOP], indirect=True, ids=["phone", "desktop"]
)


@both_widths
def test_the_page_shows_progress_funnel_map_and_table(page: Browser, tmp_path: Path) -> None:
    assert page.text("h1") == "Kemajuan program 2026"
    assert live(page, "progress.counted") == str(PEOPLE + 5)
    assert live(page, "progress.target") == "dari target 1.250"
    assert [live(page, f"n.{step}") for step in ("registered", "eligible", "certified")] == [
        "20", "17", "17",
    ]  # fmt: skip
    assert live(page, "p.15.short") == "60%"
    assert live(page, "p.15.share") == "60,0%"
    assert page.run("return document.querySelectorAll('svg.map g.tile').length") == 38
    assert page.run("return document.querySelectorAll('table.wide tbody tr').length") == 38
    page.picture(tmp_path / "dashboard.png")
    assert (tmp_path / "dashboard.png").stat().st_size > 20_000


@both_widths
def test_nothing_is_wider_than_the_screen_and_nothing_is_refused(page: Browser) -> None:
    wide, screen = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide == screen
    assert page.console() == []


@both_widths
def test_the_accessibility_checker_finds_nothing(page: Browser, axe: str) -> None:
    page.wait("document.querySelector('[data-connection-text]').textContent")
    assert page.violations(axe) == []


@both_widths
def test_everything_that_can_be_pressed_is_at_least_24_pixels(page: Browser) -> None:
    small = page.run(
        "return [...document.querySelectorAll('a, button, [tabindex=\"0\"]')]"
        ".filter(e => !e.classList.contains('skip'))"
        ".map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])"
        ".filter(([, r]) => r.width < 24 || r.height < 24).map(([html]) => html)"
    )
    assert small == []


def test_a_counter_changes_without_a_reload(page: Browser, provisioned: Any) -> None:
    page.wait("document.querySelector('[data-connection=on]')")
    page.run("window.notReloaded = true")
    certified_before = int(live(page, "n.certified"))
    share_before = live(page, "p.15.share")
    publish(provisioned, [make(0, 50) for make in (enrolled, decided, certified)])
    page.wait(
        f"document.querySelector('[data-live=\"n.certified\"]').textContent == '{certified_before + 1}'"
    )
    page.wait(
        f"document.querySelector('[data-live=\"p.15.share\"]').textContent != '{share_before}'"
    )
    assert page.run("return window.notReloaded")
    assert str(certified_before + 1) in page.text("[data-announce]")


def test_a_tile_changes_its_pattern_with_its_level(page: Browser, provisioned: Any) -> None:
    tile = '[data-live-level="p.31.level"]'
    page.wait("document.querySelector('[data-connection=on]')")
    assert page.run(f"return document.querySelector('{tile}').dataset.level") == "0"
    publish(provisioned, [make(0, n) for n in (200, 201) for make in (decided, certified)])
    page.wait(f"document.querySelector('{tile}').dataset.level == '1'")
    assert page.run(f"return document.querySelector('{tile} .ground').getAttribute('fill')") == (
        "url(#level-1)"
    )


def test_english_is_one_press_away_and_keeps_the_choice_of_category(
    page: Browser, url: str
) -> None:
    page.open(url + "/?category=asn")
    page.run("document.querySelector('a.language').click()")
    page.wait("document.documentElement.lang == 'en' && document.readyState == 'complete'")
    assert page.text("h1") == "Programme progress 2026"
    assert page.text(".chips [aria-current]") == "Civil servants"
    assert live(page, "progress.target") == "of a target of 1,000"


def test_the_keyboard_reaches_the_content_first_and_sees_where_it_is(page: Browser) -> None:
    first = page.run("const a = document.querySelector('a'); a.focus(); return a.className")
    assert first == "skip"
    assert page.run("return getComputedStyle(document.querySelector('a')).top") != "-64px"


def test_without_scripts_every_figure_is_there(url: str, page: Browser) -> None:
    import httpx

    plain = httpx.get(url + "/").text
    assert (
        page.run("return document.querySelector('[data-live=\"p.11.share\"]').textContent") in plain
    )
    assert "default-src 'none'" in httpx.get(url + "/").headers["content-security-policy"]
    assert "<script>" not in plain
    assert " style=" not in plain
