"""Operators' words on a running system: said over HTTP, they end in decisions and certificates."""

from typing import Any

import pytest

from deploy.simulator.system import System
from shared.keys import participant_id_of
from tests.support.flow import Running, steady
from tests.support.operator_commands import HOUR, Operator
from tests.support.zoom_events import T0, iso


@pytest.fixture(scope="module")
def client(system: Running) -> Any:
    with System(system.addresses) as made:
        yield made


@pytest.fixture(scope="module")
def doubtful(system: Running, client: System) -> Operator:
    """Ani is there by her link, Budi by one that nobody knows, Citra for a third of the time."""
    one = Operator(system, client, "93209000001", ["ani", "budi", "citra"])
    room, number = one.room, one.number
    one.play(
        room.started(-600),
        room.joined(0, "1", "u1", registrant_id=f"_ani{number}"),
        room.joined(0, "2", "u2", registrant_id="_nobody-knows"),
        room.joined(0, "3", "u3", registrant_id=f"_citra{number}"),
        room.left(1200, "3", "u3"), room.left(HOUR, "1", "u1"), room.left(HOUR, "2", "u2"),
        room.ended(HOUR + 60),
    )  # fmt: skip
    return one


def test_an_assigned_connection_ends_in_a_certificate(doubtful: Operator) -> None:
    doubtful.wait_certified("ani")
    assert doubtful.decision("budi")["verdict"] == "not_eligible"
    (case,) = doubtful.got(f"/v1/webinars/{doubtful.id}/reviews", status="open")["items"]
    assert (case["problem"], case["seconds"]) == ("unknown", HOUR)
    assert case["times"] == [[int(T0.timestamp()), int(T0.timestamp()) + HOUR]]
    path = f"/v1/reviews/{case['case_id']}"
    assert doubtful.got(path)["raw"]["key"] == case["connection_id"]
    stranger = {"external_id": "nobody", "reason": "salah"}
    assert doubtful.refused(f"{path}:assign", stranger) == (422, "participant-unknown")
    assert doubtful.refused(f"{path}:assign", {"external_id": "x"}) == (422, "invalid")
    body = {"external_id": doubtful.external("budi"), "reason": "terlihat di rekaman"}
    key = {"idempotency-key": "assign-budi"}
    word = doubtful.said(f"{path}:assign", body, headers=key)
    assert doubtful.said(f"{path}:assign", body, headers=key)["ruling_id"] == word["ruling_id"]
    doubtful.settled()
    decision = doubtful.decision("budi")
    assert (decision["verdict"], decision["present_seconds"]) == ("eligible", HOUR)
    doubtful.wait_certified("ani", "budi")
    assert doubtful.got(path)["status"] == "settled"
    assert [r["ruling_id"] for r in doubtful.got(path)["rulings"]] == [word["ruling_id"]]


def test_D9_a_correction_that_is_withdrawn_revokes_nothing_by_itself(doubtful: Operator) -> None:
    body = {"webinar_id": doubtful.id, "participant_id": doubtful.person("citra"), "kind": "add",
            "start": iso(1200), "end": iso(HOUR), "reason": "perangkat kedua"}  # fmt: skip
    dry = doubtful.said("/v1/corrections", body, params={"dry_run": "true"})
    assert [dry[when]["present_seconds"] for when in ("before", "after")] == [1200, HOUR]
    assert [dry[when]["verdict"] for when in ("before", "after")] == ["not_eligible", "eligible"]
    assert corrections(doubtful) == []
    outside = {**body, "start": iso(-900), "end": iso(-100)}
    assert doubtful.refused("/v1/corrections", outside) == (422, "outside-session")
    word = doubtful.said("/v1/corrections", body)
    doubtful.settled()
    assert doubtful.decision("citra")["verdict"] == "eligible"
    doubtful.wait_certified("ani", "budi", "citra")
    again = f"/v1/corrections/{word['ruling_id']}:withdraw"
    doubtful.said(again, {"reason": "orang lain"})
    assert doubtful.refused(again, {"reason": "dua kali"}) == (409, "withdrawn-already")
    doubtful.settled()
    decision = doubtful.decision("citra")
    assert (decision["verdict"], decision["present_seconds"]) == ("needs_review", 1200)
    assert "certificate_issued" in [reason["code"] for reason in decision["reasons"]]
    assert doubtful.person("citra") in doubtful.certified()
    (shown,) = corrections(doubtful)
    assert shown["withdrawn_by"] is not None
    stale = {"participant_id": doubtful.person("citra"), "digest": "sha256:other",
             "verdict": "not_eligible", "reason": "dilihat"}  # fmt: skip
    verdicts = f"/v1/webinars/{doubtful.id}/verdicts"
    assert doubtful.refused(verdicts, stale) == (409, "evidence-changed")
    doubtful.said(verdicts, {**stale, "digest": decision["digest"]})
    doubtful.settled()
    assert doubtful.decision("citra")["verdict"] == "not_eligible"


