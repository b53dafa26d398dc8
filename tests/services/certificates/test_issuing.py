"""Numbers and certificates through a real broker: each person one, none twice, none missing."""

import random
import time

import orjson
import pytest
import redis

from shared.keys import certificate_id_of, participant_id_of, person_key
from shared.topics import CERTIFICATES, DECISIONS, KEYS, NUMBERS
from tests.services.certificates.world import World, kill
from tests.support.wait import until


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{n}" for n in range(count)]


def keys(webinar: str, people: list[str]) -> set[str]:
    return {person_key(webinar, participant_id_of(p)) for p in people}


def sound(world: World) -> None:
    """What must hold at any time: one certificate a person, ranks without gap, all copies equal."""
    copies: dict[str, set[bytes]] = {}
    for record in world.records(CERTIFICATES):
        copies.setdefault(record.key.decode(), set()).add(record.value)
    assert all(len(values) == 1 for values in copies.values()), "two certificates for one person"
    numbers = [orjson.loads(next(iter(v)))["number"] for v in copies.values()]
    assert sorted(numbers) == [f"{n:07d}/HAM/15.72/2026" for n in range(1, len(numbers) + 1)]


@pytest.fixture(scope="module")
def ready(world: World) -> World:
    """Everybody that this module talks about is registered."""
    for group, count in (("a", 40), ("no", 6), ("rel", 5), ("kill", 300), ("erased", 1)):
        world.register(names(group, count))
    return world


def test_final_and_eligible_people_get_one_certificate_each(ready: World) -> None:
    webinar = ready.webinar(1)
    people, others = names("a", 40), names("no", 6)
    ready.enrol(webinar, people + others)
    ready.decide(webinar, others[:3], "not_eligible")
    ready.decide(webinar, others[3:], provisional=True)
    ready.decide(webinar, people)
    with ready.worker():
        until(lambda: len(ready.certificates()) >= 40, "40 certificates")
        time.sleep(1)
    assert set(ready.certificates()) == keys(webinar, people)
    sound(ready)


def test_the_event_says_what_the_contract_says(ready: World) -> None:
    key, value = next(iter(ready.certificates().items()))
    event = orjson.loads(value)
    webinar_id, participant_id = key.split("|")
    assert event["certificate_id"] == certificate_id_of(webinar_id, participant_id)
    assert (event["status"], event["revision"]) == ("issued", 1)
    assert (event["year"], event["region_code"], event["category"]) == (2026, "15.72", "asn")
    assert event["verify_url"].startswith("http://127.0.0.1:8004/v/")
    assert event["issued_at"].endswith("Z")
    assert len(event["sha256"]) == 64


def test_a_replay_of_everything_on_an_emptied_store_makes_nothing_new(ready: World) -> None:
    before, claims = ready.certificates(), ready.claims()
    written = len(ready.records(CERTIFICATES))
    with redis.Redis.from_url(ready.settings.redis) as client:
        client.flushdb()
        with ready.worker():
            floor = f"{ready.settings.topic_prefix}certificates.floors:*"
            until(lambda: len(list(client.scan_iter(floor))) == 3, "all decisions read again")
            time.sleep(1)
    assert ready.claims() == claims
    assert ready.certificates() == before
    assert len(ready.records(CERTIFICATES)) == written


@pytest.mark.parametrize(("number", "policy"), [(2, "on_release"), (22, "after_reconciliation")])
def test_D8_what_attendance_does_not_let_out_waits_until_it_does(
    ready: World, number: int, policy: str
) -> None:
    webinar = ready.webinar(number, certificates=policy, reconciliation=True)
    people = names("rel", 5)
    ready.enrol(webinar, people)
    ready.decide(webinar, people, goes_out=False)
    mine = keys(webinar, people)
    with ready.worker():
        time.sleep(3)
        assert not mine & set(ready.certificates())
    with ready.worker():  # the same version once more, and now it may go out
        ready.decide(webinar, people)
        until(lambda: mine <= set(ready.certificates()), "released certificates")
    sound(ready)


