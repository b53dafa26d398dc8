"""The operators' pages without a browser: what they show, what their forms say, how they refuse."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.attendance.desk.texts import TEXTS
from services.attendance.domain.codes import Problem, Verdict
from shared.keys import participant_id_of
from tests.support.desk import AYU, BUDI, CASES, START, case, desk_of


@pytest.fixture(scope="module")
def running() -> Iterator[SimpleNamespace]:
    with desk_of() as found:
        yield found


@pytest.fixture
def desk(running: SimpleNamespace) -> SimpleNamespace:
    """A signed-in browser, and the words that its forms say."""
    running.words.clear()
    return running


def test_without_a_session_the_browser_is_sent_to_sign_in(desk: Any) -> None:
    for path in ("/desk", "/reviews?webinar=w", "/reviews/c1", "/settlements?webinar=w"):
        answer = httpx.get(str(desk.web.base_url) + path)
        assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in?next=")


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize(
    "path",
    ["/desk?", "/reviews?", "/reviews?webinar=w", "/reviews/c1?", "/reviews/c4?", "/corrections?webinar=w",
     "/corrections?webinar=w&person=ayu", "/corrections/many?webinar=w", "/items?webinar=w", "/settlements?webinar=w"],
)  # fmt: skip
def test_every_page_is_whole_in_both_languages_and_runs_no_script(
    desk: Any, path: str, lang: str
) -> None:
    answer = desk.web.get(f"{path}&lang={lang}")
    assert answer.status_code == 200, answer.text
    assert f'<html lang="{lang}">' in answer.text
    assert "<script" not in answer.text
    assert "<b>lupa" not in answer.text
    assert "HAM &lt;dasar&gt;" in answer.text


def test_a_form_of_a_foreign_page_is_refused(desk: Any) -> None:
    form = {"do": "close", "reason": "ya"}
    for origin in ("null", "https://elsewhere.example"):
        answer = desk.web.post("/settlements?webinar=w", data=form, headers={"origin": origin})
        assert answer.status_code == 403
    assert desk.words == []
    policy = desk.web.get("/reviews?webinar=w").headers["referrer-policy"]
    assert policy == "same-origin"  # else browsers call our own pages "null", too


def test_cases_that_look_alike_are_one_group_with_evidence_and_candidates(desk: Any) -> None:
    text = desk.web.get("/reviews?webinar=w").text
    assert text.count('class="card group"') == 2
    assert "2 kasus, seluruhnya 20 menit" in text
    assert "ayu</strong>: sekarang Perlu ditinjau, hadir 50 menit" in text
    assert 'x="16.67%" y="3" width="16.67%"' in text
    assert "Pindaian keluar tanpa masuk" in text


def group(desk: Any) -> str:
    """The id of the first group's form."""
    text: str = desk.web.get("/reviews?webinar=w").text
    return text.partition('name="group" value="')[2].partition('"')[0]


def test_a_group_is_settled_at_once_for_one_person_or_nobody(desk: Any) -> None:
    form = {"group": group(desk), "who": AYU, "reason": "sudah ditelepon", "key": "k1"}
    answer = desk.web.post("/reviews?webinar=w", data=form)
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/reviews?webinar=w&lang=id&done=settled&count=2",
    )  # fmt: skip
    assert [w.shares[0].participant_id for w in desk.words] == [AYU, AYU]
    after = desk.web.get(answer.headers["location"]).text
    assert "2 kasus diputuskan" in after
    assert "mungkin masih keadaan sebelumnya" in after
    desk.web.post("/reviews?webinar=w", data={**form, "who": "nobody", "key": "k2"})
    assert [w.shares[0].participant_id for w in desk.words[2:]] == [None, None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": " "}, "Ada isian yang belum lengkap"),
        ({"who": ""}, "Pilih satu orang."),
        ({"who": "other"}, "Pilih satu orang."),
        ({"who": "other", "external_id": "cici"}, "tidak terdaftar pada webinar ini"),
        ({"group": "gone"}, "sudah tidak terbuka"),
    ],
)
def test_a_refused_form_says_why_and_says_no_word(desk: Any, change: Any, said: str) -> None:
    form = {"group": group(desk), "who": AYU, "reason": "ya", "key": "k", **change}
    answer = desk.web.post("/reviews?webinar=w", data=form)
    assert answer.status_code in {404, 422}
    assert said in answer.text
    assert 'role="alert"' in answer.text
    assert desk.words == []