def corrections(operator: Operator) -> Any:
    return operator.got("/v1/corrections", webinar_id=operator.id)["items"]


def test_every_command_stands_in_the_audit_trail(doubtful: Operator) -> None:
    def trail(**query: Any) -> Any:
        return doubtful.got("/v1/audit", webinar_id=doubtful.id, **query)

    count = steady(lambda: len(trail()["items"]), still=1.0)
    records = [r for r in trail(limit=1000)["items"] if not r["action"].endswith("-looked-at")]
    actions = [record["action"] for record in reversed(records)]
    assert actions[:2] == ["webinars-created", "participants-imported"]
    assert actions[-4:] == ["connection-assigned", "correction-made", "ruling-withdrawn",
                            "verdict-settled"]  # fmt: skip
    correction = records[2]
    assert (correction["who"], correction["reason"]) == ("development", "perangkat kedua")
    assert correction["before"]["present_seconds"] == 1200
    assert correction["after"]["present_seconds"] == HOUR
    paged = trail(limit=2)
    rest = trail(cursor=paged["next"], limit=1000)
    assert len(paged["items"]) + len(rest["items"]) == count


def test_a_connection_that_is_no_case_is_given_to_somebody_else_and_back(
    doubtful: Operator,
) -> None:
    (session,) = doubtful.decision("ani")["timeline"]["sessions"]
    (connection,) = {e["connection_id"] for e in session["evidence"]} - {None}
    path = f"/v1/webinars/{doubtful.id}/attendance/{doubtful.person('ani')}/connections:assign"
    whose = {"shares": [{"external_id": doubtful.external("citra")}], "reason": "tautan tertukar"}
    assert doubtful.refused(path, {"connection_id": "other|x", **whose}) == (
        404,
        "connection-unknown",
    )
    word = doubtful.said(path, {"connection_id": connection, **whose})
    doubtful.settled()
    present = {who: doubtful.decision(who)["present_seconds"] for who in ("ani", "citra")}
    assert present == {"ani": 0, "citra": HOUR}
    doubtful.said(f"/v1/rulings/{word['ruling_id']}:withdraw", {"reason": "bukan tertukar"})
    doubtful.settled()
    assert doubtful.decision("ani")["verdict"] == "eligible"


