"""Webinars that wait for an operator, and what a person does on the desk's pages in a browser."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.simulator.system import System
from tests.browser.conftest import axe as axe  # noqa: PLC0414 - a fixture
from tests.browser.conftest import browser as browser  # noqa: PLC0414 - a fixture
from tests.browser.webdriver import Browser
from tests.flow.test_quirks import Played
from tests.support.quirks import AYU, AYU_IS, BUDI, Came, Place, Story, life, visit

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


def fill(page: Browser, form: str, press: str, **fields: str) -> None:
    """Fills a form as a person does, presses one of its buttons, and waits for the next page."""
    page.run("window.old = true")
    page.run(
        "const [css, press, fields] = arguments, form = document.querySelector(css);"
        "for (const [name, value] of Object.entries(fields)) {"
        "  const radio = form.querySelector(`[name='${name}'][type=radio][value='${CSS.escape(value)}']`);"
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
        assert page.violations(axe) == []
    assert page.console() == []


def many(at: Place) -> Story:
    """Budi is there all the time, Ayu for a little over a quarter of it."""
    room = at.room()
    events = [*life(room, -600, 3660), *visit(room, 0, 1000, 11, "c1", **AYU_IS)]
    events += visit(room, 0, 3600, 12, "c2", registrant_id="_budi")
    return Story(events, {}, (AYU, BUDI))
