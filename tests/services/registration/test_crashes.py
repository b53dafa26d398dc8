"""Two processes at once, kills, an emptied store, a poison record: one consistent state after all."""

import asyncio
import secrets
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress

import httpx
import orjson
import pytest
from kafka import KafkaProducer

from services.registration.api import parts_of
from services.registration.domain.people import Person
from services.registration.handlers import view_of
from services.registration.personal import Sealer
from services.registration.settings import RegistrationApiSettings
from services.registration.stores import Store
from shared.events.registration import WebinarSetV1
from shared.keys import participant_id_of, person_key
from shared.topics import ENROLMENTS, KEYS, PARTICIPANTS

KEK = bytes(range(32))


def latest(log, topic):
    return {r.key.decode(): orjson.loads(r.value) for r in log.records(topic) if r.value}


def assert_readable(log, prefix, count):
    """Everybody's last record opens with everybody's last key, and nobody ever had two keys."""
    keys = [r.key.decode() for r in log.records(KEYS)]
    wrapped, people = latest(log, KEYS), latest(log, PARTICIPANTS)
    for i in range(count):
        pid = participant_id_of(f"{prefix}{i}")
        assert keys.count(pid) == len({r for r in keys if r == pid}) == 1
        personal = Sealer(KEK).open(pid, wrapped[pid]["wrapped"], people[pid]["sealed"])
        assert personal.external_id == f"{prefix}{i}"


@pytest.fixture
def second(run, api, client_of):
    """A client of a second api process."""
    with client_of(run("api").wait_ready().url) as made:
        yield made


def test_two_apis_that_meet_the_same_new_people_at_once_make_one_key_each(
    client, second, log, people_csv
):
    webinars = [client.webinar(), client.webinar()]
    csv = people_csv(1500, "both")
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda c, w: c.load(w, csv), (client, second), webinars))
    assert [a.json()["created"] for a in answers] == [1500, 1500]
    keys = [r for r in log.records(KEYS) if r.value]
    by_person = {}
    for record in keys:
        by_person.setdefault(record.key, set()).add(orjson.loads(record.value)["wrapped"])
    assert {len(found) for found in by_person.values()} == {1}
    people, wrapped = latest(log, PARTICIPANTS), latest(log, KEYS)
    for i in range(1500):
        pid = participant_id_of(f"both{i}")
        Sealer(KEK).open(pid, wrapped[pid]["wrapped"], people[pid]["sealed"])


def test_two_apis_in_lockstep_use_the_key_that_was_reserved_first(settings, client, log):
    """Both read that the person is new before either has published anything."""
    mine = settings(RegistrationApiSettings, kek=KEK, identity_key=KEK, dev_token="t")
    events = [
        WebinarSetV1.model_validate(w) for w in (webinar_event(client), webinar_event(client))
    ]

    async def enrol_in_lockstep():
        async with AsyncExitStack() as stack:
            parts = [await parts_of(mine, Store(mine, view_of(mine)), stack) for _ in events]
            for i in range(5):
                person = Person(f"lockstep{i}", "Nama", "asn", "15")
                both = zip(parts, events, strict=True)
                await asyncio.gather(*(p.importer.enrol_one(w, person) for p, w in both))

    asyncio.run(enrol_in_lockstep())
    people = {participant_id_of(f"lockstep{i}").encode() for i in range(5)}
    keys = [(r.key, r.value) for r in log.records(KEYS) if r.key in people]
    assert len(keys) > len(people), (
        "both must have met the person as a new one, or nothing is shown"
    )
    assert len(set(keys)) == len(people)


def webinar_event(client):
    body = client.get(f"/v1/webinars/{client.webinar()}").json()
    return body | {"webinar_id": body["id"]}


def test_the_same_file_in_two_apis_at_once_enrols_everybody_once(client, second, log, people_csv):
    webinar, csv = client.webinar(), people_csv(1500, "same")
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda c: c.load(webinar, csv).json(), (client, second)))
    assert sorted(a["created"] for a in answers) == [0, 1500]
    assert sorted(a["unchanged"] for a in answers) == [0, 1500]
    assert_readable(log, "same", 1500)


def test_conflicting_changes_of_one_person_lose_no_link(client, second, log):
    webinar = client.webinar()
    path = f"/v1/webinars/{webinar}/enrolments"

    def enrol(who, registrant):
        body = {"external_id": "fought", "name": "N", "category": "asn", "region_code": "15",
                "links": [{"zoom_number": "93201235621", "registrant_id": registrant}]}  # fmt: skip
        assert who.post(path, json=body).status_code in (200, 201)

    registrants = [f"f{i}" for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enrol, [client, second] * 6, registrants))
    last = latest(log, ENROLMENTS)[person_key(webinar, participant_id_of("fought"))]
    known = {link["registrant_id"] for link in (*last["links"], *last["former_links"])}
    assert known == set(registrants)
    assert len(last["links"]) == 1


def test_of_two_edits_with_the_same_etag_exactly_one_wins(client, second):
    webinar = client.webinar()
    path = f"/v1/webinars/{webinar}"
    for round_ in range(5):
        tag = client.get(path).headers["ETag"]

        def edit(who, title, tag=tag):
            return who.patch(path, json={"title": title}, headers={"If-Match": tag}).status_code

        with ThreadPoolExecutor() as pool:
            codes = list(pool.map(edit, (client, second), (f"a{round_}", f"b{round_}")))
        assert sorted(codes) == [200, 412]


