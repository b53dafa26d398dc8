"""The processes as they run: killed, doubled, their store emptied under them; the api's answers."""

import csv
import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.reporting.audit import audit, rebuild
from services.reporting.domain.quota import Cell
from shared.views import connect
from tests.services.reporting.world import (
    Life,
    counts_said,
    enrolled,
    last_said,
    programme,
    publish,
    quota_records,
    versions_grow,
    webinar,
    webinar_id,
)
from tests.support.processes import ROOT, TOKEN, Processes
from tests.support.wait import until

JAMBI = Cell(2026, "15", "asn")
Run = Processes


@pytest.fixture(scope="module")
def life() -> Life:
    """What happens in this module, a part at a time."""
    return Life(seed=4, people=200)


def test_counted_and_published_through_kills_rivals_and_an_emptied_store(
    provisioned: Any, run: Run, life: Life
) -> None:
    """The first test of the module: it plays all events; the others look at what came of it."""
    publish(provisioned, [programme(asn_15=20, asn_11=9), webinar(0), webinar(1)])
    workers = [run("worker"), run("worker")]
    chance = random.Random(5)
    for number, start in enumerate(range(0, len(life.events), 100)):
        publish(provisioned, life.events[start : start + 100])
        if number % 2:
            victim = chance.choice(workers)
            victim.kill()
            victim.start()
        if number == 3:
            connect(provisioned).flushdb()
        time.sleep(chance.random())
    until(lambda: counts_said(provisioned) == life.expected, within=150)
    assert versions_grow(quota_records(provisioned))
    assert audit(provisioned, settle=60) == []


def test_a_replay_of_every_topic_moves_no_cell(provisioned: Any, run: Run, life: Life) -> None:
    run("worker").wait_ready()
    before = len(quota_records(provisioned))
    publish(provisioned, life.events)
    assert audit(provisioned, settle=60) == []
    assert len(quota_records(provisioned)) == before


def test_an_emptied_store_is_rebuilt_and_nothing_new_is_said(
    provisioned: Any, run: Run, life: Life
) -> None:
    run("worker").wait_ready()
    assert audit(provisioned, settle=60) == []
    before = len(quota_records(provisioned))
    connect(provisioned).flushdb()
    assert audit(provisioned, settle=60) == []
    assert rebuild(provisioned, timeout=60) > 0
    assert audit(provisioned, settle=60) == []
    assert len(quota_records(provisioned)) == before
    assert counts_said(provisioned) == life.expected


@pytest.fixture
def client(run: Run) -> Iterator[httpx.Client]:
    """A client of an api that is ready, and a worker beside it."""
    run("worker").wait_ready()
    with httpx.Client(base_url=run("api").wait_ready().url, timeout=30) as made:
        yield made


def summary(client: httpx.Client, number: int) -> httpx.Response:
    """The figures of a webinar."""
    path = f"/v1/webinars/{webinar_id(number)}/summary"
    return client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})


def test_the_quotas_are_what_the_topic_says(
    provisioned: Any, client: httpx.Client, life: Life
) -> None:
    items = client.get("/v1/quotas").json()["items"]
    said = last_said(provisioned)
    assert {Cell(i["year"], i["region_code"], i["category"]): i["version"] for i in items} == {
        cell: event.version for cell, event in said.items()
    }
    (jambi,) = client.get("/v1/quotas", params={"region": "15", "category": "asn"}).json()["items"]
    expected = life.expected[JAMBI]
    assert (jambi["quota"], jambi["level"]) == (20, "province")
    assert (jambi["registered"], jambi["certified"]) == (expected.registered, expected.certified)


def test_filters_and_pages(client: httpx.Client) -> None:
    every = client.get("/v1/quotas").json()["items"]
    provinces = client.get("/v1/quotas", params={"level": "province", "year": 2026}).json()["items"]
    assert provinces == [i for i in every if "." not in i["region_code"]]
    assert client.get("/v1/quotas", params={"year": 2025}).json()["items"] == []
    path, paged = "/v1/quotas?limit=4", []
    while path:
        answer = client.get(path)
        paged += answer.json()["items"]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert paged == every
    assert client.get("/v1/quotas", params={"region": "Jambi"}).status_code == 422


def test_the_csv_is_what_an_indonesian_spreadsheet_opens(client: httpx.Client) -> None:
    answer = client.get("/v1/quotas.csv", params={"year": 2026})
    assert answer.content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    (jambi,) = [r for r in rows if (r["kode_wilayah"], r["kategori"]) == ("15", "asn")]
    assert (jambi["wilayah"], jambi["kuota"]) == ("Jambi", "20")
    assert "region_code" in client.get("/v1/quotas.csv", params={"lang": "en"}).text


