"""The api's conventions: problems, ETags, roles, pages, OpenAPI; and that no personal data leaks."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.crypto import identity_hmac
from shared.keys import participant_id_of
from shared.topics import FLOW, REGISTRATION_AUDIT

KEY = bytes(range(32))
QUOTA = {"region_code": "15", "category": "asn", "quota": 20000}


def pointers(answer):
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["pointer"] for error in answer.json()["errors"]}


def test_a_programme_with_quotas_is_created_read_and_changed(client):
    body = {"year": 2026, "name": "Program", "targets": {"asn": 1_000_000, "public": 250_000}}
    made = client.post("/v1/programmes", json=body)
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    path = made.headers["Location"]
    assert client.put(path + "/quotas", json=[QUOTA]).json()["quotas"] == [QUOTA]
    assert client.get(path).json()["version"] == 2
    renamed = client.put(path, json=body | {"name": "Lain"}, headers={"If-Match": '"2"'})
    assert (renamed.json()["name"], renamed.json()["quotas"]) == ("Lain", [QUOTA])
    assert client.put(path, json=body, headers={"If-Match": '"2"'}).status_code == 412
    assert path.rpartition("/")[2] in {
        p["id"] for p in client.get("/v1/programmes").json()["items"]
    }


def test_the_same_quotas_again_are_no_new_version(client):
    path = f"/v1/programmes/{client.programme()}/quotas"
    assert client.put(path, json=[QUOTA]).headers["ETag"] == '"2"'
    assert client.put(path, json=[QUOTA]).headers["ETag"] == '"2"'


def test_the_year_of_a_programme_is_fixed(client):
    path = f"/v1/programmes/{client.programme()}"
    assert pointers(client.put(path, json={"year": 2027, "name": "P"})) == {"/year"}


def test_faulty_programmes_and_quotas_are_refused(client):
    assert pointers(client.post("/v1/programmes", json={"year": 1, "name": " "})) == {
        "/year",
        "/name",
    }
    path = f"/v1/programmes/{client.programme()}/quotas"
    wrong = [QUOTA | {"region_code": "97"}, QUOTA, QUOTA]
    assert pointers(client.put(path, json=wrong)) == {"/0/region_code", "/2"}
    assert client.put("/v1/programmes/none/quotas", json=[QUOTA]).status_code == 404


def test_a_webinar_comes_back_as_it_was_sent_and_can_be_sent_back(client):
    webinar = client.webinar(jp=4, rule={"minimum_share": 7500}, grace_seconds=5)
    path = f"/v1/webinars/{webinar}"
    got = client.get(path)
    body = got.json()
    assert (body["jp"], body["rule"]["minimum_share"], body["grace_seconds"]) == (4, 7500, 5)
    assert (body["year"], body["version"], body["rule_version"], body["state"]) == (
        2026,
        1,
        1,
        "open",
    )
    again = client.put(path, json=body, headers={"If-Match": got.headers["ETag"]})
    assert (again.status_code, again.headers["ETag"]) == (200, '"1"')


def test_a_patch_changes_only_what_it_names_and_counts_rule_versions(client):
    path = f"/v1/webinars/{client.webinar()}"
    first = client.patch(path, json={"rule": {"minimum_share": 9000}}).json()
    then = client.patch(path, json={"title": "Lain"}).json()
    assert (first["version"], first["rule_version"]) == (2, 2)
    assert (then["version"], then["rule_version"], then["rule"]["minimum_share"]) == (3, 2, 9000)
    assert pointers(client.patch(path, json={"jp": -1})) == {"/jp"}


def test_faulty_webinars_are_refused_where_they_are_faulty(client):
    path = f"/v1/webinars/{client.webinar()}"
    assert pointers(client.patch(path, json={"certificates": "after_reconciliation"})) == {
        "/certificates"
    }
    bare = {"id": "s", "start": "2026-12-01T02:00:00Z", "end": "2026-12-01T03:00:00Z"}
    assert pointers(client.patch(path, json={"sessions": [bare]})) == {"/sessions/0"}
    assert pointers(client.patch(path, json={"programme_id": client.programme()})) == {
        "/programme_id"
    }
    unknown = {"programme_id": "none", "title": "T", "sessions": [bare]}
    assert pointers(client.post("/v1/webinars", json=unknown)) == {"/programme_id"}
    assert "/minimun_share" in pointers(
        client.post("/v1/webinars", json=unknown | {"minimun_share": 1})
    )


def test_staff_are_kept_as_pseudonyms_which_can_be_sent_back(client):
    path = f"/v1/webinars/{client.webinar(staff=['Panitia@Example.id', 'zoom-id-1'])}"
    staff = client.get(path).json()["staff"]
    known = [identity_hmac(KEY, who) for who in ("panitia@example.id", "zoom-id-1")]
    assert staff == sorted(known)
    same = client.patch(path, json={"staff": ["panitia@example.id", *staff]})
    assert same.headers["ETag"] == '"1"'


def test_pages_lead_to_the_end_and_hold_everybody_once(client, people_csv):
    webinar = client.webinar()
    client.load(webinar, people_csv(25, "page"))
    path, seen = f"/v1/webinars/{webinar}/enrolments?limit=10", []
    while path:
        answer = client.get(path)
        seen += [item["external_id"] for item in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert sorted(seen) == sorted(f"page{i}" for i in range(25))


def test_what_does_not_exist_is_a_problem_of_its_own(client):
    for path in (
        "/v1/webinars/x",
        "/v1/programmes/x",
        "/v1/participants/x",
        "/v1/webinars/x/enrolments",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.fixture(scope="module")
def issuer():
    """An identity provider: a key that signs tokens, and its public half over HTTP."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "k", "alg": "RS256"}

    class Jwks(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [jwk]}).encode())

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Jwks)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def token(*roles):
        claims = {
            "sub": "somebody",
            "aud": "hadir",
            "iss": "i",
            "exp": time.time() + 60,
            "roles": roles,
        }
        return jwt.encode(claims, key, "RS256", headers={"kid": "k"})

    yield f"http://127.0.0.1:{server.server_port}/", token
    server.shutdown()


