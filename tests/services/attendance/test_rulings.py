"""Operators' words through both stages in memory: rules F2, W3, W6, I11, I13, D5, D6, D8, D9, L1."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Any

import pytest

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from services.attendance.frames import event_frame
from services.attendance.knowledge import IDENTITY_TOPICS, TOPICS
from services.attendance.rulings import Rulings
from shared.crypto import identity_hmac
from shared.events.attendance import ItemPassedV1, Verdict
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import EnrolledV1, Link, WebinarSetV1
from shared.events.rulings import (
    BaseSettledV1,
    CasesClosedV1,
    CertificatesReleasedV1,
    ConnectionAssignedV1,
    PeopleListedV1,
    Ruling,
    RulingWithdrawnV1,
    Share,
    TimeCorrectedV1,
    VerdictSettledV1,
)
from shared.keys import partition_of, person_key
from shared.topics import CERTIFICATES, ENROLMENTS, RULINGS, WEBINARS
from tests.support.pipeline import KEY, Pipeline
from tests.support.workers import Stages
from tests.support.zoom_events import T0, Room, iso, raw

HOUR = 3600
T = int(T0.timestamp())
W = "11111111-1111-1111-1111-111111111111"
NUMBER = "93201235621"
ROOM = Room("uuid-1==", NUMBER)
PEOPLE = ("ani", "budi", "citra", "dewi", "eko", "fitri")


def webinar(**more: Any) -> WebinarSetV1:
    session = {"id": "s1", "start": iso(0), "end": iso(HOUR), "zoom": {"number": NUMBER}}
    return WebinarSetV1.model_validate({
        "webinar_id": W, "version": 1, "programme_id": "p", "year": 2008, "title": "Contoh",
        "sessions": [session], **more,
    })  # fmt: skip


def enrolment(who: str) -> EnrolledV1:
    return EnrolledV1(
        webinar_id=W, participant_id=who, version=1, external_id=who, year=2008,
        region_code="15", category="asn",  # type: ignore[arg-type]
        links=(Link(zoom_number=NUMBER, registrant_id=f"_{who}"),),
        email_hmac=identity_hmac(KEY, f"{who}@contoh.example"),
    )  # fmt: skip


def there(pipeline: Pipeline, *events: dict[str, Any], **settings: Any) -> Pipeline:
    """The webinar, its people, a running meeting, and these events."""
    pipeline.webinar(webinar(**settings))
    for who in PEOPLE:
        pipeline.enrol(enrolment(who))
    for event in (ROOM.started(-600), *events, ROOM.ended(HOUR + 60)):
        pipeline.webhook(raw(event))
    pipeline.flush()
    return pipeline


def stay(user: str, connection: str, since: int = 0, until: int = HOUR, **who: Any) -> list[Any]:
    """A join and a leave."""
    return [ROOM.joined(since, user, connection, **who), ROOM.left(until, user, connection)]


def said(event: type[Ruling], name: str, at: int = 1, **what: Any) -> Any:
    return event(ruling_id=name, webinar_id=W, made_at=at, made_by="o", reason="uji", **what)  # type: ignore[call-arg]


def assigned(name: str, *shares: Any, at: int = 1, connection: str = "c1", user: str = "") -> Any:
    parts = tuple(s if isinstance(s, Share) else Share(participant_id=s) for s in shares)
    return said(ConnectionAssignedV1, name, at, meeting_uuid=ROOM.uuid, shares=parts,
                participant_uuid="" if user else connection, user_id=user)  # fmt: skip


def withdrawn(name: str, what: str, at: int = 9) -> Any:
    return said(RulingWithdrawnV1, name, at, withdraws=what)


def corrected(name: str, who: str, start: int, end: int, kind: str = "add", at: int = 1) -> Any:
    return said(TimeCorrectedV1, name, at, participant_id=who, kind=kind, start=T + start,
                end=T + end)  # fmt: skip


def listed(name: str, version: int, *people: str, **more: Any) -> Any:
    fields = {"list_id": "aula", "session_id": "s1", "participant_ids": people,
              "zoom_number": NUMBER, "registrant_id": "_room", **more}  # fmt: skip
    return said(PeopleListedV1, name, version=version, **fields)


def seconds(pipeline: Pipeline) -> dict[str, int]:
    """Who was there for how long; those without a second are left out."""
    found = pipeline.decisions()
    return {p: d["present_seconds"] for p, d in sorted(found.items()) if d["present_seconds"]}


def say(pipeline: Pipeline, *words: Ruling) -> None:
    for word in words:
        pipeline.say(word)
        pipeline.flush()


# --- whose connection it is ---


def test_F2_an_assignment_gives_the_time_and_settles_the_case() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1"))
    assert (seconds(pipeline), len(pipeline.open_cases())) == ({}, 1)
    say(pipeline, assigned("a", "budi"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"budi": HOUR}, [])


def test_F2_an_assignment_beats_all_evidence() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"))
    assert seconds(pipeline) == {"ani": HOUR}
    say(pipeline, assigned("a", "budi"))
    assert seconds(pipeline) == {"budi": HOUR}
    say(pipeline, assigned("b", None, at=2))
    assert (seconds(pipeline), pipeline.open_cases()) == ({}, [])


WORDS = [assigned("a", "budi", at=1), assigned("b", "citra", at=3), assigned("c", None, at=2),
         withdrawn("w", "b")]  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_F2_the_last_word_that_stands_stands_in_any_order(order: Sequence[int]) -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"))
    say(pipeline, *(WORDS[i] for i in order), WORDS[order[0]])
    assert seconds(pipeline) == {}
    say(pipeline, withdrawn("w2", "c"))
    assert seconds(pipeline) == {"budi": HOUR}
    say(pipeline, withdrawn("w3", "a"))
    assert seconds(pipeline) == {"ani": HOUR}


def test_F2_a_word_makes_revisions_grow_so_that_it_wins_at_every_receiver() -> None:
    assert {WEBINARS, ENROLMENTS, RULINGS} <= set(IDENTITY_TOPICS) <= set(TOPICS)


def test_F2_a_split_gives_each_their_part_and_the_rest_to_nobody() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1"))
    shares = [Share(participant_id="ani", end=T + 1000),
              Share(participant_id="budi", start=T + 1000, end=T + 1600),
              Share(participant_id="ani", start=T + 3000)]  # fmt: skip
    say(pipeline, assigned("a", *shares))
    assert seconds(pipeline) == {"ani": 1600, "budi": 600}
    assert pipeline.open_cases() == []
    say(pipeline, assigned("b", "citra", at=2))
    assert seconds(pipeline) == {"citra": HOUR}


def test_F2_a_word_in_another_webinar_of_the_number_changes_nothing_here() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"))
    other = assigned("a", "budi").model_copy(update={"webinar_id": "w2"})
    say(pipeline, other, withdrawn("w", "b"))
    assert seconds(pipeline) == {"ani": HOUR}


def test_F2_a_withdrawal_from_another_webinar_takes_nothing_back() -> None:
    rulings = Rulings()
    rulings.put(corrected("k", "ani", 0, 60))
    rulings.put(withdrawn("w", "k").model_copy(update={"webinar_id": "w2"}))
    assert len(rulings.corrections(W, "ani")) == 1
    rulings.put(withdrawn("v", "k"))
    assert rulings.corrections(W, "ani") == ()


def test_F2_of_two_words_with_one_id_the_first_counts_in_any_order() -> None:
    one, other = corrected("k", "ani", 0, 60, at=1), corrected("k", "budi", 0, 60, at=2)
    for words in ([one, other], [other, one]):
        rulings = Rulings()
        for word in words:
            rulings.put(word)
        assert len(rulings.corrections(W, "ani")) == 1
        assert rulings.corrections(W, "budi") == ()


def test_W6_a_word_names_an_event_without_participant_uuid_by_its_user_id() -> None:
    pipeline = there(Pipeline(), *stay("7", ""))
    assert len(pipeline.decisions()) == len(PEOPLE)
    assert len(pipeline.open_cases()) == 1
    say(pipeline, assigned("a", "dewi", user="7"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"dewi": HOUR}, [])


def test_W3_a_phone_leg_follows_its_app_leg_to_whom_that_is_assigned() -> None:
    phone = [ROOM.joined(1200, "9", "p9", phone_number="62***01"), ROOM.left(HOUR, "9", "p9")]
    pipeline = there(Pipeline(), *stay("1", "c1", until=1200), *phone, ROOM.bind(1201, "9", "1"))
    assert len(pipeline.decisions()) == len(PEOPLE)
    assert {c.connection_id for c in pipeline.open_cases()} == {"uuid-1==|c1", "uuid-1==|p9"}
    say(pipeline, assigned("a", "citra"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"citra": HOUR}, [])
    say(pipeline, withdrawn("w", "a"))
    assert (seconds(pipeline), len(pipeline.open_cases())) == ({}, 2)


def test_a_case_says_what_is_at_stake_and_which_connections_look_alike() -> None:
    same = {"registrant_id": "_stranger"}
    events = [*stay("1", "c1", until=600, **same), *stay("2", "c2", since=900, **same),
              *stay("3", "c3", registrant_id="_other")]  # fmt: skip
    pipeline = there(Pipeline(), *events)
    pipeline.decisions()
    cases = {case.connection_id[-2:]: case for case in pipeline.open_cases()}
    assert {name: case.seconds for name, case in cases.items()} == {
        "c1": 600, "c2": 2700, "c3": HOUR,
    }  # fmt: skip
    assert cases["c2"].times == ((T + 900, T + HOUR),)
    assert cases["c2"].user_ids == ("2",)
    assert cases["c1"].alike == cases["c2"].alike != cases["c3"].alike


# --- proctors' lists ---


def test_I11_the_room_s_connection_counts_for_everybody_on_the_list() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", until=3000, registrant_id="_room"))
    pipeline.decisions()
    assert len(pipeline.open_cases()) == 1
    say(pipeline, listed("l1", 1, "ani", "budi"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"ani": 3000, "budi": 3000}, [])


@pytest.mark.parametrize("back", [False, True])
def test_I11_the_highest_version_of_a_list_holds(back: bool) -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_room"))
    versions = [listed("z1", 1, "ani", "budi"), listed("l2", 2, "budi", "citra", start=T + 600)]
    say(pipeline, *(versions[::-1] if back else versions))
    assert seconds(pipeline) == {"budi": 3000, "citra": 3000}
    say(pipeline, withdrawn("w", "l2"))
    assert seconds(pipeline) == {"ani": HOUR, "budi": HOUR}


def test_I11_whoever_owns_the_room_s_link_is_there_and_so_are_the_listed() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_eko"))
    say(pipeline, listed("l1", 1, "ani", "eko", registrant_id="_eko", end=T + 1000))
    assert seconds(pipeline) == {"ani": 1000, "eko": HOUR}


def test_I11_the_room_counts_for_the_list_also_where_an_operator_split_it() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_room"))
    say(pipeline, listed("l1", 1, "ani"), assigned("a", Share(participant_id="ani", end=T + 60)))
    assert seconds(pipeline) == {"ani": HOUR}


def test_W6_a_listed_person_who_is_not_enrolled_is_a_case() -> None:
    line = Line(there(Pipeline(), *stay("1", "c1", registrant_id="_room")))
    line.say(listed("l1", 1, "nobody"))
    assert [(c.problem, c.candidates) for c in line.open_cases()] == [("not_enrolled", ("nobody",))]
    line.say(listed("l2", 2, "ani"))
    assert line.open_cases() == []


# --- the second stage: corrections, items, settlements, releases ---


class Line:
    """Both stages: what the first tells, the second decides, all clocks passed."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.stages = Stages(pipeline.knowledge, pipeline.partitions)
        self._told = 0
        for kind in (ClockKind.GRACE, ClockKind.RETRY_WINDOW):
            self.clock(kind)

    def clock(self, kind: ClockKind) -> None:
        passed = ClockPassed(W, "s1", T + HOUR, kind)
        for stage in self.pipeline.stages:
            self._fold(stage._teller.clock(passed))
        self.work()

    def say(self, *words: Ruling) -> None:
        for word in words:
            self.pipeline.say(word)
        self.work()

    def item(self, who: str, item: str) -> None:
        event = ItemPassedV1(webinar_id=W, participant_id=who, item=item, at=T)
        key = person_key(W, who)
        place = partition_of(key.encode(), self.pipeline.partitions)
        self._fold([(place, event_frame(event.type, "t", key, event.model_dump(), iso(0)))])
        self.work()

    def certificate(self, who: str) -> None:
        event = CertificateIssuedV1(
            certificate_id="c", webinar_id=W, participant_id=who, number="1", sha256="", year=2008,
            verify_url="", issued_at=iso(HOUR), region_code="15", category="asn", sealed="",
        )  # fmt: skip
        self.pipeline.knowledge.apply(CERTIFICATES, person_key(W, who), event)
        self.work()

    def _fold(self, frames: Iterable[tuple[int, bytes]]) -> None:
        for partition, one in frames:
            self.stages.fold(partition, one)

    def work(self) -> None:
        self.pipeline.flush()
        self._fold(self.pipeline.log.frames[self._told :])
        self._told = len(self.pipeline.log.frames)
        self.stages.flush()

    def of(self, who: str) -> dict[str, Any]:
        return self.stages.topic.decisions()[who]

    def published(self) -> int:
        return sum(one.topic.name == "attendance.decisions.v1" for one in self.stages.topic.said)

    def open_cases(self) -> list[Any]:
        cases = self.pipeline.knowledge.cases.values()
        return [case for case in cases if case.status == "open"]


