"""The live page in a real browser, on a phone and a desktop."""

from pathlib import Path

import pytest

from tests.browser.test_why_page import DESKTOP, PHONE, both_widths
from tests.browser.test_why_page import signed_in as signed_in  # noqa: PLC0414 - a fixture
from tests.browser.webdriver import Browser
from tests.services.attendance.test_pipeline import WEBINAR
from tests.services.attendance.test_why import Played
from tests.services.attendance.test_why import played as played  # noqa: PLC0414 - a fixture


@pytest.fixture
def page(signed_in: Browser, request: pytest.FixtureRequest) -> Browser:
    """A browser at a phone's or a desktop's width."""
    size = getattr(request, "param", DESKTOP)
    signed_in.size(*size, phone=size == PHONE)
    return signed_in


def fits(page: Browser) -> None:
    wide, screen = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide == screen
    assert page.console() == []


@both_widths
def test_the_live_page_is_read_and_moves_by_itself(
    page: Browser, played: Played, axe: str, tmp_path: Path
) -> None:
    played.app.state.live._store.__init__()
    page.open(f"{played.url}/webinars/{WEBINAR}/live")
    assert page.text('[data-live="in"]') == "1.700"
    assert page.text('[data-region="15"] [data-cell="room"]') == "300"
    assert page.run("return document.querySelectorAll('[data-region]:not([hidden])').length") == 4
    page.wait("document.querySelector('[data-connection=on]')")
    page.picture(tmp_path / "live.png")
    fits(page)
    assert page.violations(axe) == []
    store = played.app.state.live._store
    counts = {**store.live.counts, "11": [50, 0, 50]}
    store.live = store.live._replace(counts=counts, minutes=[*store.live.minutes[1:], 1750])
    page.wait("document.querySelector('[data-live=in]').textContent == '1.750'")
    assert page.text('[data-region="11"] [data-cell="online"]') == "50"
    assert page.text('[data-live="peak"]') == "1.750"
