"""Importing people over the real api, broker and store."""

import orjson
import pytest

from shared.keys import participant_id_of
from shared.topics import ENROLMENTS, KEYS, PARTICIPANTS


def row(external_id, registrant="", *, name="Nama", email="", zoom="93201235621", category="asn"):
    return f"{external_id},{name},{email},,{category},15,,{zoom},{registrant},either\n"


HEADER = "external_id,name,email,nip,category,region_code,agency,zoom_number,registrant_id,mode\n"


def counts(answer):
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["created"], body["updated"], body["unchanged"], len(body["rejected"])


def events(log, topic, key_part):
    found = [r for r in log.records(topic) if key_part in r.key.decode()]
    return [orjson.loads(r.value) for r in found]


def test_the_same_file_twice_is_unchanged_and_publishes_nothing(client, log, people_csv):
    webinar = client.webinar()
    csv = people_csv(2500, "twice")
    assert counts(client.load(webinar, csv)) == (2500, 0, 0, 0)
    before = [log.ends(topic) for topic in (KEYS, PARTICIPANTS, ENROLMENTS)]
    assert counts(client.load(webinar, csv)) == (0, 0, 2500, 0)
    assert [log.ends(topic) for topic in (KEYS, PARTICIPANTS, ENROLMENTS)] == before
    assert len(client.enrolments(webinar)) == 2500


def test_what_was_imported_can_be_read_at_once_also_in_person(client):
    webinar = client.webinar()
    csv = HEADER + row("budi", "r1", name="Contoh Budi", email="Budi@Example.id")
    assert counts(client.load(webinar, csv)) == (1, 0, 0, 0)
    enrolment = client.enrolments(webinar)["budi"]
    assert enrolment["links"] == [{"zoom_number": "93201235621", "registrant_id": "r1"}]
    person = client.get(f"/v1/participants/{enrolment['participant_id']}")
    assert person.json()["email"] == "Budi@Example.id"
    assert person.headers["Cache-Control"] == "no-store"


def test_good_rows_go_through_and_bad_ones_are_named(client):
    webinar = client.webinar()
    answer = client.load(webinar, HEADER + row("good") + row("bad", category="pns") + row("fine"))
    assert counts(answer) == (2, 0, 0, 1)
    (problem,) = answer.json()["rejected"]
    assert (problem["row"], problem["column"], problem["code"]) == (3, "category", "category")
    assert set(client.enrolments(webinar)) == {"good", "fine"}


def test_a_link_that_moves_to_somebody_else_is_published_for_both(client, log):
    webinar = client.webinar()
    client.load(webinar, HEADER + row("old-owner", "moved") + row("new-owner", "other"))
    answer = client.load(webinar, HEADER + row("new-owner", "moved"))
    assert counts(answer) == (0, 1, 0, 0)
    old = events(log, ENROLMENTS, f"{webinar}|{participant_id_of('old-owner')}")[-1]
    new = events(log, ENROLMENTS, f"{webinar}|{participant_id_of('new-owner')}")[-1]
    moved = {"zoom_number": "93201235621", "registrant_id": "moved"}
    assert (old["links"], old["former_links"]) == ([], [moved])
    assert new["links"] == [moved]
    assert new["former_links"] == [{"zoom_number": "93201235621", "registrant_id": "other"}]
    assert new["taken_from"] == [participant_id_of("old-owner")]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_people_who_swap_links_keep_both_whatever_the_order(client, log, order):
    webinar = client.webinar()
    client.load(webinar, HEADER + row("a", "x") + row("b", "y"))
    wanted = {"a": "y", "b": "x"}
    assert counts(client.load(webinar, HEADER + "".join(row(p, wanted[p]) for p in order))) == (
        0,
        2,
        0,
        0,
    )
    for person, other in (("a", "b"), ("b", "a")):
        last = events(log, ENROLMENTS, f"{webinar}|{participant_id_of(person)}")[-1]
        assert [link["registrant_id"] for link in last["links"]] == [wanted[person]]
        assert last["taken_from"] == [participant_id_of(other)]
    again = client.load(webinar, HEADER + row("a", "y") + row("b", "x"))
    assert counts(again) == (0, 0, 2, 0)


def test_versions_of_an_enrolment_grow_with_every_change(client, log):
    webinar = client.webinar()
    for registrant in ("v1", "v2", "v3"):
        client.load(webinar, HEADER + row("changing", registrant))
    found = events(log, ENROLMENTS, f"{webinar}|{participant_id_of('changing')}")
    versions = [event["version"] for event in found]
    assert len(versions) == 3
    assert versions == sorted(set(versions))


def test_a_changed_e_mail_leaves_its_pseudonym_behind_and_no_address_in_the_topic(client, log):
    webinar = client.webinar()
    client.load(webinar, HEADER + row("mover", email="lama@example.id"))
    client.load(webinar, HEADER + row("mover", email="baru@example.id"))
    first, last = events(log, ENROLMENTS, f"{webinar}|{participant_id_of('mover')}")
    assert last["former_email_hmacs"] == [first["email_hmac"]]
    assert last["email_hmac"] != first["email_hmac"]
    assert "example.id" not in str((first, last))


