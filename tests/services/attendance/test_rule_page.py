"""The page that tries a rule, and applies exactly the one that was looked at."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared import passes
from shared.events.rulings import TimeCorrectedV1
from shared.http import Caller, Role
from shared.topics import RULINGS
from tests.services.attendance.test_pipeline import WEBINAR
from tests.services.attendance.test_rule_preview import Played, playing
from tests.support.attendance_app import TOKEN
from tests.support.pipeline import KEY

REGISTRATION = "https://registration.example"
APPLIED_AT = f"{REGISTRATION}/v1/rule-changes/{WEBINAR}"
ALL_OF_IT = {"share": "100"}


@pytest.fixture(scope="module")
def page() -> Iterator[Played]:
    with playing(registration_url=REGISTRATION + "/") as found:
        yield found


@pytest.mark.parametrize("lang", ["id", "en"])
def test_it_shows_the_outcome_and_links_to_the_people(page: Played, lang: str) -> None:
    url = f"{page.url}/webinars/{WEBINAR}/rule"
    plain = httpx.get(url, cookies={"hadir_token": TOKEN}, params={"lang": lang})
    assert 'value="80"' in plain.text
    assert 'id="outcome"' not in plain.text
    shown = httpx.get(url, cookies={"hadir_token": TOKEN}, params={"lang": lang, "share": 100})
    told = page.preview({"minimum_share": 10_000})
    assert f'data-sum="falls">{told["falls"]}<' in shown.text
    links = re.findall(rf"/webinars/{WEBINAR}/people/([0-9a-f-]+)", shown.text)
    assert links == [item["participant_id"] for item in told["items"][:50]]


def test_a_row_names_the_required_item_that_would_be_missing(page: Played) -> None:
    shown = httpx.get(f"{page.url}/webinars/{WEBINAR}/rule", cookies={"hadir_token": TOKEN},
                      params={"share": 80, "required_items": "post-test"})  # fmt: skip
    assert "belum memenuhi: post-test" in shown.text


def test_it_says_what_it_cannot_compute(page: Played) -> None:
    url = f"{page.url}/webinars/{WEBINAR}/rule"
    query = {"share": "70", "latest_join": "abc"}
    shown = httpx.get(url, cookies={"hadir_token": TOKEN}, params=query)
    assert "tidak dapat dihitung" in shown.text


def open_page(page: Played, **query: str) -> httpx.Response:
    url = f"{page.url}/webinars/{WEBINAR}/rule"
    return httpx.get(url, cookies={"hadir_token": TOKEN}, params=query)


def press(page: Played, given: str, reason: str = "rapat", **more: str) -> httpx.Response:
    """The form that applies."""
    return httpx.post(
        f"{page.url}/webinars/{WEBINAR}/rule", params=ALL_OF_IT, cookies={"hadir_token": TOKEN},
        data={"pass": given, "reason": reason, **more}, headers={"origin": page.url},
    )  # fmt: skip


def offer_of(answer: httpx.Response) -> str:
    """The pass in a page; '' without one."""
    found = re.search(r'name="pass" value="([^"]+)"', answer.text)
    return found[1] if found else ""


def test_what_was_looked_at_goes_to_registration_and_nothing_else(page: Played) -> None:
    shown = open_page(page, **ALL_OF_IT)
    assert f"form-action 'self' {REGISTRATION}" in shown.headers["content-security-policy"]
    offer = passes.read(KEY, "rule-change", WEBINAR, offer_of(shown))
    assert offer["rule"] == {**page.webinar.rule.model_dump(mode="json"), "minimum_share": 10_000}
    assert (offer["sub"], offer["version"]) == ("development", page.webinar.version)
    assert (
        offer["back"] == f"//{httpx.URL(page.url).netloc.decode()}/webinars/{WEBINAR}/rule?lang=id"
    )
    told = page.preview({"minimum_share": 10_000})
    assert offer["previewed"] == {
        name: told[name] for name in ("people", "falls", "rises", "digest")
    }
    pressed = press(page, offer_of(shown))
    assert (pressed.status_code, pressed.headers["location"]) == (307, APPLIED_AT)


def test_without_a_preview_of_another_rule_there_is_nothing_to_apply(page: Played) -> None:
    present = str(page.webinar.rule.minimum_share / 100)
    assert offer_of(open_page(page)) == offer_of(open_page(page, share=present)) == ""


def changed(offer: str, **claims: Any) -> str:
    """A pass that says something else."""
    told = {**passes.read(KEY, "rule-change", WEBINAR, offer), **claims}
    names = ("version", "rule", "host_down", "previewed", "back")
    return passes.make(KEY, "rule-change", WEBINAR, told["sub"], told["exp"],
                       **{name: told[name] for name in names})  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"sub": "somebody"}, "bukan hitungan Anda"),
        ({"version": 99}, "diubah sejak hitungan"),
        ({"exp": 1}, "lewat 10 menit"),
    ],
    ids=["another's", "of another version", "too old"],
)
def test_a_preview_that_does_not_hold_any_more_is_not_applied(
    page: Played, claims: dict[str, Any], said: str
) -> None:
    offer = changed(offer_of(open_page(page, **ALL_OF_IT)), **claims)
    refused = press(page, offer)
    assert refused.status_code == 409
    assert said in refused.text
    assert 'role="alert"' in refused.text
    assert offer_of(refused), "it can be looked at, and applied, anew"


def test_a_reason_is_needed(page: Played) -> None:
    refused = press(page, offer_of(open_page(page, **ALL_OF_IT)), reason=" ")
    assert (refused.status_code, "tulis alasannya" in refused.text) == (422, True)


def test_only_an_organiser_can_apply(page: Played) -> None:
    offer = offer_of(open_page(page, **ALL_OF_IT))
    tokens, viewer = page.app.state.tokens, Caller("development", frozenset({Role.OPERATOR}))
    page.app.state.tokens = type("Tokens", (), {"caller": lambda *_: viewer})()
    try:
        assert offer_of(open_page(page, **ALL_OF_IT)) == ""
        assert press(page, offer).status_code == 403
    finally:
        page.app.state.tokens = tokens


def test_when_facts_have_changed_the_list_of_now_is_shown_first(page: Played) -> None:
    offer = offer_of(open_page(page, **ALL_OF_IT))
    told = page.preview({"minimum_share": 10_000}, only="falls", limit=1000)
    gone = told["items"][0]["participant_id"]
    start, end = 0, 1 << 40
    page.stages.knowledge.apply(RULINGS, "gone", TimeCorrectedV1(
        ruling_id="gone", webinar_id=WEBINAR, made_at=1, made_by="o", reason="uji",
        participant_id=gone, kind="remove", start=start, end=end))  # fmt: skip
    page.stages.flush()
    differs = press(page, offer)
    assert differs.status_code == 409
    assert f"Tadi {told['falls']} gugur" in differs.text
    assert f"sekarang {told['falls'] - 1} gugur" in differs.text
    assert 'value="rapat"' in differs.text
    assert press(page, offer, anyway="yes").status_code == 307
    assert press(page, offer_of(differs)).status_code == 307