def test_one_case_is_split_between_people_by_local_times(desk: Any) -> None:
    form = {"do": "split", "zone": "Asia/Jakarta", "reason": "bergantian", "key": "k",
            "who0": "ayu", "until0": "2008-03-04T09:15:00", "who1": "budi",
            "from1": "2008-03-04T09:15:00"}  # fmt: skip
    answer = desk.web.post("/reviews/c1", data=form)
    assert answer.status_code == 303
    (word,) = desk.words
    assert [(s.participant_id, s.start, s.end) for s in word.shares] == [
        (AYU, None, START + 900), (BUDI, START + 900, None),
    ]  # fmt: skip
    form["until0"] = "2008-03-04T09:16:00"
    assert "Dua bagian bertumpang tindih" in desk.web.post("/reviews/c1", data=form).text


@pytest.mark.parametrize(
    ("start", "end"), [("02:20:00Z", None), (None, "02:10:00Z"), ("05:00:00Z", "06:00:00Z")],
    ids=["after", "before", "far away"],
)  # fmt: skip
def test_W6_a_share_outside_of_the_connection_is_refused(desk: Any, start: Any, end: Any) -> None:
    bounds = {"start": start and f"2008-03-04T{start}", "end": end and f"2008-03-04T{end}"}
    body = {"shares": [{"external_id": "ayu", **bounds}], "reason": "bergantian"}
    answer = desk.web.post("/v1/reviews/c1:split", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:hadir:problem:share-outside")
    assert desk.words == []


def test_cases_are_listed_by_a_status_that_there_is(desk: Any) -> None:
    path = "/v1/webinars/w/reviews"
    assert desk.web.get(path, params={"status": "nonsense"}).status_code == 422
    assert len(desk.web.get(path, params={"status": "open"}).json()["items"]) == 4


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> str:
    """The case of a scan of somebody who has no enrolment."""
    who = participant_id_of("nobody")
    found = case(
        9, f"@{who}|not_enrolled|scan:k7", problem="not_enrolled", candidates=[who], times=[]
    )
    monkeypatch.setattr("tests.support.desk.CASES", [*CASES, found])
    return str(found["case_id"])


def test_W6_a_case_of_somebody_who_is_not_enrolled_is_listed_with_its_evidence(
    desk: Any, stranger: str
) -> None:
    text = desk.web.get("/reviews?webinar=w").text
    assert f'<a href="/reviews/{stranger}?lang=id">Pindaian k7</a>' in text
    assert "Daftarkan orangnya" in desk.web.get(f"/reviews/{stranger}").text
    items = desk.web.get("/v1/webinars/w/reviews?status=open").json()["items"]
    (found,) = [one for one in items if one["case_id"] == stranger]
    assert found["evidence"] == {"kind": "scan", "id": "k7"}
    assert [one["external_id"] for one in found["people"]] == [None]


@pytest.mark.parametrize("do", ["assign", "reject"])
def test_W6_a_case_of_somebody_who_is_not_enrolled_says_what_does_help(
    desk: Any, stranger: str, do: str
) -> None:
    body = {"external_id": "nobody", "reason": "salah ketik"}
    answer = desk.web.post(f"/v1/reviews/{stranger}:{do}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (
        409, "urn:hadir:problem:case-not-enrolled",
    )  # fmt: skip
    assert answer.json()["detail"].startswith("Enrol the person")
    assert desk.words == []


def test_cases_settled_alike_are_named_by_a_group_or_their_ids(desk: Any) -> None:
    for case_ids in (None, []):
        body = {"external_id": "ayu", "reason": "sama", "case_ids": case_ids}
        answer = desk.web.post("/v1/webinars/w/reviews:settle-alike", json=body)
        assert (answer.status_code, answer.json()["detail"]) == (422, "Give group or case_ids.")
    assert desk.words == []


def test_one_case_is_assigned_or_rejected(desk: Any) -> None:
    for who, expected in (("other", BUDI), ("nobody", None)):
        form = {"who": who, "external_id": "budi", "reason": "ya", "key": who}
        assert desk.web.post("/reviews/c1", data=form).status_code == 303
        assert desk.words[-1].shares[0].participant_id == expected


CORRECT = {"kind": "add", "session": "s1", "start": "2008-03-04T09:00:00",
           "end": "2008-03-04T09:01:00", "reason": "di ruangan", "key": "k"}  # fmt: skip


def test_a_correction_shows_before_and_after_and_saves_nothing_yet(desk: Any) -> None:
    at = "/corrections?webinar=w&person=ayu"
    answer = desk.web.post(at, data={**CORRECT, "do": "preview"})
    assert "Perlu ditinjau</td><td>Memenuhi syarat" in answer.text.replace("\n", "")
    assert "51 menit" in answer.text
    assert 'value="apply"' in answer.text
    assert 'value="2008-03-04T09:00:00"' in answer.text
    assert desk.words == []
    assert desk.web.post(at, data={**CORRECT, "do": "apply"}).status_code == 303
    (word,) = desk.words
    assert (word.participant_id, word.kind, word.start, word.end) == (AYU, "add", START, START + 60)


@pytest.mark.parametrize(
    "change",
    [{"start": ""}, {"end": "yesterday"}, {"reason": ""}, {"kind": "more"}, {"do": "else"},
     {"end": "2008-03-04T08:00:00"}, {"start": "2009-01-01T00:00:00", "end": "2009-01-01T00:01:00"}],
)  # fmt: skip
def test_a_correction_that_cannot_be_is_refused(desk: Any, change: Any) -> None:
    form = {**CORRECT, "do": "apply", **change}
    answer = desk.web.post("/corrections?webinar=w&person=ayu", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert desk.words == []


def test_a_correction_is_withdrawn_and_a_verdict_settled(desk: Any) -> None:
    at = "/corrections?webinar=w&person=ayu"
    gone = desk.web.post(at, data={"do": "withdraw", "ruling": "r1", "reason": "salah"})
    assert (gone.status_code, desk.words[-1].withdraws) == (303, "r1")
    form = {"do": "verdict", "digest": "sha256:1", "verdict": "eligible", "reason": "terbukti"}
    assert desk.web.post(at, data=form).status_code == 303
    assert desk.words[-1].verdict == Verdict.ELIGIBLE
    old = desk.web.post(at, data={**form, "digest": "sha256:0"})
    assert (old.status_code, "sudah berubah" in old.text) == (409, True)


def test_of_somebody_without_a_decision_the_evidence_so_far_is_shown(desk: Any) -> None:
    answer = desk.web.get("/corrections?webinar=w&person=budi&lang=en")
    assert answer.status_code == 200
    assert "There is no decision on this person yet" in answer.text
    assert "Evidence so far: present 25 min of 1 h" in answer.text
    assert 'value="verdict"' not in answer.text


def test_whoever_needs_review_is_counted_and_listed_with_a_way_there(desk: Any) -> None:
    text = desk.web.get("/corrections?webinar=w").text
    assert "Orang yang perlu ditinjau (1)" in text
    assert (
        '/corrections?webinar=w&amp;person=ayu&amp;lang=id">ayu</a>: hadir 50 menit dari 1 jam'
        in text
    )
    assert "person=budi" not in text


def test_the_required_item_that_is_missing_is_named(desk: Any) -> None:
    text = desk.web.get("/corrections?webinar=w&person=ayu&lang=en").text
    assert "The required item “post-test” was not passed." in text


def test_a_base_is_settled_cases_closed_and_certificates_released(desk: Any) -> None:
    at = "/settlements?webinar=w"
    text = desk.web.get(at).text
    assert "Terputus 09.01.00–09.33.20" in text
    assert "<strong>ayu</strong>: 10 menit bersamaan" in text
    base = {"do": "base", "session": "s1", "gaps": "1", "start0": str(START + 60),
            "end0": str(START + 2000), "gap0": "leaving", "reason": "listrik"}  # fmt: skip
    assert desk.web.post(at, data=base).status_code == 303
    assert desk.words[-1].leaving == ((START + 60, START + 2000),)
    assert desk.web.post(at, data={**base, "gap0": ""}).status_code == 422
    assert desk.web.post(at, data={**base, "end0": str(START + 9)}).status_code == 422
    assert desk.web.post(at, data={"do": "close", "reason": "selesai"}).status_code == 303
    assert desk.web.post(at, data={"do": "close", "reason": ""}).status_code == 422
    assert (
        desk.web.post(at, data={"do": "withdraw", "ruling": "r1", "reason": "x"}).status_code == 303
    )


def test_each_word_says_what_it_is_about_so_that_the_right_one_is_withdrawn(desk: Any) -> None:
    text = desk.web.get("/settlements?webinar=w&lang=en").text
    section = text.partition('id="words"')[2]
    lines = [line.partition("</strong>")[0] for line in section.split("<strong>")[1:]]
    assert lines == [
        "Withdrawn: Time corrected: ayu, Add time present, s1, 4-3-2008 09.00.00–09.01.00",
        "Proctor&#39;s list: aula, s1, 4-3-2008 09.00.00–09.01.00, people: 2",
        "Certificates released: people: 1",
        "Cases closed",
        "Base settled: s1, 4-3-2008 09.01.00–09.02.00 counts for nobody",
        "Verdict settled: budi, Eligible",
        "Connection assigned: ayu 4-3-2008 –09.15.00 / nobody 4-3-2008 09.15.00–, s1, 4-3-2008 09.10.00–09.20.00",
        "Time corrected: ayu, Add time present, s1, 4-3-2008 09.00.00–09.01.00",
    ]  # fmt: skip


def test_every_cause_of_a_case_has_words() -> None:
    assert {problem.value for problem in Problem} <= TEXTS.keys()
