"""A browser signs in with a token and keeps it in a cookie that only our own pages can use."""

from typing import Annotated, Any

import pytest
from fastapi.testclient import TestClient

from services.attendance.pages import sign_in
from services.attendance.pages.render import COMMON, serve_static
from shared.http import Caller, Role, allowed, build_app
from shared.settings import ApiSettings

TOKEN = "a-development-token"


@pytest.fixture
def browser() -> TestClient:
    settings = ApiSettings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1", dev_token=TOKEN)
    app = build_app("pages", settings, list)
    app.include_router(sign_in.router)
    serve_static(app)

    @app.get("/page")
    def shown(caller: Annotated[Caller, sign_in.visitor(Role.AUDITOR)]) -> str:
        return caller.subject

    @app.post("/written")
    def written(caller: Annotated[Caller, allowed(Role.OPERATOR)]) -> str:
        return caller.subject

    return TestClient(app, follow_redirects=False)


def signed_in(browser: TestClient, wanted: str = "/page") -> Any:
    return browser.post("/sign-in", data={"token": TOKEN, "next": wanted})


def test_a_page_sends_a_stranger_to_sign_in_and_back(browser: TestClient) -> None:
    sent = browser.get("/page")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Fpage")
    back = signed_in(browser)
    assert (back.status_code, back.headers["location"]) == (303, "/page")
    assert browser.get("/page").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: TestClient) -> None:
    cookie = signed_in(browser).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_wrong_token_gets_no_cookie(browser: TestClient) -> None:
    refused = browser.post("/sign-in", data={"token": "guess", "next": "/page"})
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    assert COMMON["token_wrong"][0] in refused.text


@pytest.mark.parametrize("wanted", ["https://elsewhere.example", "//elsewhere.example", "/\\e"])
def test_nobody_is_sent_elsewhere(browser: TestClient, wanted: str) -> None:
    assert signed_in(browser, wanted).headers["location"] == "/desk"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", ""])
def test_a_foreign_page_cannot_write_in_a_session(browser: TestClient, origin: str) -> None:
    signed_in(browser)
    assert browser.post("/written", headers={"origin": origin}).status_code == 403
    assert browser.post("/written", headers={"origin": "http://testserver"}).status_code == 200
