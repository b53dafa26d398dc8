"""A preview of a rule (rule D1) decides nothing, and says exactly what follows when it is applied."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.registration.domain.webinar import next_webinar
from shared.events.attendance import Verdict
from shared.events.registration import EnrolledV1, RuleV1, WebinarSetV1
from shared.events.rulings import VerdictSettledV1
from shared.topics import RULINGS
from tests.services.attendance.test_pipeline import WEBINAR, bodies_of, scan_all, set_up
from tests.services.attendance.test_why import BEARER, decided
from tests.support.attendance_app import MemoryView, app_over, served
from tests.support.flow import world_of
from tests.support.workers import Stages, answering

WEB = httpx.Client(headers=BEARER)
EXACT = ("verdict", "provisional", "present_seconds", "base_seconds", "required_seconds")
RULES: list[tuple[dict[str, Any], str]] = [
    ({"minimum_share": 5000}, "exclude"),
    ({"minimum_share": 10_000}, "exclude"),
    ({"scope": "each_session"}, "exclude"),
    ({"minimum_sessions": 2, "minimum_share": 3000}, "include"),
    ({"latest_join": 60}, "exclude"),
    ({"required_items": ["post-test"]}, "exclude"),
    ({}, "include"),
]


@dataclass
class Played:
    """A webinar that was played and decided, and its api."""

    stages: Stages
    webinar: WebinarSetV1
    url: str
    settled: str
    app: Any

    def preview(self, rule: dict[str, Any], host_down: str = "exclude", **more: Any) -> Any:
        body = {"rule": rule, "host_down": host_down, **more}
        answer = WEB.post(f"{self.url}/v1/webinars/{WEBINAR}/rule:preview", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def playing(**settings: str) -> Iterator[Played]:
    """The webinar on an api with these settings."""
    world, said = world_of(2009, 92, "ugly", people=40), []
    pipeline = set_up(world, tell=said.append)
    for body in bodies_of(world):
        pipeline.webhook(body)
    scan_all(pipeline, world)
    stages = decided(pipeline)
    webinars = [e for e in said if isinstance(e, WebinarSetV1)]
    view = MemoryView(stages, webinars, [e for e in said if isinstance(e, EnrolledV1)])
    certify(stages)
    settled = settle(stages)
    with answering(stages) as address:
        app = app_over(view, address)
        app.state.settings = app.state.settings.model_copy(update=settings)
        with served(app) as url:
            yield Played(stages, webinars[0], url, settled, app)


@pytest.fixture
def played() -> Iterator[Played]:
    with playing() as found:
        yield found


def certify(stages: Stages) -> None:
    """Some of the eligible hold a certificate: rule D9 bears on what a rule does to them."""
    eligible = [p for p, d in stages.topic.decisions().items() if d["verdict"] == "eligible"]
    for person in sorted(eligible)[::3]:
        stages.knowledge.roster.certify(WEBINAR, person, holds=True)


def settle(stages: Stages) -> str:
    """An operator settles one person's verdict on exactly the present evidence; whose."""
    decisions = stages.topic.decisions()
    who = min(p for p, d in decisions.items() if d["verdict"] == "not_eligible")
    stages.knowledge.apply(RULINGS, "settled", VerdictSettledV1(
        ruling_id="settled", webinar_id=WEBINAR, made_at=1, made_by="operator", reason="Seen there",
        participant_id=who, digest=decisions[who]["digest"], verdict=Verdict.ELIGIBLE))  # fmt: skip
    stages.flush()
    assert stages.topic.decisions()[who]["verdict"] == "eligible"
    return who


def apply(played: Played, rule: dict[str, Any], host_down: str) -> dict[str, Any]:
    """As registration applies it; the decisions that follow."""
    changed = played.webinar.model_copy(update={
        "rule": RuleV1.model_validate({**played.webinar.rule.model_dump(), **rule}),
        "host_down": host_down})  # fmt: skip
    played.stages.knowledge._webinar(next_webinar(played.webinar, changed))
    played.stages.flush()
    return played.stages.topic.decisions()


@pytest.mark.parametrize(("rule", "host_down"), RULES)
def test_D1_what_follows_is_what_was_previewed(
    played: Played, rule: dict[str, Any], host_down: str
) -> None:
    before = played.stages.topic.decisions()
    published = len(played.stages.topic.said)
    told = played.preview(rule, host_down, limit=1000)
    assert len(played.stages.topic.said) == published, "a preview decides nothing"
    after = apply(played, rule, host_down)
    changed = {
        p
        for p in after
        if (before[p]["verdict"] == "eligible") != (after[p]["verdict"] == "eligible")
    }
    assert {item["participant_id"] for item in told["items"]} == changed
    for item in told["items"]:
        who = item["participant_id"]
        assert [item["before"][n] for n in EXACT] == [before[who][n] for n in EXACT]
        assert [item["after"][n] for n in EXACT] == [after[who][n] for n in EXACT]
        missing = [
            r["figures"]["item"] for r in after[who]["reasons"] if r["code"] == "item_missing"
        ]
        assert item["after"]["missing_items"] == missing
        assert item["change"] == ("rises" if after[who]["verdict"] == "eligible" else "falls")
    for when, decisions in (("before", before), ("after", after)):
        count = sum(d["verdict"] == "eligible" for d in decisions.values())
        assert told[f"eligible_{when}"] == count
    assert told["people"] == len(after) == sum(r["people"] for r in told["regions"])
    assert told["falls"] + told["rises"] == len(changed)


def test_the_rules_really_make_people_fall_and_rise(played: Played) -> None:
    assert played.preview({"minimum_share": 1000})["rises"] > 0
    assert played.preview({"minimum_share": 10_000})["falls"] > 0
    assert played.preview({"required_items": ["post-test"]})["falls"] > 0


def test_D9_nobody_with_a_certificate_falls_without_a_review(played: Played) -> None:
    after = played.preview({"required_items": ["post-test"]}, limit=1000)["items"]
    roster = played.stages.knowledge.roster
    verdicts = {i["participant_id"]: i["after"]["verdict"] for i in after}
    assert {verdicts[p] for p in verdicts if roster.stands(WEBINAR, p)[1]} == {"needs_review"}


def test_a_verdict_that_was_settled_acts_under_its_own_rule_alone(played: Played) -> None:
    told = played.preview({"minimum_share": 7990}, limit=1000)["items"]
    assert {"falls"} == {i["change"] for i in told if i["participant_id"] == played.settled}
    same = played.preview({}, limit=1000)
    assert (same["falls"], same["rises"]) == (0, 0)


def test_the_people_come_in_pages_of_one_computation(played: Played) -> None:
    whole = played.preview({"minimum_share": 10_000}, limit=1000)
    found, cursor = [], ""
    while cursor is not None:
        answer = played.preview({"minimum_share": 10_000}, limit=7, cursor=cursor, only="falls")
        found += [item["participant_id"] for item in answer["items"]]
        cursor = answer["next"]
    assert found == [i["participant_id"] for i in whole["items"] if i["change"] == "falls"]


def test_more_sessions_than_there_are_is_refused(played: Played) -> None:
    url = f"{played.url}/v1/webinars/{WEBINAR}/rule:preview"
    assert WEB.post(url, json={"rule": {"minimum_sessions": 9}}).status_code == 422
