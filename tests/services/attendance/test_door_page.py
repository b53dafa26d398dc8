"""The door page's parts fit together: texts, files, what the service worker keeps, who may open it."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.attendance.pages import door_files, sign_in
from services.attendance.pages.door_texts import PAGE, SCRIPT, TEXTS
from services.attendance.pages.render import FOLDER, serve_static
from services.attendance.routes import door
from services.attendance.settings import AttendanceApiSettings
from shared.http import build_app

STATIC = FOLDER / "static"
SCRIPTS = sorted((STATIC / "door").glob("*.js"))
ROUTES = FOLDER.parent / "routes"
TOKEN = "a-development-token"


@pytest.fixture(scope="module")
def browser() -> TestClient:
    settings = AttendanceApiSettings(
        kafka="127.0.0.1:1", redis="redis://127.0.0.1:1", dev_token=TOKEN, code_key=bytes(32),
        identity_key=bytes(32), registration_url="http://127.0.0.1:8002/",
    )  # fmt: skip
    app = build_app("pages", settings, list)
    app.state.settings = settings
    for routes in (sign_in, door):
        app.include_router(routes.router)
    serve_static(app)
    client = TestClient(app, follow_redirects=False)
    client.post("/sign-in", data={"token": TOKEN, "next": "/door"})
    return client


def test_a_stranger_is_sent_to_sign_in(browser: TestClient) -> None:
    with TestClient(browser.app, follow_redirects=False) as stranger:
        assert stranger.get("/door").headers["location"] == "/sign-in?next=%2Fdoor"


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_page_is_whole_in_both_languages(browser: TestClient, lang: str) -> None:
    html = browser.get(f"/door?lang={lang}").text
    place = 0 if lang == "id" else 1
    for key in ("setup", "walk_in", "lists", "outbox"):
        assert PAGE[key][place] in html
    assert "<script>" not in html
    assert " style=" not in html
    assert re.findall(r"<[a-z]+[^>]* (on\w+)=", html) == []


def test_the_page_may_talk_to_registration_and_to_nobody_else(browser: TestClient) -> None:
    policy = browser.get("/door").headers["content-security-policy"]
    assert "connect-src 'self' http://127.0.0.1:8002;" in policy
    assert "script-src 'self';" in policy


def test_every_file_that_the_worker_keeps_exists(browser: TestClient) -> None:
    assert [f for f in door_files.FILES if browser.get(f).status_code != 200] == []
    sources = re.findall(r'(?:src|href)="(/static/[^"]+)"', browser.get("/door").text)
    assert set(sources) <= set(door_files.FILES)


def test_another_file_makes_another_version(browser: TestClient) -> None:
    first, second = (re.findall(r'VERSION = "(\w+)"', door_files.worker_script(page))
                     for page in (b"a", b"b"))  # fmt: skip
    assert first != second
    script = browser.get("/door-sw.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "no-cache"


def said(script: Path) -> set[str]:
    return set(re.findall(r'\bsay\(\s*"([\w-]+)"', script.read_text()))


def test_every_sentence_that_a_script_says_is_written() -> None:
    found = set().union(*map(said, SCRIPTS))
    assert found - SCRIPT.keys() == set()
    assert {f"state_{state}" for state in ("unsent", "sent", "refused")} <= SCRIPT.keys()
    refusals = (ROUTES / "proctor_lists.py").read_text() + (ROUTES / "common.py").read_text()
    of_lists = {"interval-empty", "list-without-time", "room-of-other-session", "session-unknown"}
    assert {f"problem_{code}" for code in of_lists} <= SCRIPT.keys()
    assert all(f'"{code}"' in refusals for code in of_lists)
    problems = re.findall(
        r'"(cut-short|no-code|other-webinar)"', (STATIC / "door/roster.js").read_text()
    )
    assert set(problems) <= SCRIPT.keys()


def test_every_sentence_is_in_both_languages_with_the_same_gaps() -> None:
    for key, (indonesian, english) in TEXTS.items():
        assert indonesian, key
        assert english, key
        assert re.findall(r"\{\w+\}", indonesian) == re.findall(r"\{\w+\}", english), key


def test_what_was_taken_from_others_is_unchanged() -> None:
    from hashlib import sha256

    note = (STATIC / "door/vendor/README.md").read_text()
    (told,) = re.findall(r"sha256 (\w{64})  jsQR.js", note)
    assert sha256((STATIC / "door/vendor/jsQR.js").read_bytes()).hexdigest() == told
    assert (STATIC / "door/vendor/jsQR.LICENSE").is_file()


def test_no_script_builds_code_from_text_or_talks_to_strangers() -> None:
    for script in SCRIPTS:
        text = script.read_text()
        assert not re.search(r"\beval\(|new Function|innerHTML|https?://", text), script.name