def test_a_webinars_figures_are_its_own_people(client: httpx.Client, life: Life) -> None:
    people = {
        o.key
        for o in life.events
        if o.key.startswith(webinar_id(0)) and "enrolments" in o.topic.name
    }
    until(lambda: summary(client, 0).status_code == 200)
    figures = summary(client, 0).json()
    assert figures["title"] == "Webinar contoh 0"
    assert 0 < figures["registered"] <= len(people)
    assert figures["registered"] >= figures["attended"] >= figures["eligible"] > 0
    assert summary(client, 77).status_code == 404


def test_figures_need_a_token_and_quotas_do_not(client: httpx.Client) -> None:
    assert client.get(f"/v1/webinars/{webinar_id(0)}/summary").status_code == 401
    assert client.get("/v1/quotas").status_code == 200
    assert client.get("/").status_code == 200


def test_quotas_need_a_token_too_where_they_are_not_public(run: Run) -> None:
    api = run("api", HADIR_REPORTING_PUBLIC="false").wait_ready()
    for path in ("/", "/v1/quotas", "/v1/quotas.csv", "/v1/quotas/stream", "/live?year=2026"):
        assert httpx.get(api.url + path).status_code == 401, path
    allowed = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(api.url + "/v1/quotas", headers=allowed).status_code == 200


def test_while_counters_are_rebuilt_the_api_says_so_and_shows_no_zeros(
    provisioned: Any, run: Run, client: httpx.Client, life: Life
) -> None:
    until(lambda: summary(client, 0).status_code == 200)
    before = client.get("/v1/quotas").json()["items"]
    run.stop("worker")
    connect(provisioned).flushdb()
    answer = summary(client, 0)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:hadir:problem:not-ready")
    until(lambda: client.get("/v1/quotas").json()["recounting"], within=10)
    assert client.get("/v1/quotas").json()["items"] == before
    assert 'data-live-show="recounting" >' in client.get("/").text
    run("worker")
    until(lambda: summary(client, 0).status_code == 200)
    until(lambda: not client.get("/v1/quotas").json()["recounting"], within=10)


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """(id, event, data) of a stream."""
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            found[name] = value
        elif "data" in found:
            yield found["id"], found["event"], json.loads(found["data"])
            found = {}


def test_the_stream_says_all_first_then_what_changes_and_resumes_where_it_was(
    provisioned: Any, client: httpx.Client
) -> None:
    with client.stream("GET", "/v1/quotas/stream") as answer:
        stream = events_of(answer.iter_lines())
        _, kind, cells = next(stream)
        assert kind == "snapshot"
        assert len(cells) == len(client.get("/v1/quotas").json()["items"])
        publish(provisioned, [enrolled(0, 901, region="92")])
        changed = ((i, c["region_code"]) for i, kind, cs in stream if kind == "cells" for c in cs)
        seen = next(event_id for event_id, code in changed if code == "92")
    publish(provisioned, [enrolled(0, 902, region="92")])
    until(lambda: last_said(provisioned)[Cell(2026, "92", "asn")].registered == 2)
    with client.stream("GET", "/v1/quotas/stream", headers={"Last-Event-ID": seen}) as answer:
        _, kind, cells = next(events_of(answer.iter_lines()))
        assert (kind, [c["registered"] for c in cells]) == ("cells", [2])


def test_an_open_stream_does_not_hold_up_the_end_of_the_process(run: Run) -> None:
    api = run("api").wait_ready()
    with httpx.stream("GET", api.url + "/v1/quotas/stream", timeout=30) as answer:
        next(events_of(answer.iter_lines()))
        assert api.stop() < 5


def test_a_worker_ends_within_five_seconds(run: Run) -> None:
    worker = run("worker").wait_ready()
    assert worker.stop() < 5
    assert worker.process.returncode == 0


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "The setting HADIR_KAFKA is missing."),
        ({"HADIR_KAFKA": "127.0.0.1:1"}, "The setting HADIR_REDIS is missing."),
    ],
)
def test_a_process_that_cannot_start_says_why_in_one_sentence(
    environment: dict[str, str], sentence: str
) -> None:
    for name in ("api", "worker"):
        done = subprocess.run(
            [sys.executable, "-m", "services.reporting", name], cwd=ROOT, check=False,
            env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stderr.strip()) == (2, sentence)


def test_no_process_of_another_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.reporting", "gateway"], cwd=ROOT, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "Say which process to run: api, worker.\n")