def test_an_idempotency_key_creates_one_webinar_in_two_processes_at_once(client, second):
    programme = client.programme()
    body = {"programme_id": programme, "title": "T", "sessions": [
        {"id": "s", "start": "2026-12-01T02:00:00Z", "end": "2026-12-01T03:00:00Z",
         "hall": {"name": "Aula"}}]}  # fmt: skip
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    with ThreadPoolExecutor() as pool:
        answers = list(
            pool.map(lambda c: c.post("/v1/webinars", json=body, headers=headers), (client, second))
        )
    assert sorted(a.status_code for a in answers) == [200, 201]
    assert len({a.json()["id"] for a in answers}) == 1
    other = client.post("/v1/webinars", json=body | {"title": "U"}, headers=headers)
    assert other.json()["type"] == "urn:hadir:problem:idempotency-key-reused"


def cut_off(client, webinar, csv):
    with suppress(httpx.TransportError):  # the process that answers is killed on purpose
        client.load(webinar, csv)


def test_an_api_killed_during_an_import_leaves_what_the_same_file_completes(
    run, api, client, client_of, log, people_csv
):
    webinar, csv = client.webinar(), people_csv(6000, "killed")
    for instant in (0.3, 0.8):
        doomed = run("api").wait_ready()
        with client_of(doomed.url) as other:
            upload = threading.Thread(target=cut_off, args=(other, webinar, csv))
            upload.start()
            time.sleep(instant)
            doomed.kill()
            upload.join()
    done = client.load(webinar, csv)
    assert done.status_code == 200, done.text
    body = done.json()
    assert body["created"] + body["updated"] + body["unchanged"] == 6000
    assert client.load(webinar, csv).json()["unchanged"] == 6000
    assert len(client.enrolments(webinar)) == 6000
    wrapped, people = latest(log, KEYS), latest(log, PARTICIPANTS)
    for i in range(6000):
        pid = participant_id_of(f"killed{i}")
        Sealer(KEK).open(pid, wrapped[pid]["wrapped"], people[pid]["sealed"])


def test_an_emptied_store_is_never_taken_for_an_empty_world(client, worker, store, log, people_csv):
    webinar, csv = client.webinar(), people_csv(800, "flushed")
    assert client.load(webinar, csv).json()["created"] == 800
    before, keys = client.enrolments(webinar), log.ends(KEYS)
    worker.signal(signal.SIGSTOP)
    store.flushdb()
    assert client.get(f"/v1/webinars/{webinar}/enrolments").status_code == 503
    assert client.load(webinar, csv).status_code == 503
    assert client.get("/readyz").status_code == 503
    worker.signal(signal.SIGCONT)
    worker.wait_ready()
    assert client.enrolments(webinar) == before
    assert client.load(webinar, csv).json()["unchanged"] == 800
    assert log.ends(KEYS) == keys


def test_a_store_emptied_in_the_middle_of_an_import_makes_no_second_keys(
    client, worker, store, log, people_csv
):
    webinar, csv = client.webinar(), people_csv(4000, "midway")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(client.load, webinar, csv)
        time.sleep(0.5)
        store.flushdb()
        assert answer.result().status_code in (200, 202, 503)
    worker.wait_ready()
    done = client.load(webinar, csv)
    assert done.status_code == 200, done.text
    assert len(client.enrolments(webinar)) == 4000
    assert_readable(log, "midway", 4000)


def test_a_dropped_view_is_rebuilt_to_the_same_answers(client, worker, provisioned, people_csv):
    webinar = client.webinar()
    client.load(webinar, people_csv(500, "dropped"))
    before = client.enrolments(webinar)
    view_of(provisioned).drop()
    worker.wait_ready()
    assert client.enrolments(webinar) == before


def test_a_killed_worker_catches_up_and_writes_that_waited_go_on(client, worker, people_csv):
    webinar = client.webinar()
    worker.kill()
    late = client.load(webinar, people_csv(10, "late"))
    assert late.status_code == 202, "written, but not readable before the worker is back"
    assert client.load(webinar, people_csv(10, "later")).status_code == 503
    worker.start()
    worker.wait_ready()
    assert client.load(webinar, people_csv(10, "late")).json()["unchanged"] == 10


def test_a_poison_record_at_the_end_of_a_partition_stops_no_writer(client, provisioned, people_csv):
    webinar = client.webinar()
    producer = KafkaProducer(bootstrap_servers=provisioned.kafka)
    for partition in range(provisioned.partitions):
        producer.send(provisioned.topic(ENROLMENTS), b"garbage", key=b"x", partition=partition)
    producer.flush()
    producer.close()
    until = time.monotonic() + 20
    while (answer := client.load(webinar, people_csv(5, "poison"))).status_code == 503:
        assert time.monotonic() < until, answer.text
    assert answer.json()["created"] == 5


def test_with_two_workers_the_view_is_ready_only_when_both_have_rebuilt(
    run, client, worker, store, people_csv, provisioned
):
    webinar = client.webinar()
    client.load(webinar, people_csv(300, "halves"))
    other = run("worker", HADIR_INSTANCE="worker-1").wait_ready()
    before = client.enrolments(webinar)
    other.signal(signal.SIGSTOP)
    halted = time.monotonic()
    store.flushdb()
    while not store.keys("*registration:position:*"):  # the other worker rebuilds its half
        time.sleep(0.1)
    time.sleep(3)
    ready = view_of(provisioned).ready()
    assert not ready or time.monotonic() - halted > 14, "after 15 s the group drops a halted member"
    other.signal(signal.SIGCONT)
    worker.wait_ready()
    assert client.enrolments(webinar) == before
