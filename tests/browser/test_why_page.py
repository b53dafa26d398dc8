"""The page that says why, in a real browser: it is read on a phone and a desktop, by everybody."""

from pathlib import Path

import pytest

from tests.browser.webdriver import Browser
from tests.services.attendance.test_pipeline import WEBINAR
from tests.services.attendance.test_why import Played, links
from tests.services.attendance.test_why import played as played  # noqa: PLC0414 - a fixture
from tests.support.attendance_app import TOKEN

PHONE, DESKTOP = (360, 780), (1280, 900)
both_widths = pytest.mark.parametrize(
    "page", [PHONE, DESKTOP], indirect=True, ids=["phone", "desktop"]
)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, played: Played) -> Browser:
    browser.open(played.url + "/sign-in?next=/version")
    browser.run(f"document.querySelector('#token').value = '{TOKEN}'")
    browser.run("document.querySelector('form').submit()")
    browser.wait("location.pathname == '/version'")
    browser.console()  # that page has no icon: not ours to say
    return browser


@pytest.fixture
def page(signed_in: Browser, played: Played, request: pytest.FixtureRequest) -> Browser:
    """The page of somebody with a connection under review."""
    size = getattr(request, "param", DESKTOP)
    signed_in.size(*size, phone=size == PHONE)
    signed_in.open(f"{played.url}/webinars/{WEBINAR}/people/{played.doubtful}")
    return signed_in


@both_widths
def test_the_page_shows_verdict_picture_table_and_versions(page: Browser, tmp_path: Path) -> None:
    assert page.text("h1") == "Mengapa begini keputusannya"
    assert page.run("return document.querySelectorAll('svg.timeline rect.box').length") > 1
    assert page.run("return document.querySelectorAll('details tbody tr').length") > 1
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.picture(tmp_path / "why.png")
    wide, screen = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide == screen
    assert page.console() == []


@both_widths
def test_the_accessibility_checker_finds_nothing(page: Browser, axe: str) -> None:
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.violations(axe) == []


def test_a_persons_own_page_needs_no_sign_in_and_is_as_accessible(
    signed_in: Browser, played: Played, axe: str
) -> None:
    signed_in.size(*PHONE, phone=True)
    signed_in.open(played.url + links(played)[played.doubtful])
    assert signed_in.text("h1") == "Kehadiran Anda"
    assert signed_in.violations(axe) == []