def test_viewers_read_and_only_organisers_write_or_see_personal_data(
    run, worker, client, client_of, issuer, people_csv
):
    url, token = issuer
    api = run(
        "api", HADIR_DEV_TOKEN="", HADIR_OIDC_JWKS_URL=url, HADIR_OIDC_ISSUER="i"
    ).wait_ready()
    webinar = client.webinar()
    client.load(webinar, people_csv(1, "seen"))
    person = f"/v1/participants/{participant_id_of('seen0')}"
    programme = {"year": 2026, "name": "P"}
    with (
        client_of(api.url, token("viewer")) as viewer,
        client_of(api.url, token("organiser")) as organiser,
    ):
        assert len(viewer.enrolments(webinar)) == len(organiser.enrolments(webinar)) == 1
        assert viewer.get(person).status_code == 403
        assert viewer.post("/v1/programmes", json=programme).status_code == 403
        assert viewer.load(webinar, people_csv(1)).status_code == 403
        assert organiser.get(person).status_code == 200
        assert organiser.post("/v1/programmes", json=programme).status_code == 201
    with client_of(api.url, token("door")) as door, client_of(api.url, "wrong") as nobody:
        assert door.get("/v1/webinars").status_code == 403
        assert nobody.get("/v1/webinars").status_code == 401


def test_personal_data_is_readable_nowhere_but_through_the_api(client, api, worker, store, log):
    webinar = client.webinar()
    planted = [
        "Rahasiawati Tersembunyi",
        "rahasiawati@example.id",
        "199001012015011987",
        "Dinas Rahasia",
    ]
    csv = "external_id,name,email,nip,category,region_code,agency\n"
    name, email, nip, agency = planted
    client.load(
        webinar,
        f"{csv}secret,{name},{email},{nip},asn,15,{agency}\nbad,{name},x{email},1,asn,15,\n",
    )
    everything = [record.value or b"" for topic in FLOW[:5] for record in log.records(topic)]
    everything += [
        b"%r" % h
        for topic in FLOW[:5]
        for r in log.records(topic)
        for h in [str(r.headers).encode()]
    ]
    everything += [store.dump(key) for key in store.scan_iter()]
    everything += [repr(store.hgetall(k)).encode() for k in store.scan_iter(_type="hash")]
    everything += [process.log.read_bytes() for process in (api, worker)]
    found = b"\n".join(everything)
    assert participant_id_of("secret").encode() in found
    for secret in (*planted, planted[1].upper()):
        assert secret.encode() not in found
    person = client.get(f"/v1/participants/{participant_id_of('secret')}").json()
    assert [person[k] for k in ("name", "email", "nip", "agency")] == planted


def test_every_write_leaves_an_audit_record_with_who_what_and_versions(client, log):
    webinar = client.webinar()
    client.patch(f"/v1/webinars/{webinar}", json={"jp": 9})
    client.get(f"/v1/participants/{participant_id_of('nobody')}")
    records = [json.loads(r.value) for r in log.records(REGISTRATION_AUDIT)]
    audit = [
        (e["who"], e["action"], e["before"], e["after"])
        for e in records
        if e["webinar_id"] == webinar
    ]
    assert audit == [
        ("development", "webinars-created", None, {"version": 1}),
        ("development", "webinars-changed", {"version": 1, "jp": 0}, {"version": 2, "jp": 9}),
    ]
    assert ("participant-read", None) in [(e["action"], e["webinar_id"]) for e in records]


def test_the_openapi_document_explains_every_operation(client):
    document = client.get("/openapi.json").json()
    wanted = {
        ("/v1/programmes", "post"), ("/v1/programmes", "get"), ("/v1/programmes/{programme_id}", "put"),
        ("/v1/programmes/{programme_id}/quotas", "put"), ("/v1/webinars", "post"),
        ("/v1/webinars/{webinar_id}", "patch"), ("/v1/webinars/{webinar_id}", "put"),
        ("/v1/webinars/{webinar_id}/participants:import", "post"),
        ("/v1/webinars/{webinar_id}/enrolments", "get"), ("/v1/participants/{participant_id}", "get"),
        ("/v1/webinars/{webinar_id}/enrolments/{participant_id}:cancel", "post"),
    }  # fmt: skip
    found = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert wanted <= found
    for path, method in wanted:
        operation = document["paths"][path][method]
        assert operation["summary"]
        assert operation["security"]
    schemas = document["components"]["schemas"]
    for body in ("ProgrammeBody", "WebinarBody", "EnrolmentBody"):
        assert schemas[body]["examples"]
    for example, path in (("ProgrammeBody", "/v1/programmes"),):
        assert client.post(path, json=schemas[example]["examples"][0]).status_code == 201
    session = schemas["WebinarBody"]["examples"][0] | {"programme_id": client.programme()}
    made = client.post("/v1/webinars", json=session)
    assert made.status_code == 201, made.text
    content = document["paths"]["/v1/webinars/{webinar_id}/participants:import"]["post"][
        "requestBody"
    ]["content"]
    loaded = client.load(made.json()["id"], content["text/csv"]["example"])
    assert (loaded.json()["created"], loaded.json()["rejected"]) == (2, [])