def codes(decision: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in decision["reasons"]]


def line(*events: dict[str, Any], **settings: Any) -> Line:
    return Line(there(Pipeline(), *events, **settings))


def test_F2_a_correction_re_decides_and_its_withdrawal_takes_it_back() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    before, others = one.of("ani"), one.of("budi")
    assert before["verdict"] == "not_eligible"
    one.say(corrected("k", "ani", 1200, HOUR))
    assert one.of("ani")["verdict"] == "eligible"
    assert one.of("ani")["version"] == before["version"] + 1
    assert "corrected" in codes(one.of("ani"))
    assert one.of("ani")["cause"].startswith("ruling|")
    one.say(corrected("r", "ani", 0, HOUR, "remove", at=2))
    assert one.of("ani")["present_seconds"] == 0
    one.say(withdrawn("w", "k"), withdrawn("v", "r"))
    assert (one.of("ani")["verdict"], one.of("ani")["present_seconds"]) == ("not_eligible", 1200)
    assert one.of("budi") == others


def test_D9_a_certificate_stands_when_its_correction_is_withdrawn() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    one.say(corrected("k", "ani", 1200, HOUR))
    one.certificate("ani")
    one.say(withdrawn("w", "k"))
    assert one.of("ani")["verdict"] == "needs_review"
    assert "certificate_issued" in codes(one.of("ani"))
    settled = said(VerdictSettledV1, "v", participant_id="ani", verdict=Verdict.NOT_ELIGIBLE,
                   digest=one.of("ani")["digest"])  # fmt: skip
    one.say(settled)
    assert (one.of("ani")["verdict"], one.of("ani")["goes_out"]) == ("not_eligible", False)
    one.say(corrected("m", "ani", 1200, 1260, at=3))  # other evidence: the verdict acts no more
    assert one.of("ani")["verdict"] == "needs_review"


