"""Why: the interface, the page and a person's own page tell the whole trail, and only that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from services.attendance.domain.facts import Scan
from services.attendance.routes import attendance
from services.attendance.scan_memory import Taken
from services.attendance.why.personal_link import link_code, read_link
from shared.events.registration import EnrolledV1, WebinarSetV1
from shared.keys import partition_of, person_key
from tests.services.attendance.test_pipeline import WEBINAR, bodies_of, scan_all, set_up
from tests.support.attendance_app import TOKEN, MemoryView, app_over, served
from tests.support.flow import world_of
from tests.support.pipeline import KEY, Pipeline
from tests.support.workers import Stages, answering

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}")
WEB = httpx.Client()
BEARER = {"authorization": f"Bearer {TOKEN}"}


@dataclass
class Played:
    """A webinar that was played and decided."""

    decisions: dict[str, Any]
    view: MemoryView
    app: Any
    url: str
    doubtful: str

    def ask(self, who: str) -> Any:
        return WEB.get(f"{self.url}/v1/webinars/{WEBINAR}/attendance/{who}", headers=BEARER)

    def page(self, who: str, **query: str) -> str:
        url = f"{self.url}/webinars/{WEBINAR}/people/{who}"
        found = WEB.get(url, params=query, cookies={"hadir_token": TOKEN})
        assert found.status_code == 200, found.text
        return found.text


def decided(pipeline: Pipeline) -> Stages:
    """The second stages, fed with all that the first ones said; every clock has passed."""
    pipeline.decisions()
    stages = Stages(pipeline.knowledge, pipeline.partitions)
    for partition, frames in pipeline.log.frames:
        stages.fold(partition, frames)
    for partition, scan in pipeline._scans:
        stages.stages[partition]._take("hadir.attendance.checked-in.v1", scan)
    stages.flush()
    for kind in ("grace", "retry_window"):
        for session in pipeline.knowledge.webinars[WEBINAR].sessions:
            for stage in stages.stages:
                stage._take("hadir.attendance.clock-passed.v1", {
                    "webinar_id": WEBINAR, "session_id": session.id, "clock": kind, "source": 0,
                    "official_end": session.end, "sources": 1})  # fmt: skip
        stages.flush()
    return stages


def maybe_theirs(stages: Stages) -> str:
    """Gives one person a connection of an open case; who it is."""
    who = min(stages.topic.decisions())
    session = stages.knowledge.webinars[WEBINAR].sessions[0]
    body = {
        "webinar_id": WEBINAR, "participant_id": who, "connection_id": "m|someone", "role": "candidate",
        "meeting_uuid": "m", "zoom_number": session.number, "revision": (1, 1), "ip_tags": (),
        "facts": (("j", "1", session.start), ("l", "1", session.end)), "candidates": (),
        "problem": "unknown",
    }  # fmt: skip
    place = partition_of(person_key(WEBINAR, who).encode(), stages.partitions)
    stages.stages[place]._take("hadir.attendance.connection-seen.v1", body)
    stages.flush()
    return who


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    world = world_of(2009, 91, "ugly", people=30)
    said: list[Any] = []
    pipeline = set_up(world, tell=said.append)
    for body in bodies_of(world):
        pipeline.webhook(body)
    scan_all(pipeline, world)
    stages = decided(pipeline)
    doubtful = maybe_theirs(stages)
    view = MemoryView(stages, [e for e in said if isinstance(e, WebinarSetV1)],
                      [e for e in said if isinstance(e, EnrolledV1)])  # fmt: skip
    with answering(stages) as address:
        app = app_over(view, address)
        with served(app) as url:
            yield Played(stages.topic.decisions(), view, app, url, doubtful)


def test_the_timeline_counts_what_the_decision_says(played: Played) -> None:
    for who, decision in played.decisions.items():
        told = played.ask(who).json()
        assert told["timeline"]["now"]["digest"] == decision["digest"] == told["digest"]
        present = [s["present_seconds"] for s in told["timeline"]["sessions"]]
        assert present == [s["present_seconds"] for s in decision["sessions"]]
        assert told["timeline"]["projection"] is False


def test_versions_tell_what_changed_and_which_fact_did_it(played: Played) -> None:
    told = next(t for t in (played.ask(w).json() for w in played.decisions)
                if len(t["versions"]) > 1)  # fmt: skip
    newest, first = told["versions"][0], told["versions"][-1]
    assert (first["cause"], newest["cause"]) == ("grace", "retry_window")
    assert newest["changed"]
    assert newest["cause_text"]["en"] == "Zoom's late deliveries are no longer waited for"


def test_a_look_at_a_person_is_audited_before_it_is_answered(played: Played) -> None:
    audit = played.app.state.publisher
    who = next(iter(played.decisions))
    for look in (played.ask, played.page):
        before = len(audit.said)
        look(who)
        (record,) = [r.event for r in audit.said[before:]]
        assert (record.action, record.who) == ("attendance-looked-at", "development")
        assert record.subject.endswith(who)


def pictures(html: str) -> list[ET.Element]:
    """Every SVG of a page, parsed as XML."""
    return [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_page_is_drawn_well_and_shows_no_id_and_no_address(played: Played, lang: str) -> None:
    for who in played.decisions:
        html = played.page(who, lang=lang)
        for picture in pictures(html):
            for box in picture.iter("rect"):
                if (box.get("class") or "").startswith("box") and "%" in (box.get("x") or ""):
                    x, width = (float(str(box.get(k)).rstrip("%")) for k in ("x", "width"))
                    assert 0 <= x <= 100
                    assert width > 0
                    assert x + width <= 100.5
        body = html.split("<main", 1)[1]
        assert not UUID.search(body)
        assert not re.search(r"\d+\.\d+\.\d+\.\d+", body)
        assert " style=" not in html
        assert "<script>" not in html


def test_the_page_has_the_reasons_in_both_languages(played: Played) -> None:
    who, decision = next(iter(played.decisions.items()))
    for lang in ("id", "en"):
        html = played.page(who, lang=lang)
        for reason in decision["reasons"]:
            assert reason["text"][lang].replace("'", "&#39;") in html


def test_a_page_needs_a_signed_in_visitor_and_the_interface_a_token(played: Played) -> None:
    who = next(iter(played.decisions))
    assert WEB.get(f"{played.url}/webinars/{WEBINAR}/people/{who}").status_code == 303
    asked = WEB.get(f"{played.url}/v1/webinars/{WEBINAR}/attendance/{who}")
    assert asked.status_code == 401


def test_the_list_of_one_verdict_has_all_of_its_people_in_full_pages(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "SCAN", 4)  # pages cross it
    first = f"{played.url}/v1/webinars/{WEBINAR}/attendance"
    for verdict in ("eligible", "not_eligible", "needs_review"):
        found: list[str] = []
        url = f"{first}?verdict={verdict}&limit=3"
        while url:
            answer = WEB.get(url, headers=BEARER)
            page = [item["participant_id"] for item in answer.json()["items"]]
            found, url = found + page, answer.links.get("next", {}).get("url", "")
            assert len(page) == 3 or not url
        assert found == sorted(p for p, d in played.decisions.items() if d["verdict"] == verdict)
    assert WEB.get(f"{first}?verdict=absent", headers=BEARER).status_code == 422


def test_somebody_unknown_is_a_404(played: Played) -> None:
    assert played.ask(WEBINAR).status_code == 404


def links(played: Played) -> dict[str, str]:
    found, cursor = {}, ""
    while cursor is not None:
        url = f"{played.url}/v1/webinars/{WEBINAR}/attendance-links"
        answer = WEB.get(url, headers=BEARER, params={"cursor": cursor, "limit": 25}).json()
        found |= {item["participant_id"]: item["path"] for item in answer["items"]}
        cursor = answer["next"]
    return found


def test_everybody_has_a_link_of_their_own_that_needs_no_token(played: Played) -> None:
    found = links(played)
    assert found.keys() == played.decisions.keys()
    assert len(set(found.values())) == len(found)
    who, path = next(iter(found.items()))
    shown = WEB.get(played.url + path)
    assert shown.status_code == 200
    external = played.view.enrolled(WEBINAR, [who])[who][0]
    assert external not in shown.text
    assert "Kehadiran Anda" in shown.text


def test_a_link_shows_nothing_of_a_connection_that_may_be_somebody_elses(played: Played) -> None:
    shown = WEB.get(played.url + links(played)[played.doubtful]).text
    assert "dalam tinjauan 1" not in shown
    assert "mungkin milik orang ini" in shown
    assert "dalam tinjauan 1" in played.page(played.doubtful)


@pytest.mark.parametrize("at", [0, 20, 42, 43, 50, 62])
def test_a_link_that_was_changed_anywhere_is_nobodys(at: int) -> None:
    person = "523c111a-b224-517c-8095-19eef0f60001"
    code = link_code(KEY, WEBINAR, person)
    assert read_link(KEY, code) == (WEBINAR, person)
    other = code[:at] + ("b" if code[at] != "b" else "c") + code[at + 1 :]
    assert read_link(KEY, other) is None
    assert read_link(b"x" * 32, code) is None


@pytest.mark.parametrize("code", ["x", "é" * 63, "A" * 63, "a" * 63, "-" * 200])
def test_a_guess_is_told_nothing(played: Played, code: str) -> None:
    guess = WEB.get(played.url + "/a/" + code)
    assert guess.status_code == 404
    assert "Tautan ini tidak berlaku" in guess.text


def test_while_the_worker_is_away_the_page_says_so(played: Played) -> None:
    who = next(iter(played.decisions))
    with served(app_over(played.view, "")) as url:
        asked = WEB.get(f"{url}/v1/webinars/{WEBINAR}/attendance/{who}", headers=BEARER)
        assert (asked.status_code, asked.headers["retry-after"]) == (503, "2")
        shown = WEB.get(url + "/a/" + link_code(KEY, WEBINAR, who))
    assert shown.status_code == 503
    assert "sedang dibaca" in shown.text


def test_a_code_that_was_at_two_gates_is_said_to_those_who_run_the_webinar_alone(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = next(iter(played.decisions))
    scans = [
        Taken(who, Scan(gate, "s1", "in", gate, at)) for gate, at in (("Utara", 0), ("Barat", 60))
    ]
    memory = SimpleNamespace(of=lambda *_: scans)
    monkeypatch.setattr(played.app.state, "check_ins", SimpleNamespace(memory=memory))
    assert "di dua gerbang sekaligus: s1: Utara 07.00.00 dan Barat 07.01.00" in played.page(who)
    played.app.state.own_pages.clear()
    assert "dua gerbang" not in WEB.get(played.url + links(played)[who]).text
