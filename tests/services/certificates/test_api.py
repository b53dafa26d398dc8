"""The api on real views: JSON, documents, the list, and the page that anybody may see."""

import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
import pytest
import redis
from fastapi.testclient import TestClient

from services.certificates import wiring
from services.certificates.verify_page import region_name
from shared.events.certificates import CertificateRevokedV1
from shared.keys import certificate_id_of, participant_id_of, person_key
from shared.topics import CERTIFICATES, KEYS
from tests.services.certificates.world import NIP, World
from tests.support.wait import until

PEOPLE = [f"p-{n}" for n in range(7)]
AUTH = {"Authorization": "Bearer token-of-the-test"}


@pytest.fixture(scope="module")
def webinar(world: World) -> str:
    id_ = world.webinar(1)
    world.register(PEOPLE)
    world.enrol(id_, PEOPLE)
    world.decide(id_, PEOPLE)
    return id_


@pytest.fixture(scope="module", autouse=True)
def worker(world: World, webinar: str) -> Iterator[subprocess.Popen[bytes]]:
    with world.worker() as process:
        folder = world.settings.documents
        until(lambda: len(list(folder.glob("*/*.pdf"))) >= len(PEOPLE), "all documents")
        yield process


@pytest.fixture(scope="module")
def client(world: World, worker: object) -> Iterator[TestClient]:
    with TestClient(wiring.build_api(world.settings)) as client:
        until(lambda: client.get("/readyz").status_code == 200, "the api is ready")
        yield client


def id_of(webinar: str, person: str) -> str:
    return certificate_id_of(webinar, participant_id_of(person))


def get(client: TestClient, webinar: str, person: str, suffix: str = "", **headers: str) -> Any:
    return client.get(
        f"/v1/certificates/{id_of(webinar, person)}{suffix}", headers={**AUTH, **headers}
    )


def page_of(client: TestClient, webinar: str, person: str) -> Any:
    return client.get("/v/" + get(client, webinar, person).json()["verify_url"].rsplit("/", 1)[1])


def test_a_certificate_is_answered_as_the_contract_says(client, world, webinar) -> None:
    answer = get(client, webinar, "p-0").json()
    event = orjson.loads(world.certificates()[person_key(webinar, participant_id_of("p-0"))])
    event.pop("sealed")
    assert answer == event


def test_a_token_is_needed_and_an_unknown_certificate_is_a_problem(client) -> None:
    unknown = f"/v1/certificates/{UUID(int=5)}"
    assert client.get(unknown).status_code == 401
    for suffix in ("", ".pdf"):
        missing = client.get(unknown + suffix, headers=AUTH)
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"
        assert missing.json()["type"] == "urn:hadir:problem:certificate-not-found"