def test_D1_a_passed_item_makes_eligible_once_and_for_all() -> None:
    rule = {"required_items": ["post-test"]}
    one = line(*stay("1", "c1", registrant_id="_ani"), rule=rule)
    assert "item_missing" in codes(one.of("ani"))
    one.item("ani", "post-test")
    assert (one.of("ani")["verdict"], one.of("ani")["goes_out"]) == ("eligible", True)
    before = one.published()
    one.item("ani", "post-test")
    assert one.published() == before


def test_D8_a_release_lets_out_who_is_named_and_makes_no_new_version() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"), *stay("2", "c2", registrant_id="_budi"),
               certificates="on_release")  # fmt: skip
    assert [one.of(p)["goes_out"] for p in ("ani", "budi")] == [False, False]
    before = one.of("ani")
    one.say(said(CertificatesReleasedV1, "r", participant_ids=("ani", "eko")))
    assert one.of("ani") == {**before, "goes_out": True}
    assert [one.of(p)["goes_out"] for p in ("budi", "eko")] == [False, False]
    one.say(withdrawn("w", "r"))
    assert one.of("ani") == before


def test_D8_at_once_goes_out_with_the_decision() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    assert [one.of(p)["goes_out"] for p in ("ani", "budi")] == [True, False]


def test_D8_after_reconciliation_goes_out_when_no_report_is_waited_for() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"), reconciliation=True,
               certificates="after_reconciliation")  # fmt: skip
    before = one.of("ani")
    assert (before["verdict"], before["provisional"], before["goes_out"]) == (
        "eligible", False, False,
    )  # fmt: skip
    one.clock(ClockKind.REPORT_DEADLINE)
    assert one.of("ani") == {**before, "goes_out": True}