def test_D8_items_by_csv_and_a_release_let_certificates_out(
    system: Running, client: System
) -> None:
    rule = {"minimum_share": 8000, "scope": "all", "required_items": ["post-test"]}
    one = Operator(system, client, "93209000002", ["dewi", "eko"], certificates="on_release",
                   rule=rule)  # fmt: skip
    room, number = one.room, one.number
    one.play(
        room.started(0),
        room.joined(0, "1", "v1", registrant_id=f"_dewi{number}"), room.left(HOUR, "1", "v1"),
        room.joined(0, "2", "v2", registrant_id=f"_eko{number}"), room.left(HOUR, "2", "v2"),
        room.ended(HOUR),
    )  # fmt: skip
    assert {one.decision(who)["verdict"] for who in ("dewi", "eko")} == {"not_eligible"}
    rows = [f"{one.external('dewi')},post-test,{iso(HOUR)}", "nobody,post-test,",
            f"{one.external('eko')},post-test,kemarin"]  # fmt: skip
    answer = client.call(
        "POST", f"{client.at.attendance}/v1/webinars/{one.id}/items",
        content="\n".join(["external_id,item,passed_at", *rows]),
        headers={"content-type": "text/csv"},
    ).json()  # fmt: skip
    assert (answer["rows"], answer["accepted"], answer["rejected_rows"]) == (3, 1, 2)
    assert [(r["row"], r["column"], r["code"]) for r in answer["rejected"]] == [
        (3, "external_id", "participant-unknown"), (4, "passed_at", "time"),
    ]  # fmt: skip
    one.settled()
    assert (one.decision("dewi")["verdict"], one.decision("dewi")["goes_out"]) == (
        "eligible",
        False,
    )
    one.wait_certified()
    version = one.decision("dewi")["version"]
    path = f"/v1/webinars/{one.id}/certificates:release"
    wanted = {"participant_ids": [one.person("dewi"), one.person("eko")], "reason": "rapat"}
    assert one.said(path, wanted)["refused"] == [one.person("eko")]
    one.settled()
    one.wait_certified("dewi")
    assert (one.decision("dewi")["version"], one.decision("dewi")["goes_out"]) == (version, True)


@pytest.fixture(scope="module")
def crowded(system: Running, client: System) -> Operator:
    """One stranger in three connections, a shared one, a bot, and a room with a screen."""
    one = Operator(system, client, "93209000003", ["fitri", "gita", "hadi", "indra", "joko"])
    room, stranger, link = one.room, {"registrant_id": "_stranger"}, f"_fitri{one.number}"
    who = {"registrant_id": link, "email": f"gita{one.number}@contoh.example"}
    one.play(
        room.started(0),
        *(event for n, (a, b) in enumerate([(0, 1000), (1000, 2000), (2000, HOUR)])
          for event in (room.joined(a, f"1{n}", f"x{n}", **stranger), room.left(b, f"1{n}", f"x{n}"))),
        room.joined(0, "2", "x8", **who), room.left(HOUR, "2", "x8"),
        room.joined(0, "3", "x9", registrant_id="_bot"), room.left(HOUR, "3", "x9"),
        room.joined(0, "4", "xr", registrant_id="_room"), room.left(3000, "4", "xr"),
        room.ended(HOUR),
    )  # fmt: skip
    return one


def test_cases_that_look_alike_are_settled_together(crowded: Operator) -> None:
    path = f"/v1/webinars/{crowded.id}/reviews"
    groups = crowded.got(path)["groups"]
    shown = (groups[0]["problem"], groups[0]["cases"], groups[0]["seconds"])
    assert shown == ("unknown", 3, HOUR)
    body = {"group": groups[0]["group"], "external_id": crowded.external("hadi"), "reason": "sama"}
    answer = crowded.said(f"{path}:settle-alike", body)
    assert (answer["accepted"], answer["refused"]) == (3, 0)
    cases = [c["case_id"] for c in crowded.got(path, status="open")["items"]]
    crowded.settled()
    assert crowded.decision("hadi")["verdict"] == "eligible"
    assert crowded.refused(f"{path}:settle-alike", body) == (404, "group-unknown")
    mixed = {"case_ids": [cases[0], "no-such-case"], "reason": "uji"}
    answer = crowded.said(f"{path}:settle-alike", mixed)
    assert [(r["row"], r["status"]) for r in answer["results"]] == [(1, "accepted"), (2, "refused")]
    assert answer["results"][1]["problem"]["type"] == "urn:hadir:problem:case-unknown"
    crowded.said(f"/v1/rulings/{answer['results'][0]['ruling_id']}:withdraw", {"reason": "uji"})