def test_a_person_of_an_earlier_webinar_keeps_their_key_and_their_data(client, log):
    first, second = client.webinar(), client.webinar()
    client.load(first, HEADER + row("regular", email="a@example.id"))
    assert (
        counts(client.load(second, "external_id,name,category,region_code\nregular,Nama,asn,15\n"))[
            0
        ]
        == 1
    )
    participant_id = participant_id_of("regular")
    assert len(events(log, KEYS, participant_id)) == 1
    assert len(events(log, PARTICIPANTS, participant_id)) == 1
    assert client.get(f"/v1/participants/{participant_id}").json()["email"] == "a@example.id"
    hmacs = [
        events(log, ENROLMENTS, f"{w}|{participant_id}")[-1]["email_hmac"] for w in (first, second)
    ]
    assert hmacs[0] == hmacs[1] != ""


def test_a_cancelled_enrolment_stays_listed_and_comes_back_by_an_import(client):
    webinar = client.webinar()
    client.load(webinar, HEADER + row("leaver", "r"))
    path = f"/v1/webinars/{webinar}/enrolments/{participant_id_of('leaver')}"
    tag = client.get(path).headers["ETag"]
    assert client.post(path + ":cancel", headers={"If-Match": '"1"'}).status_code == 412
    assert client.post(path + ":cancel", headers={"If-Match": tag}).json()["status"] == "cancelled"
    assert client.enrolments(webinar)["leaver"]["status"] == "cancelled"
    assert counts(client.load(webinar, HEADER + row("leaver", "r"))) == (0, 1, 0, 0)
    assert client.enrolments(webinar)["leaver"]["status"] == "enrolled"


def test_one_person_can_be_enrolled_as_json(client):
    path = f"/v1/webinars/{client.webinar()}/enrolments"
    body = {"external_id": "single", "name": "Nama", "category": "public", "region_code": "31.71",
            "links": [{"zoom_number": "93201235621", "registrant_id": "j"}]}  # fmt: skip
    made = client.post(path, json=body)
    assert (made.status_code, made.json()["outcome"]) == (201, "created")
    again = client.post(path, json=body)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    wrong = client.post(path, json=body | {"region_code": "99", "mode": "x"})
    assert wrong.status_code == 422
    assert {e["pointer"] for e in wrong.json()["errors"]} == {"/region_code", "/mode"}


def test_a_form_upload_with_semicolons_and_bom_is_the_same_import(client):
    path = f"/v1/webinars/{client.webinar()}/participants:import"
    csv = "\ufeff" + (HEADER + row("form")).replace(",", ";")
    answer = client.post(
        path, files={"file": ("peserta.csv", csv.encode(), "application/vnd.ms-excel")}
    )
    assert counts(answer) == (1, 0, 0, 0)


def test_files_that_cannot_be_read_change_nothing(client, log):
    webinar = client.webinar()
    before = log.ends(ENROLMENTS)
    latin = (HEADER + row("x", name="André")).encode("cp1252")
    assert client.load(webinar, latin).json()["type"] == "urn:hadir:problem:not-utf8"
    assert (
        client.load(webinar, "external_id,name\nx,y\n").json()["type"]
        == "urn:hadir:problem:columns"
    )
    path = f"/v1/webinars/{webinar}/participants:import"
    assert (
        client.post(path, content=b"x", headers={"Content-Type": "application/pdf"}).status_code
        == 415
    )
    assert client.post(path, files={"other": b"x"}).status_code == 422
    assert client.load("no-such-webinar", HEADER).status_code == 404
    assert log.ends(ENROLMENTS) == before


def test_a_large_import_is_a_job_that_can_be_followed(run, worker, people_csv, client_of):
    api = run("api", HADIR_IMPORT_ROWS_AT_ONCE="100").wait_ready()
    with client_of(api.url) as client:
        webinar = client.webinar()
        csv = people_csv(3000, "job") + "bad,,,,asn,15,,,,\n"
        started = client.load(webinar, csv)
        assert started.status_code == 202
        while (answer := client.get(started.headers["Location"])).status_code == 202:
            assert answer.json()["state"] == "running"
        assert answer.json()["state"] == "done"
        assert counts(answer) == (3000, 0, 0, 1)
        assert len(client.enrolments(webinar)) == 3000


def test_a_file_that_is_too_large_is_refused_as_csv_and_as_form(run, worker, people_csv, client_of):
    api = run("api", HADIR_IMPORT_MAX_BYTES="10000").wait_ready()
    with client_of(api.url) as client:
        path, csv = f"/v1/webinars/{client.webinar()}/participants:import", people_csv(500)
        assert (
            client.post(path, content=csv, headers={"Content-Type": "text/csv"}).status_code == 413
        )
        assert client.post(path, files={"file": csv.encode()}).status_code == 413