def test_a_person_who_is_not_known_yet_is_waited_for_and_holds_nobody_up(ready: World) -> None:
    webinar = ready.webinar(3)
    ready.enrol(webinar, ["late", "a-0"])
    ready.decide(webinar, ["late", "a-0"])
    with ready.worker():
        until(lambda: keys(webinar, ["a-0"]) <= set(ready.certificates()), "the known person")
        assert not keys(webinar, ["late"]) & set(ready.certificates())
        ready.register(["late"])
        until(lambda: keys(webinar, ["late"]) <= set(ready.certificates()), "the late person")
    sound(ready)


def test_who_was_erased_before_gets_no_number(ready: World) -> None:
    webinar = ready.webinar(4)
    ready.say(KEYS, participant_id_of("erased-0"), None)
    ready.enrol(webinar, ["erased-0", "a-1"])
    claims = ready.claims()
    with ready.worker():
        time.sleep(4)  # the view knows of the erasure
        ready.decide(webinar, ["erased-0"])
        ready.decide(webinar, ["a-1"])
        until(lambda: keys(webinar, ["a-1"]) <= set(ready.certificates()), "the other person")
    assert ready.claims() == claims + 1
    sound(ready)


def test_a_decision_nobody_can_read_is_set_aside_and_the_flow_goes_on(ready: World) -> None:
    webinar = ready.webinar(5)
    ready.enrol(webinar, ["a-2"])
    kind = [("ce_type", b"hadir.attendance.eligibility-decided.v1")]
    for value, headers in (
        (b"\xff{", kind),
        (b"{}", kind),
        (b"{}", [("ce_type", b"unknown.v9")]),
        (b"{}", []),
    ):
        for n in range(3):
            ready.say_raw(DECISIONS, f"poison-{n}", value, headers)
    ready.decide("no-uuid", ["a-2"])
    ready.decide(webinar, ["a-2"])
    (own,) = (r.value for r in ready.records(DECISIONS) if webinar.encode() in (r.key or b""))
    ready.say_raw(DECISIONS, "under|another-key", own, kind)
    with ready.worker():
        until(lambda: keys(webinar, ["a-2"]) <= set(ready.certificates()), "the next certificate")
        until(lambda: len(ready.records(DECISIONS, dead=True)) >= 14, "dead letters")
    sound(ready)


def test_a_claim_nobody_can_use_takes_no_number(ready: World) -> None:
    claim = orjson.loads(ready.records(NUMBERS)[0].value)
    kind = [("ce_type", b"hadir.certificates.number-taken.v1")]
    for changes in ({"webinar_id": "no-uuid"}, {"series": "{x}", "participant_id": "p"}):
        value = orjson.dumps({**claim, **changes})
        ready.say_raw(NUMBERS, "s", value, kind)
    webinar = ready.webinar(6)
    ready.enrol(webinar, ["a-3"])
    ready.decide(webinar, ["a-3"])
    with ready.worker():
        until(lambda: keys(webinar, ["a-3"]) <= set(ready.certificates()), "the next certificate")
    sound(ready)


def test_two_workers_killed_in_the_middle_leave_no_gap_and_no_double(ready: World) -> None:
    webinar, people = ready.webinar(7), names("kill", 300)
    ready.enrol(webinar, people)
    rng = random.Random(20261112)
    names_of = ["w0", ""]  # one comes back under its name, one as a stranger
    workers = [ready.start(name) for name in names_of]
    try:
        for start in range(0, 300, 60):
            claims = ready.claims()
            ready.decide(webinar, people[start : start + 60])
            until(lambda before=claims: ready.claims() > before, "numbers are being taken")
            time.sleep(rng.uniform(0, 0.2))
            for victim in {rng.randrange(2), start // 60 % 2}:
                kill(workers[victim])
                workers[victim] = ready.start(names_of[victim])
        until(lambda: keys(webinar, people) <= set(ready.certificates()), "all certificates", 120)
    finally:
        for process in workers:
            kill(process)
    sound(ready)


def test_nothing_personal_stands_in_the_topics_or_the_log(ready: World) -> None:
    log = (ready.settings.data_dir / "worker.log").read_bytes()
    written = [r.value for topic in (NUMBERS, CERTIFICATES) for r in ready.records(topic)]
    for text in [log, *written]:
        assert b"Rahasia" not in text
        assert b"198612122010122001" not in text