def test_D6_closed_cases_hold_nobody_up() -> None:
    events = stay("1", "c1", registrant_id="_ani", email="budi@contoh.example")
    one = line(*events)  # two people: a case with both as candidates (rule W5)
    assert [one.of(p)["provisional"] for p in ("ani", "budi", "citra")] == [True, True, False]
    one.say(said(CasesClosedV1, "z"))
    assert [one.of(p)["provisional"] for p in ("ani", "budi")] == [False, False]
    one.say(withdrawn("w", "z"))
    assert one.of("ani")["provisional"]
    one.say(assigned("a", "budi"))
    assert [one.of(p)["verdict"] for p in ("ani", "budi")] == ["not_eligible", "eligible"]


def test_I13_a_settled_base_is_everybody_s() -> None:
    later = Room("uuid-2==", NUMBER)
    pipeline = Pipeline()
    pipeline.webinar(webinar(host_long_seconds=600))
    for who in PEOPLE:
        pipeline.enrol(enrolment(who))
    events = [ROOM.started(0), *stay("1", "c1", until=600, registrant_id="_ani"), ROOM.ended(600),
              later.started(600 + 1860), later.joined(2460, "2", "c2", registrant_id="_ani"),
              later.left(HOUR, "2", "c2"), later.ended(HOUR)]  # fmt: skip
    for event in events:
        pipeline.webhook(raw(event))
    one = Line(pipeline)
    assert one.of("ani")["verdict"] == "needs_review"
    assert "host_gap_unsettled" in codes(one.of("ani"))
    gap = (T + 600, T + 2460)
    one.say(said(BaseSettledV1, "b", session_id="s1", leaving=(gap,)))
    assert (one.of("ani")["verdict"], one.of("ani")["base_seconds"]) == ("eligible", 1740)
    assert one.of("budi")["base_seconds"] == 1740
    one.say(said(BaseSettledV1, "c", 2, session_id="s1", staying=(gap,)))
    assert (one.of("ani")["verdict"], one.of("ani")["base_seconds"]) == ("not_eligible", HOUR)


