"""The page of differences with Zoom's report, in a real browser: everybody can read it."""

from collections.abc import Iterator

import pytest

from tests.browser.test_why_page import DESKTOP, PHONE
from tests.browser.webdriver import Browser
from tests.support.attendance_app import TOKEN, served
from tests.support.differences_app import WEBINAR, app_of, listed


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(app_of(listed())) as base:
        yield base


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_accessibility_checker_finds_nothing(
    browser: Browser, url: str, size: tuple[int, int], axe: str
) -> None:
    browser.size(*size, phone=size == PHONE)
    browser.open(f"{url}/sign-in?next=/webinars/{WEBINAR}/differences")
    browser.run(f"document.querySelector('#token').value = '{TOKEN}'")
    browser.run("document.querySelector('form').submit()")
    browser.wait("location.pathname.endsWith('/differences')")
    assert browser.text("h1") == "Selisih dengan laporan Zoom"
    assert browser.violations(axe) == []
    wide, screen = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide == screen
    assert browser.console() == []
