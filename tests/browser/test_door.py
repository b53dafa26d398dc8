"""The door page on a phone: a real code before the camera, a whole session without a network."""

import time
from typing import Any

import pytest

from services.attendance.pages.door_texts import SCRIPT
from tests.support.door_phone import (
    PEOPLE,
    Hall,
    Phone,
    all_sent,
    counted,
    keep_impossible_list,
    lists_of,
    rfc,
    saved_list,
    saved_walk_in,
    scan_of,
)
from tests.support.wait import until


def test_a_code_before_the_camera_checks_its_person_in(online: Phone) -> None:
    online.browser.run("document.querySelector('#camera').click()")
    online.said("good", "cam-1")
    online.picture("scan-good")
    online.browser.run("document.querySelector('#camera').click()")
    until(lambda: scan_of(online, "cam-1")["status"] == "accepted")
    assert len([s for s in online.kept("queue") if s["shown"] == "cam-1"]) == 1
    assert "code" not in scan_of(online, "cam-1")
    assert online.browser.console() == []


def test_a_session_without_a_network_is_kept_over_reload_and_closed_browser_and_then_decides(
    phone: Phone, hall: Hall
) -> None:
    phone.view("scan")
    hall.down()
    phone.browser.network(offline=True)
    phone.enter(hall.codes["off-1"])
    phone.said("good", "off-1")
    phone.browser.open(f"{phone.url}/door")
    until(lambda: phone.counts() == counted(1, 0))
    phone.enter("OFF-2")  # as somebody types it; it stays as it was given
    phone.browser.wait("document.querySelector('#found button')")
    assert phone.browser.run("return document.querySelector('#result').dataset.kind") == "idle"
    phone.browser.run("document.querySelector('#found button').click()")
    phone.said("good", "off-2")
    phone.picture("scan-offline")
    phone.close_browser()
    phone.open_browser()
    phone.browser.open(f"{phone.url}/door")
    until(lambda: phone.counts() == counted(2, 0))
    phone.view("outbox")
    phone.browser.wait("document.querySelectorAll('#entries li[data-state=unsent]').length == 2")
    phone.picture("outbox-offline")
    tags = phone.browser.run_async(
        "const done = arguments[0]; navigator.serviceWorker.getRegistration('/door')"
        ".then((r) => r.sync.getTags()).then(done, (e) => done(String(e)))"
    )
    assert tags == ["hadir-door"]  # the browser itself would send them later, without the page
    hall.up()
    all_sent(phone)
    assert phone.counts() == counted(0, 0)
    assert {scan_of(phone, who)["status"] for who in ("off-1", "off-2")} == {"accepted"}


def test_a_scan_that_the_phone_could_not_keep_is_never_shown_as_good(
    online: Phone, hall: Hall
) -> None:
    online.browser.run("window.put = Door.store.put; Door.store.put = () => Promise.reject(1)")
    online.enter(hall.codes["late-1"])
    online.said("bad", "TIDAK tersimpan")
    online.browser.run("Door.store.put = window.put")
    assert [s for s in online.kept("queue") if s["shown"] == "late-1"] == []


def test_a_repeated_code_is_told_and_one_of_another_webinar_is_refused(
    online: Phone, hall: Hall
) -> None:
    online.enter(hall.codes["off-1"])
    online.said("look", "off-1")
    online.enter(hall.other_code)
    online.said("bad", SCRIPT["other-webinar"][0])
    online.enter(hall.codes["late-1"][:45])
    online.said("bad", SCRIPT["cut-short"][0])
    online.enter("https://elsewhere.example/a.b")
    online.said("bad", SCRIPT["no-code"][0])


def test_a_forged_code_is_told_when_it_is_sent(online: Phone, hall: Hall) -> None:
    right = hall.codes["late-1"]
    online.enter(right[:-1] + ("A" if right[-1] != "A" else "B"))
    online.said("bad", "Kode ini tidak sah.")
    assert online.counts() == counted(0, 1)
    online.view("outbox")
    online.browser.wait("document.querySelector('#entries li[data-state=refused]')")
    online.picture("outbox-refused")
    online.browser.run("document.querySelector('#entries li[data-state=refused] button').click()")
    until(lambda: online.counts() == counted(0, 0))
    assert "code" not in next(s for s in online.kept("queue") if s["state"] == "seen")


def test_a_code_that_came_in_at_another_gate_just_now_is_flagged(phone: Phone, hall: Hall) -> None:
    scan = {"scan_id": "another-phone-1", "session_id": "s1", "gate": "B", "time": rfc(time.time()),
            "code": hall.codes["gate-1"]}  # fmt: skip
    hall.attendance.post(f"{hall.path}/check-ins", json={"scans": [scan]}).raise_for_status()
    until(lambda: hall.attendance.get("/readyz").status_code == 200)
    time.sleep(1)  # the projection of the other phone's scan
    phone.view("scan")
    phone.enter(hall.codes["gate-1"])
    phone.said("look", "gerbang B")
    phone.picture("scan-two-gates")