# --- rule L1: any order, any number of times, with crashes ---

STORY = [
    *stay("1", "c1", registrant_id="_ani", email="budi@contoh.example"),
    *stay("2", "c2", until=1800), *stay("3", "c3", registrant_id="_room"),
    *stay("4", "", until=2400),
    ROOM.joined(1800, "9", "p9", phone_number="62***01"), ROOM.left(HOUR, "9", "p9"),
    ROOM.bind(1801, "9", "2"), *stay("5", "c5", registrant_id="_fitri"),
]  # fmt: skip
SAID = [
    assigned("a1", "ani", at=1), assigned("a2", "budi", at=2), withdrawn("w1", "a2"),
    assigned("a3", "citra", at=3, connection="c2"),
    assigned("a4", "dewi", at=4, user="4"),
    assigned("a5", Share(participant_id="dewi", start=T + 2400), Share(participant_id=None),
             connection="c5", at=5),
    assigned("a6", "eko", at=9, connection="c5"), withdrawn("w2", "a6"),
    listed("l1", 1, "ani", "eko", end=T + 900), listed("l2", 2, "eko", "fitri", end=T + 900),
    corrected("k1", "fitri", 900, 1000), corrected("k2", "fitri", 0, 50, "remove", at=2),
    corrected("k3", "budi", 0, 10), withdrawn("w3", "k3"),
]  # fmt: skip
OUTCOME = {"ani": HOUR, "citra": HOUR, "dewi": HOUR, "eko": 900, "fitri": 950}