def test_a_connection_is_split_between_two_and_another_rejected(crowded: Operator) -> None:
    open_cases = crowded.got(f"/v1/webinars/{crowded.id}/reviews", status="open")["items"]
    of = {case["connection_id"].rpartition("|")[2]: case for case in open_cases}
    shared = f"/v1/reviews/{of['x8']['case_id']}"
    externals = [person["external_id"] for person in of["x8"]["people"]]
    assert externals == sorted(externals, key=participant_id_of)
    assert set(externals) == {crowded.external("fitri"), crowded.external("gita")}
    both = [{"external_id": crowded.external("fitri"), "end": iso(3000)},
            {"external_id": crowded.external("gita"), "start": iso(3000)}]  # fmt: skip
    overlapping = [both[0], {**both[1], "start": iso(2000)}]
    wrong = {"shares": overlapping, "reason": "x"}
    assert crowded.refused(f"{shared}:split", wrong) == (422, "shares-overlap")
    crowded.said(f"{shared}:split", {"shares": both, "reason": "satu perangkat, dua orang"})
    crowded.said(f"/v1/reviews/{of['x9']['case_id']}:reject", {"reason": "perekam otomatis"})
    crowded.settled()
    assert crowded.decision("fitri")["present_seconds"] == 3000
    assert crowded.decision("gita")["present_seconds"] == HOUR - 3000
    assert crowded.got(f"/v1/reviews/{of['x9']['case_id']}")["status"] == "settled"


def test_I11_a_proctor_s_list_counts_the_room_s_time(crowded: Operator) -> None:
    path = f"/v1/webinars/{crowded.id}/proctor-lists/aula-1"
    people = [{"external_id": crowded.external(who)} for who in ("indra", "joko")]
    body = {"session_id": "s1", "people": [*people, {"external_id": "nobody"}],
            "room": {"zoom_number": crowded.number, "registrant_id": "_room"}}  # fmt: skip
    url = crowded.client.at.attendance + path
    made = crowded.client.call("PUT", url, json=body)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert made.json()["parked"] == [participant_id_of("nobody")]
    same = crowded.client.call("PUT", url, json=body)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    fewer = crowded.client.call("PUT", url, json={**body, "people": people[:1]})
    assert (fewer.json()["version"], fewer.headers["etag"]) == (2, '"2"')
    crowded.settled()
    assert crowded.decision("indra")["present_seconds"] == 3000
    assert crowded.decision("joko")["present_seconds"] == 0
    listed = crowded.got(f"/v1/webinars/{crowded.id}/proctor-lists")["items"]
    assert [(one["list_id"], one["version"]) for one in listed] == [("aula-1", 2)]


def test_what_does_not_fit_is_refused_with_a_plain_problem(crowded: Operator) -> None:
    at = f"/v1/webinars/{crowded.id}"
    why = {"reason": "uji"}
    assert crowded.refused("/v1/webinars/none/cases:close", why) == (404, "webinar-unknown")
    assert crowded.refused("/v1/reviews/none:reject", why) == (404, "case-unknown")
    assert crowded.refused(f"{at}/certificates:release", why) == (409, "not-on-release")
    base = f"{at}/sessions/s1/base:settle"
    gap = {"leaving": [{"start": iso(0), "end": iso(60)}], **why}
    assert crowded.refused(base, gap) == (422, "gaps-not-named")
    assert crowded.refused(f"{at}/sessions/s9/base:settle", why) == (422, "session-unknown")
    verdict = {"external_id": crowded.external("hadi"), "verdict": "not_eligible", **why,
               "digest": crowded.decision("hadi")["digest"]}  # fmt: skip
    assert crowded.refused(f"{at}/verdicts", verdict) == (409, "nothing-to-settle")
    key = {"idempotency-key": "close"}
    crowded.said(f"{at}/cases:close", why, headers=key)
    again = crowded.refused(f"{at}/cases:close", {"reason": "lain"}, **key)
    assert again == (422, "idempotency-key-reused")