def test_the_stored_document_is_served_with_its_tag(client, world, webinar) -> None:
    answer = get(client, webinar, "p-1", ".pdf")
    assert answer.headers["content-type"] == "application/pdf"
    sha = get(client, webinar, "p-1").json()["sha256"]
    assert answer.content == (world.settings.documents / sha[:2] / f"{sha}.pdf").read_bytes()
    again = get(client, webinar, "p-1", ".pdf", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_document_that_was_lost_is_made_again_with_the_same_bytes(client, world, webinar) -> None:
    before = get(client, webinar, "p-2", ".pdf").content
    sha = get(client, webinar, "p-2").json()["sha256"]
    (world.settings.documents / sha[:2] / f"{sha}.pdf").unlink()
    assert get(client, webinar, "p-2", ".pdf").content == before


def test_the_list_is_complete_page_by_page(client, webinar) -> None:
    seen, url = [], f"/v1/webinars/{webinar}/certificates?limit=3"
    while url:
        answer = client.get(url, headers=AUTH)
        seen += [c["certificate_id"] for c in answer.json()["items"]]
        link = re.search("<(.*)>", answer.headers.get("link", ""))
        assert bool(link) == bool(answer.json()["next"])
        url = link.group(1) if link else ""
    assert sorted(seen) == sorted(id_of(webinar, p) for p in PEOPLE)


def test_the_verify_page_shows_what_is_printed_and_masks_the_nip(client, webinar) -> None:
    answer = page_of(client, webinar, "p-3")
    text = answer.text
    number = get(client, webinar, "p-3").json()["number"]
    for word in ("Nama Rahasia p-3", number, "Webinar Contoh 1", "12 November 2026", "Program Contoh",
                 "4 (empat) Jam Pelajaran", "Sah", "Valid", "1986************01", region_name("15.72"),
                 "CONTOH – SAMPLE"):  # fmt: skip
        assert word in text, word
    assert NIP not in text
    assert "noindex" in text
    assert "private" in answer.headers["cache-control"]
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_style_of_the_page_is_allowed_by_its_own_policy(client, webinar) -> None:
    import base64
    from hashlib import sha256

    answer = page_of(client, webinar, "p-3")
    css = re.search("<style>(.*)</style>", answer.text, re.DOTALL)
    assert css
    digest = base64.b64encode(sha256(css.group(1).encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("code", ["a" * 20, "x", "0" * 20, "%2e%2e", "é" * 20])
def test_an_unknown_code_is_a_page_in_both_languages(client, code: str) -> None:
    answer = client.get(f"/v/{code}")
    assert answer.status_code == 404
    assert "Sertifikat tidak ditemukan" in answer.text
    assert "Certificate not found" in answer.text


def test_the_time_of_an_answer_does_not_tell_whether_a_code_exists(client, webinar) -> None:
    path = "/v/" + get(client, webinar, "p-4").json()["verify_url"].rsplit("/", 1)[1]

    def median(url: str) -> float:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            client.get(url)
            times.append(time.perf_counter() - start)
        return sorted(times)[4]

    known, unknown = median(path), median("/v/" + "a" * 20)
    assert min(known, unknown) >= 0.06
    assert abs(known - unknown) < 0.03


def test_an_emptied_store_is_rebuilt_to_the_same_answers(client, world, webinar) -> None:
    url = f"/v1/webinars/{webinar}/certificates"
    before, page = client.get(url, headers=AUTH).json(), page_of(client, webinar, "p-5").text
    with redis.Redis.from_url(world.settings.redis) as store:
        store.flushdb()
    assert client.get(url, headers=AUTH).status_code in {200, 503}
    until(lambda: client.get("/readyz").status_code == 200, "the views are there again", 90)
    assert client.get(url, headers=AUTH).json() == before
    assert page_of(client, webinar, "p-5").text == page


def test_a_view_that_is_being_rebuilt_is_not_taken_for_an_empty_world(settings, world) -> None:
    empty = world.settings.model_copy(update={"topic_prefix": "nothing-here."})
    with TestClient(wiring.build_api(empty)) as client:
        assert client.get("/readyz").status_code == 503
        assert client.get(f"/v1/certificates/{UUID(int=5)}", headers=AUTH).status_code == 503
        page = client.get("/v/" + "a" * 20)
        assert page.status_code == 503
        assert "retry-after" in page.headers


def test_the_highest_revision_is_shown(client, world, webinar) -> None:
    key = person_key(webinar, participant_id_of("p-6"))
    held = orjson.loads(world.certificates()[key])
    world.say(
        CERTIFICATES, key, CertificateRevokedV1(**{**held, "status": "revoked", "revision": 2})
    )
    kind = [("ce_type", b"hadir.certificates.certificate-issued.v1")]
    world.say_raw(CERTIFICATES, key, orjson.dumps(held), kind)
    until(lambda: get(client, webinar, "p-6").json()["status"] == "revoked", "revocation")
    text = page_of(client, webinar, "p-6").text
    assert "Dicabut" in text
    assert "Revoked" in text


def test_an_erased_person_leaves_a_status_and_no_data(client, world, webinar) -> None:
    world.say(KEYS, participant_id_of("p-0"), None)
    until(lambda: get(client, webinar, "p-0", ".pdf").status_code == 410, "erasure")
    assert get(client, webinar, "p-0").status_code == 200
    text = page_of(client, webinar, "p-0").text
    assert "Nama Rahasia" not in text
    assert "Sah" in text
    assert get(client, webinar, "p-0").json()["number"] in text


def test_the_openapi_has_examples_and_problems(client) -> None:
    described = client.get("/openapi.json").json()
    certificate = described["components"]["schemas"]["Certificate"]
    assert set(certificate["examples"][0]) == set(certificate["required"])
    pdf = described["paths"]["/v1/certificates/{certificate_id}.pdf"]["get"]["responses"]
    assert {"200", "404", "410", "503"} <= set(pdf)


@pytest.mark.parametrize("sample", ["made here", "given"])
def test_production_refuses_a_sample_key(world, tmp_path, sample, capsys) -> None:
    p12 = str(world.settings.data_dir / "signing" / "sample.p12") if sample == "given" else ""
    settings = world.settings.model_copy(
        update={"env": "production", "signing_p12": p12, "data_dir": tmp_path}
    )
    with pytest.raises(SystemExit) as ended:
        wiring.build_maker(settings)
    assert ended.value.code == 2
    assert "HADIR_SIGNING_P12" in capsys.readouterr().err