@pytest.mark.parametrize("seed", range(25))
def test_L1_any_order_repetition_and_crash_gives_the_same(seed: int) -> None:
    rng = random.Random(seed)
    pipeline = Pipeline(partitions=rng.choice([1, 3, 4]))
    pipeline.webinar(webinar())
    events = [ROOM.started(-600), *STORY, ROOM.ended(HOUR + 60)]
    facts: list[Any] = [*map(raw, events), *map(raw, STORY), *SAID, *SAID, *map(enrolment, PEOPLE)]
    rng.shuffle(facts)
    for fact in facts:
        if isinstance(fact, bytes):
            pipeline.webhook(fact)
        elif isinstance(fact, Ruling):
            pipeline.say(fact)
        else:
            pipeline.enrol(fact)
        if rng.random() < 0.3:
            pipeline.flush()
        if rng.random() < 0.05:
            pipeline.crash(rng.randrange(pipeline.partitions))
    pipeline.flush()
    rng.shuffle(pipeline.log.frames)  # the highest revision holds at every receiver
    assert (seconds(pipeline), pipeline.open_cases()) == (OUTCOME, [])


def test_L1_a_fold_of_words_is_the_same_in_any_order() -> None:
    def told(words: Sequence[Ruling]) -> str:
        rulings = Rulings()
        for word in words:
            rulings.put(word)
        return repr([
            rulings.assignments(W, ROOM.uuid, "c1", {"4", "5"}), rulings.lists_of(W, "eko") != [],
            [rulings.corrections(W, p) for p in PEOPLE], rulings.bases(W), rulings.lists(W)[0].version,
        ])  # fmt: skip

    expected = told(SAID)
    for seed in range(50):
        words = [*SAID, *SAID]
        random.Random(seed).shuffle(words)
        assert told(words) == expected


def test_a_stage_is_quiet_only_when_it_has_acted_on_every_word() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    stages = [*one.pipeline.stages, *one.stages.stages]
    assert all(stage.quiet() for stage in stages)
    one.pipeline.say(corrected("k", "ani", 0, 60))
    assert [stage.quiet() for stage in one.stages.stages].count(False) == 1
    one.pipeline.say(assigned("a", "budi"))
    assert [stage.quiet() for stage in one.pipeline.stages].count(False) == 1
    one.work()
    assert all(stage.quiet() for stage in stages)
    assert asyncio.iscoroutinefunction(stages[0].flush)