def test_an_ended_sign_in_loses_nothing(phone: Phone, hall: Hall) -> None:
    phone.view("scan")
    phone.browser.forget_cookies()
    phone.enter(hall.codes["sign-1"])
    phone.said("good", "sign-1")
    phone.browser.wait("!document.querySelector('#sign-in').hidden")
    assert scan_of(phone, "sign-1")["state"] == "unsent"
    phone.picture("sign-in-needed")
    phone.browser.run("document.querySelector('#sign-in a').click()")
    phone.browser.wait("location.pathname == '/sign-in' && document.readyState == 'complete'")
    phone.sign_in()
    until(lambda: scan_of(phone, "sign-1")["state"] == "sent")


def test_a_walk_in_waits_encrypted_and_is_enrolled_and_checked_in_when_sent(
    phone: Phone, hall: Hall
) -> None:
    hall.down()
    phone.browser.network(offline=True)
    phone.view("walk-in")
    phone.picture("walk-in")
    saved_walk_in(phone, "Nama Rahasia", "15.71")
    (kept,) = phone.kept("walkins")
    assert "Rahasia" not in str(kept)
    extractable = phone.browser.run_async(
        "const done = arguments[0];"
        "Door.store.get('keys', 'walk-ins').then((key) => done(key.extractable))"
    )
    assert extractable is False
    hall.up()
    phone.browser.network(offline=False)
    phone.browser.run("document.querySelector('#send').click()")
    until(lambda: phone.kept("walkins") == [])
    enrolled = hall.registration.get(f"{hall.path}/enrolments").json()["items"]
    (walk_in,) = [e for e in enrolled if e["external_id"].startswith("walk-in-")]
    until(lambda: scan_of(phone, walk_in["external_id"])["state"] == "sent")
    person = hall.registration.get(f"/v1/participants/{walk_in['participant_id']}").json()
    assert (person["name"], walk_in["mode"]) == ("Nama Rahasia", "onsite")


def test_a_proctor_s_list_that_was_made_without_a_network_arrives(phone: Phone, hall: Hall) -> None:
    hall.down()
    phone.view("lists")
    phone.browser.wait("document.querySelectorAll('#list-people input').length >= 5")
    phone.browser.run(
        "document.querySelector('#list-find').value = 'zz';"
        "document.querySelector('#list-find').dispatchEvent(new Event('input'));"
    )
    phone.browser.wait("document.querySelectorAll('#list-people input').length == 1")
    phone.browser.run(
        "document.querySelector('#list-people input').click();"
        "document.querySelector('#list-name').value = 'Ruang Melati';"
        "document.querySelector('#list-form button').click();"
    )
    phone.browser.wait("!document.querySelector('#list-done').hidden")
    assert phone.counts() == counted(1, 0)
    hall.up()
    phone.browser.run("document.querySelector('#send').click()")
    until(lambda: [one.get("sent") for one in phone.kept("lists")] == [True])
    (listed,) = until(lambda: hall.attendance.get(f"{hall.path}/proctor-lists").json()["items"])
    assert (listed["session_id"], len(listed["participant_ids"])) == ("s1", 1)


def test_a_list_that_ends_before_it_begins_is_told_before_it_is_kept(phone: Phone) -> None:
    phone.view("lists")
    saved_list(phone, "09:00", "08:00")
    phone.browser.wait("!document.querySelector('#list-problem').hidden")
    assert phone.browser.text("#list-problem") == SCRIPT["problem_interval-empty"][0]
    assert lists_of(phone, "Ruang Mawar") == []


def test_a_list_that_the_server_refused_is_corrected_or_dropped(phone: Phone) -> None:
    phone.browser.run("document.querySelector('#list-stop').click()")
    for list_id in ("refused-1", "refused-2"):
        keep_impossible_list(phone, list_id)
    phone.browser.run("document.querySelector('#send').click()")
    until(lambda: phone.counts() == counted(0, 2))
    phone.view("outbox")
    refused = "document.querySelectorAll('#entries li[data-state=refused]')"
    phone.browser.wait(f"{refused}.length == 2")
    phone.picture("list-refused")
    assert SCRIPT["problem_interval-empty"][0] in phone.browser.run(
        f"return {refused}[0].textContent"
    )
    phone.browser.run(
        f"window.confirm = () => true; {refused}[1].querySelectorAll('button')[1].click()"
    )
    phone.browser.wait(f"{refused}.length == 1")
    phone.browser.run(f"{refused}[0].querySelector('button').click()")
    phone.browser.wait("!document.querySelector('#list-editing').hidden")
    start = phone.browser.run("return Door.time.field(Door.now.session.start, 'Asia/Jakarta')")
    end = phone.browser.run("return Door.time.field(Door.now.session.end, 'Asia/Jakarta')")
    saved_list(phone, start, end)
    until(lambda: [one.get("sent") for one in lists_of(phone, "Ruang Mawar")] == [True])
    assert phone.counts() == counted(0, 0)


