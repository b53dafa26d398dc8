"""A rule that was previewed in attendance becomes the webinar's: exactly it, once, with its reason."""

import json
import time

import httpx
import pytest

from shared import passes
from shared.topics import REGISTRATION_AUDIT

KEY = bytes(range(32))
BACK = "//attendance.example/webinars/w/rule?lang=en"
RULE = {"minimum_share": 7000, "scope": "each_session", "minimum_sessions": 1, "latest_join": 600,
        "required_items": ["post-test"]}  # fmt: skip


@pytest.fixture(scope="module")
def webinar(client):
    return client.webinar()


def offer(webinar, version, **more):
    told = {
        "rule": RULE,
        "host_down": "include",
        "previewed": {"falls": 3, "rises": 1},
        "back": BACK,
    }
    return passes.make(KEY, "rule-change", webinar, "organiser-1", int(time.time()) + 60,
                       version=version, **{**told, **more})  # fmt: skip


def apply(client, webinar, given, reason="rapat pleno"):
    """As a browser sends the form on: with the pass alone."""
    return httpx.post(f"{client.base_url}/v1/rule-changes/{webinar}",
                      data={"pass": given, "reason": reason}, timeout=60)  # fmt: skip


def test_the_previewed_rule_is_applied_once_and_audited_with_its_reason(client, webinar, log):
    before = client.get(f"/v1/webinars/{webinar}").json()
    for _ in range(2):
        answer = apply(client, webinar, offer(webinar, 1))
        assert (answer.status_code, answer.headers["location"]) == (303, BACK + "&applied=2")
    after = client.get(f"/v1/webinars/{webinar}").json()
    changed = {"rule": RULE, "host_down": "include", "version": 2, "rule_version": 2}
    assert after == {**before, **changed}
    records = [json.loads(r.value) for r in log.records(REGISTRATION_AUDIT)]
    (told,) = [r for r in records if r["action"] == "rule-applied"]
    assert (told["who"], told["reason"], told["webinar_id"]) == (
        "organiser-1", "rapat pleno", webinar,
    )  # fmt: skip
    names = ("version", "rule_version", "rule", "host_down")
    assert told["before"] == {name: before[name] for name in names}
    assert told["after"] == {
        **{name: after[name] for name in names}, "previewed": {"falls": 3, "rises": 1},
    }  # fmt: skip


def test_a_webinar_that_was_changed_since_the_preview_is_left_as_it_is(client, webinar):
    before = client.get(f"/v1/webinars/{webinar}").json()
    refused = apply(client, webinar, offer(webinar, before["version"] - 1, host_down="exclude"))
    assert refused.headers["location"] == BACK + "&refused=changed-meanwhile"
    assert client.get(f"/v1/webinars/{webinar}").json() == before


def test_a_rule_that_the_webinar_cannot_have_is_refused(client, webinar):
    rule = {**RULE, "minimum_sessions": 9}
    version = client.get(f"/v1/webinars/{webinar}").json()["version"]
    refused = apply(client, webinar, offer(webinar, version, rule=rule))
    assert refused.headers["location"] == BACK + "&refused=invalid"


def test_without_a_pass_or_a_reason_nothing_is_changed(client, webinar):
    other = passes.make(KEY, "walk-ins", webinar, "crew-1", int(time.time()) + 60)
    for given in ("", other, offer("another", 1)):
        assert apply(client, webinar, given).status_code == 401
    assert apply(client, webinar, offer(webinar, 2), reason=" ").status_code == 422
