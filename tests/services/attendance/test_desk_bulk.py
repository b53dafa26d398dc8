"""What the desk does to many people at once, row by row, and to any connection: as API and as pages."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from shared.batch import decode
from shared.events.rulings import Share
from shared.keys import participant_id_of
from tests.support.desk import AYU, BUDI, START, desk_of


@pytest.fixture(scope="module")
def running() -> Iterator[SimpleNamespace]:
    with desk_of() as found:
        yield found


@pytest.fixture
def desk(running: SimpleNamespace) -> SimpleNamespace:
    """A signed-in browser, and the words that it says."""
    for said in (running.words, running.deeds, running.writer.frames):
        said.clear()
    return running


TIMES = {"webinar_id": "w", "kind": "add", "start": "2008-03-04T02:10:00Z",
         "end": "2008-03-04T02:20:00Z", "reason": "jaringan aula putus"}  # fmt: skip
PEOPLE = [{"external_id": "ayu"}, {"external_id": "nobody"}, {"participant_id": BUDI}, {},
          {"participant_id": AYU}]  # fmt: skip


def test_the_good_rows_are_corrected_and_the_others_say_why_not(desk: Any) -> None:
    answer = desk.web.post("/v1/corrections:bulk", json={**TIMES, "people": PEOPLE}).json()
    assert (answer["accepted"], answer["refused"]) == (2, 3)
    told = [(r["row"], r["status"], (r["problem"] or {}).get("type")) for r in answer["results"]]
    assert told == [
        (1, "accepted", None), (2, "refused", "urn:hadir:problem:participant-unknown"),
        (3, "accepted", None), (4, "refused", "urn:hadir:problem:participant-not-named"),
        (5, "refused", "urn:hadir:problem:row-repeated"),
    ]  # fmt: skip
    assert [(w.participant_id, w.start, w.end) for w in desk.words] == [
        (AYU, START + 600, START + 1200), (BUDI, START + 600, START + 1200),
    ]  # fmt: skip
    first = answer["results"][0]
    assert first["ruling_id"] == desk.words[0].ruling_id
    assert (first["before"]["verdict"], first["after"]["verdict"]) == ("needs_review", "eligible")
    assert [(d.subject, d.before["verdict"], d.after["verdict"]) for d in desk.deeds] == [
        (AYU, "needs_review", "eligible"), (BUDI, "needs_review", "eligible"),
    ]  # fmt: skip


def test_a_dry_run_says_no_word_and_a_key_makes_the_same_words(desk: Any) -> None:
    body = {**TIMES, "people": PEOPLE[:1]}
    dry = desk.web.post("/v1/corrections:bulk?dry_run=true", json=body).json()["results"][0]
    assert (desk.words, dry["ruling_id"], dry["after"]["present_seconds"]) == ([], None, 3060)
    for _ in range(2):
        desk.web.post("/v1/corrections:bulk", json=body, headers={"idempotency-key": "k"})
    assert desk.words[0].ruling_id == desk.words[1].ruling_id


@pytest.mark.parametrize(
    ("change", "status"),
    [({"end": TIMES["start"]}, 422), ({"people": []}, 422), ({"webinar_id": "x"}, 404),
     ({"start": "2009-01-01T00:00:00Z", "end": "2009-01-02T00:00:00Z"}, 422), ({"reason": ""}, 422)],
    ids=["no time", "nobody", "no webinar", "outside", "no reason"],
)  # fmt: skip
def test_what_is_wrong_with_the_whole_refuses_all_of_it(
    desk: Any, change: dict[str, Any], status: int
) -> None:
    body = {**TIMES, "people": PEOPLE, **change}
    assert desk.web.post("/v1/corrections:bulk", json=body).status_code == status
    assert desk.words == []


FORM = {"kind": "add", "session": "s1", "start": "2008-03-04T09:10:00",
        "end": "2008-03-04T09:20:00", "reason": "jaringan", "key": "k",
        "people": "ayu\n\n nobody \nbudi"}  # fmt: skip


def test_the_form_shows_what_follows_row_by_row_before_it_saves(desk: Any) -> None:
    at = "/corrections/many?webinar=w"
    shown = desk.web.post(at, data={**FORM, "do": "preview"})
    assert shown.status_code == 200
    assert desk.words == []
    assert "Tidak ikut: Orang ini tidak terdaftar" in shown.text
    assert "Memenuhi syarat, 51 menit" in shown.text
    assert 'name="key" value="k"' in shown.text
    saved = desk.web.post(at, data={**FORM, "do": "apply"})
    assert "Koreksi yang disimpan: 2." in saved.text
    assert [w.participant_id for w in desk.words] == [AYU, BUDI]
    assert 'name="key" value="k"' not in saved.text
    wrong = desk.web.post(at, data={**FORM, "do": "apply", "people": " "})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)


CONNECTIONS = "/v1/webinars/w/attendance/{}/connections:assign"


@pytest.mark.parametrize(
    ("who", "connection", "names"),
    [
        (AYU, "m==|x9", {"meeting_uuid": "m==", "participant_uuid": "x9", "user_id": ""}),
        (BUDI, "m==|~77", {"meeting_uuid": "m==", "participant_uuid": "", "user_id": "77"}),
    ],
    ids=["by participant_uuid", "by user_id"],
)
def test_W6_a_connection_that_is_no_case_is_assigned_and_split(
    desk: Any, who: str, connection: str, names: dict[str, str]
) -> None:
    shares = [{"external_id": "budi", "end": "2008-03-04T02:30:00Z"},
              {"start": "2008-03-04T02:30:00Z"}]  # fmt: skip
    body = {"connection_id": connection, "shares": shares, "reason": "perangkat bersama"}
    answer = desk.web.post(CONNECTIONS.format(who), json=body)
    assert answer.status_code == 201, answer.text
    (word,) = desk.words
    assert word.model_dump(include=set(names)) == names
    assert word.shares == (Share(participant_id=BUDI, end=START + 1800),
                           Share(participant_id=None, start=START + 1800))  # fmt: skip
    assert (desk.deeds[0].subject, desk.deeds[0].before) == (connection, {"participant_id": who})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"connection_id": "m==|x8"}, (404, "connection-unknown")),
        ({"connection_id": "aula"}, (404, "connection-unknown")),
        ({"shares": [{"external_id": "nobody"}]}, (422, "participant-unknown")),
        ({"shares": [{}, {}]}, (422, "shares-overlap")),
    ],
    ids=["another's", "a list", "not enrolled", "overlap"],
)
def test_a_connection_that_is_not_in_the_timeline_is_refused(
    desk: Any, change: dict[str, Any], problem: tuple[int, str]
) -> None:
    body = {"connection_id": "m==|x9", "shares": [{}], "reason": "uji", **change}
    answer = desk.web.post(CONNECTIONS.format(AYU), json=body)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == problem
    assert desk.words == []


def passed(desk: Any) -> list[tuple[str, str]]:
    """(person, item) of the facts that were written."""
    bodies = [orjson.loads(body) for _, one in desk.writer.frames for _, body in decode(one)]
    return [(body["participant_id"], body["item"]) for body in bodies]


CSV = "external_id,item,passed_at\nayu,post-test,\nnobody,post-test,\nbudi,,\n"


def test_items_come_as_a_file_with_a_report_of_every_row_that_is_left_out(desk: Any) -> None:
    sent = desk.web.post("/items?webinar=w&lang=en", files={"file": ("hasil.csv", CSV.encode())})
    assert sent.status_code == 200
    assert "Rows accepted: 1." in sent.text
    assert "Rows left out: 2 of 3" in sent.text
    assert "Not enrolled in this webinar." in sent.text
    assert passed(desk) == [(AYU, "post-test")]
    broken = desk.web.post("/items?webinar=w", files={"file": ("x.csv", b"nama;nilai\n")})
    assert (broken.status_code, "tidak dapat dibaca" in broken.text) == (422, True)


def test_D1_an_item_that_the_rule_does_not_know_is_refused_and_the_known_ones_are_named(
    desk: Any,
) -> None:
    csv = "external_id,item\nayu,postest\nbudi,post-test\n"
    path, head = "/v1/webinars/w/items", {"content-type": "text/csv"}
    desk.app.state.operators.noted.clear()
    answer = desk.web.post(path, content=csv, headers=head).json()
    (left_out,) = answer["rejected"]
    assert (left_out["row"], left_out["column"], left_out["code"]) == (2, "item", "item-unknown")
    assert "it knows: post-test." in left_out["message"]
    assert passed(desk) == [(BUDI, "post-test")]
    (record,) = desk.app.state.operators.noted
    assert record.event.after == {"rows": 2, "accepted": 1, "items": {"post-test": 1}}


def test_one_item_that_the_rule_does_not_know_is_422_and_nothing_is_noted(desk: Any) -> None:
    desk.app.state.operators.noted.clear()
    one = {"items": [{"external_id": "ayu", "item": "postest"}]}
    answer = desk.web.post("/v1/webinars/w/items", json=one)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/items/0/item")
    assert "post-test" in answer.json()["detail"]
    assert (passed(desk), desk.app.state.operators.noted) == ([], [])


def test_one_person_s_item_is_recorded_by_hand(desk: Any) -> None:
    form = {"external_id": "budi", "item": "post-test", "passed_at": "2008-03-04T10:30:00"}
    sent = desk.web.post("/items?webinar=w", data=form)
    assert "Baris yang diterima: 1." in sent.text
    assert passed(desk) == [(participant_id_of("budi"), "post-test")]
    wrong = desk.web.post("/items?webinar=w", data={**form, "external_id": "nobody"})
    assert "Baris yang tidak ikut: 1 dari 1" in wrong.text
    assert "tidak terdaftar" in wrong.text


def test_codes_at_two_gates_are_on_the_review_page(desk: Any) -> None:
    text = desk.web.get("/reviews?webinar=w").text
    assert "s1: Utara 09.00.00 dan Selatan 09.01.00" in text
    assert f"/webinars/w/people/{AYU}" in text


def test_the_differences_are_one_press_away_from_the_desk(desk: Any) -> None:
    assert 'href="/webinars/w/differences?lang=id"' in desk.web.get("/reviews?webinar=w").text