def test_what_was_said_of_a_scan_goes_with_the_next_view(online: Phone, hall: Hall) -> None:
    online.enter(hall.other_code)
    online.said("bad", SCRIPT["other-webinar"][0])
    online.view("outbox")
    online.view("scan")
    online.said("idle", SCRIPT["ready"][0])


def test_times_are_the_session_s_own_and_the_session_that_is_on_comes_first(phone: Phone) -> None:
    said = phone.browser.run(
        "const zone = 'Asia/Makassar', start = '2026-11-21T23:30:00Z';"
        "return [Door.time.clock(start, zone), Door.time.field(start, zone),"
        "Door.time.instant('09:00', {start, time_zone: zone}),"
        "Door.time.instant('00:30', {start: '2026-11-22T14:00:00Z', time_zone: zone})]"
    )
    assert said == ["07.30 WITA", "07:30", "2026-11-22T01:00:00.000Z", "2026-11-22T16:30:00.000Z"]
    chosen = phone.browser.run(
        "const of = (id, start, end) => ({session: {id, start: `2026-11-22T${start}:00Z`,"
        " end: `2026-11-22T${end}:00Z`}});"
        "const all = [of('past', '01:00', '02:00'), of('next', '05:00', '06:00'),"
        " of('on', '03:00', '04:00')];"
        "return ['03:30', '04:30', '09:00'].map((at) =>"
        " Door.time.current(all, Date.parse(`2026-11-22T${at}:00Z`)).session.id)"
    )
    assert chosen == ["on", "next", "next"]
    phone.browser.run("document.querySelector('#change').click()")
    phone.browser.wait("document.querySelector('#session').options.length == 1")
    assert "WIB" in phone.browser.text("#session")


@pytest.mark.parametrize("view", ["scan", "outbox", "walk-in", "lists", "setup"])
def test_everybody_can_use_every_view_of_the_page(phone: Phone, axe: str, view: str) -> None:
    if view == "setup":
        phone.browser.run("document.querySelector('#change').click()")
        phone.browser.wait("document.querySelector('#webinar').options.length == 2")
    else:
        phone.view(view)
    phone.picture(f"view-{view}")
    wide, screen = phone.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide == screen
    assert phone.browser.violations(axe) == []
    small = phone.browser.run(
        "return [...document.querySelectorAll('a, button, select, input')]"
        ".filter(e => e.offsetParent && !e.classList.contains('skip'))"
        ".map(e => [e.outerHTML.slice(0, 80), (e.closest('label') || e).getBoundingClientRect()])"
        ".filter(([, r]) => r.width < 24 || r.height < 24).map(([html]) => html)"
    )
    assert small == []


def test_english_is_one_press_away(phone: Phone) -> None:
    phone.browser.run("document.querySelector('a.language').click()")
    phone.browser.wait("document.documentElement.lang == 'en' && document.readyState == 'complete'")
    phone.browser.wait("!document.querySelector('#scan').hidden")
    assert "Scan" in phone.browser.text('[data-view="scan"]')
    phone.browser.open(f"{phone.url}/door")


def test_the_sheet_of_codes_prints_codes_that_can_be_read(
    phone: Phone, hall: Hall, axe: str
) -> None:
    phone.browser.open(f"{phone.url}/webinars/{hall.webinar_id}/codes")
    assert phone.browser.run("return document.querySelectorAll('.codes svg').length") >= len(PEOPLE)
    phone.picture("codes")
    assert phone.browser.violations(axe) == []


def test_scans_of_the_page_decide_when_the_session_is_over(hall: Hall) -> None:
    at = f"/v1/webinars/{hall.webinar_id}"
    session = hall.registration.get(at).json()["sessions"][0]
    body = {"sessions": [{**session, "end": rfc(int(time.time()) - 1)}]}
    hall.registration.patch(at, json=body).raise_for_status()

    def decided() -> Any:
        items = hall.attendance.get(f"{hall.path}/attendance").json()["items"]
        found = {i["external_id"]: i.get("verdict") for i in items}
        return all(found.get(who) for who in PEOPLE) and found

    found = until(decided)
    scanned = ("cam-1", "off-1", "off-2", "gate-1", "sign-1", "zz-1")
    assert {who: found[who] for who in scanned} == dict.fromkeys(scanned, "eligible")
    assert found["late-1"] == "not_eligible"  # only a forged code of theirs was shown
