"""The packed roster answers as plain sets do, whatever comes in which order; records are read as
their models read them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.attendance import token_index
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.identity import (
    Identifiers,
    Resolution,
    possible_owners,
    resolve,
)
from services.attendance.domain.intervals import FOREVER
from services.attendance.enrolments import Certified, Enrolled, enrolled, parse_known
from services.attendance.knowledge import Knowledge
from services.attendance.roster import Roster
from shared.events.certificates import CertificateIssuedV1, CertificateRevokedV1
from shared.events.registration import EnrolledV1, Link
from shared.keys import partition_of, person_key
from shared.records import Poison, parse
from shared.topics import CERTIFICATES, ENROLMENTS
from tests.support.builds import compiled

WEBINARS = ("w1", "w2")
PEOPLE = ("anna", 'b"n\\y', "c,d", "émile", "anna|x")
NUMBERS, REGISTRANTS, EMAILS, KEYS = ("93", "94"), ("r1", "r2", "1|r"), ("e1", "e2"), ("k1",)
HEADERS = [("ce_type", EnrolledV1.type.encode())]

links = st.lists(
    st.builds(Link, zoom_number=st.sampled_from(NUMBERS), registrant_id=st.sampled_from(REGISTRANTS)),
    max_size=2,
).map(tuple)  # fmt: skip
events = st.builds(
    EnrolledV1, webinar_id=st.sampled_from(WEBINARS), participant_id=st.sampled_from(PEOPLE),
    external_id=st.just("x"), version=st.integers(1, 4), year=st.just(2026),
    region_code=st.sampled_from(("31", "31.71")), category=st.just("asn"),
    status=st.sampled_from(("enrolled", "cancelled")), links=links, former_links=links,
    email_hmac=st.sampled_from(("", *EMAILS)), customer_key_hmac=st.sampled_from(("", *KEYS)),
    former_email_hmacs=st.lists(st.sampled_from(EMAILS), max_size=1).map(tuple),
)  # fmt: skip
certificates = st.tuples(
    st.sampled_from(WEBINARS), st.sampled_from(PEOPLE), st.sampled_from(("issued", "revoked", None))
)


class Plain:
    """The same answers from events and sets."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, str], EnrolledV1] = {}
        self.ever: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.certified: set[tuple[str, str]] = set()

    def put(self, event: EnrolledV1) -> None:
        place = event.webinar_id, event.participant_id
        if place in self.last and self.last[place].version > event.version:
            return
        self.last[place] = event
        self.ever[place] |= self.now(event)
        self.ever[place] |= {f"{one.zoom_number}/{one.registrant_id}" for one in event.former_links}
        self.ever[place] |= set(event.former_email_hmacs)

    @staticmethod
    def now(event: EnrolledV1) -> set[str]:
        own = {f"{one.zoom_number}/{one.registrant_id}" for one in event.links}
        return {*own, event.email_hmac, event.customer_key_hmac}

    def holders(self, webinar_id: str, what: str) -> list[tuple[str, Enrolment]]:
        mine = [e for (w, _), e in self.last.items() if w == webinar_id and what in self.now(e)]
        return sorted((e.participant_id, Enrolment(e.status)) for e in mine)

    def once(self, webinar_id: str, what: str) -> list[str]:
        return sorted(p for (w, p), own in self.ever.items() if w == webinar_id and what in own)


def compare(knowledge: Knowledge, plain: Plain, partitions: int) -> None:
    roster = knowledge.roster
    alone(roster)
    for webinar in WEBINARS:
        for number in NUMBERS:
            for one in REGISTRANTS:
                name = f"{number}/{one}"
                found = roster.by_registrant(webinar, number, one)
                assert sorted(found) == plain.holders(webinar, name)
                ever = roster.ever_by_registrant(webinar, number, one)
                assert sorted(ever) == plain.once(webinar, name)
        for email in EMAILS:
            assert sorted(roster.by_email(webinar, email)) == plain.holders(webinar, email)
            assert sorted(roster.ever_by_email(webinar, email)) == plain.once(webinar, email)
        for key in KEYS:
            assert sorted(roster.by_customer_key(webinar, key)) == plain.holders(webinar, key)
            assert sorted(roster.ever_by_customer_key(webinar, key)) == plain.once(webinar, key)
        homes = {
            p: partition_of(person_key(w, p).encode(), partitions)
            for w, p in plain.last
            if w == webinar
        }
        for partition in range(partitions):
            mine = sorted(p for p, home in homes.items() if home == partition)
            assert sorted(roster.everybody(webinar, partition)) == mine
        for person in PEOPLE:
            last = plain.last.get((webinar, person))
            standing = Enrolment(last.status) if last else Enrolment.NEVER
            assert roster.standing(webinar, person) is standing
            assert roster.region(webinar, person) == (last.region_code if last else "")
            assert roster.stands(webinar, person)[1] == ((webinar, person) in plain.certified)


def alone(roster: Roster) -> int:
    """Whoever is alone is whom all rules find; how many were."""
    found = 0
    links = [(), ("r1",), ("r2",), ("r1", "r2"), ("unheard",)]
    several = product(WEBINARS, NUMBERS, links, [(), *zip(EMAILS), EMAILS], [(), KEYS])
    for webinar, number, *ids in several:
        who = Identifiers(*ids)
        if (owner := roster.alone(webinar, number, who)) is not None:
            assert resolve(who, roster, webinar, number) == Resolution(owner)
            assert possible_owners(who, roster, webinar, number) == {owner}
            found += 1
    return found


def told(knowledge: Knowledge, plain: Plain, said: EnrolledV1 | tuple[str, str, Any]) -> None:
    if isinstance(said, EnrolledV1):
        key = person_key(said.webinar_id, said.participant_id)
        home = partition_of(key.encode(), 3)
        knowledge.apply(ENROLMENTS, key, parse_known(ENROLMENTS, HEADERS, said.to_bytes()), home)
        plain.put(said)
    else:
        webinar, person, status = said
        event = None if status is None else Certified(status)
        knowledge.apply(CERTIFICATES, person_key(webinar, person), event)
        change = plain.certified.add if status == "issued" else plain.certified.discard
        change((webinar, person))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(events, certificates), max_size=12), st.booleans())
def test_the_roster_answers_as_plain_sets_do(said: list[Any], asked_between: bool) -> None:
    knowledge, plain = Knowledge(3), Plain()
    for one in said:
        told(knowledge, plain, one)
        if asked_between:  # remembered looks must not outlive what changes them
            compare(knowledge, plain, 3)
    compare(knowledge, plain, 3)


def test_W1_somebody_whose_link_and_address_nobody_else_ever_had_is_found_at_once() -> None:
    knowledge, ani = Knowledge(3), Identifiers(("r1", "unheard"), ("e1",), ("k1",))
    one = EnrolledV1(webinar_id="w1", participant_id="anna", external_id="x", version=1, year=2026,
                     region_code="31", category="asn", email_hmac="e1", customer_key_hmac="k1",
                     links=(Link(zoom_number="93", registrant_id="r1"),))  # fmt: skip
    told(knowledge, Plain(), one)
    assert knowledge.roster.alone("w1", "93", ani) == "anna"
    assert knowledge.roster.alone("w1", "94", Identifiers(("r1",))) is None
    assert knowledge.roster.alone("w2", "93", ani) is None
    assert alone(knowledge.roster) > 9
    for change in ({"status": "cancelled"}, {"participant_id": "other", "email_hmac": "e1"}):
        told(knowledge, Plain(), one.model_copy(update={"version": 2, **change}))
        assert knowledge.roster.alone("w1", "93", ani) is None
        told(knowledge, Plain(), one.model_copy(update={"version": 3}))
    assert knowledge.roster.alone("w1", "93", ani) is None  # another person once had them


@pytest.mark.skipif(compiled(token_index), reason="a compiled class keeps its methods")
def test_W2_of_an_address_that_many_share_two_are_enough_to_know_that_nobody_is_alone() -> None:
    roster, looks = Roster(1), list[int]()
    for n in range(500):
        roster.put(Enrolled("w", f"p{n}", 1, Enrolment.ENROLLED, "31", ("ee1",), ()), 0)
    find = roster._index.find

    def finds(text: str, most: int = FOREVER) -> Sequence[int]:
        looks.append(len(rows := find(text, most)))
        return rows

    roster._index.find = finds
    assert roster.alone("w", "93", Identifiers((), ("e1",))) is None
    assert looks == [2]
    assert len(roster.by_email("w", "e1")) == 500


@pytest.mark.skipif(compiled(token_index), reason="a compiled class keeps its methods")
@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(events, certificates), max_size=8))
def test_equal_hashes_do_no_harm(said: list[Any]) -> None:
    knowledge, plain = Knowledge(3), Plain()
    knowledge.roster._index.find = lambda text, most=0: range(len(knowledge.roster._rows))
    for one in said:
        told(knowledge, plain, one)
    compare(knowledge, plain, 3)


@settings(max_examples=60, deadline=None)
@given(events)
def test_the_quick_reading_gives_what_the_model_gives(event: EnrolledV1) -> None:
    read = parse_known(ENROLMENTS, HEADERS, event.to_bytes())
    assert fields(read) == fields(enrolled(parse(ENROLMENTS, HEADERS, event.to_bytes())))


def test_an_enrolment_in_short_names_every_identifier_it_has_or_had() -> None:
    event = enrolment().model_copy(update={
        "status": "cancelled", "customer_key_hmac": "k1", "former_email_hmacs": ("", "e2"),
        "former_links": (Link(zoom_number="94", registrant_id="r2"),),
    })  # fmt: skip
    held, had = ("r93|r1", "ee1", "kk1"), ("r94|r2", "ee2")
    assert fields(enrolled(event)) == ("w1", "anna", 1, Enrolment.CANCELLED, "31", held, had)


def test_fields_that_an_older_writer_left_out_have_their_defaults() -> None:
    event = enrolment()
    short = event.model_dump_json(exclude_defaults=True).encode()
    assert fields(parse_known(ENROLMENTS, HEADERS, short)) == fields(enrolled(event))


@pytest.mark.parametrize("edit", [
    {"webinar_id": 7}, {"participant_id": None}, {"region_code": ["31"]}, {"external_id": 1},
    {"version": "soon"}, {"year": None}, {"status": "gone"}, {"links": [{"zoom_number": "93"}]},
    {"links": [{"zoom_number": "93", "registrant_id": 4}]}, {"email_hmac": 5}, {"links": "93"},
    {"former_email_hmacs": [5]}, {"customer_key_hmac": 8},
])  # fmt: skip
def test_what_is_no_enrolment_is_said_as_the_model_says_it(edit: dict[str, Any]) -> None:
    value = orjson.dumps(orjson.loads(enrolment().to_bytes()) | edit)
    assert reason(parse_known, value) == reason(parse, value) != ""


@pytest.mark.parametrize("value", [b"", b"[]", b"null", b'"enrolled"', b"{}", b"\xff"])
def test_what_is_no_event_at_all_is_said_too(value: bytes) -> None:
    assert reason(parse_known, value) == reason(parse, value) != ""


def test_an_event_of_another_topic_is_refused_here() -> None:
    headers = [("ce_type", CertificateIssuedV1.type.encode())]
    with pytest.raises(Poison, match="unknown event type"):
        parse_known(ENROLMENTS, headers, certificate().to_bytes())


@pytest.mark.parametrize("kind", [CertificateIssuedV1, CertificateRevokedV1])
def test_a_certificate_is_known_by_its_status(kind: type[CertificateIssuedV1]) -> None:
    headers = [("ce_type", kind.type.encode())]
    event = kind(**certificate().model_dump(exclude={"status"}))
    assert parse_known(CERTIFICATES, headers, event.to_bytes()) == Certified(event.status)
    with pytest.raises(Poison, match="not a"):
        parse_known(CERTIFICATES, headers, b'{"status": "issued"}')


def test_a_record_under_a_strange_key_is_decided_where_the_person_belongs() -> None:
    knowledge, said = Knowledge(12), enrolled(enrolment())
    home = partition_of(person_key("w1", "anna").encode(), 12)
    knowledge.apply(ENROLMENTS, "strange", said, (home + 1) % 12)
    assert knowledge.roster.everybody("w1", home) == ["anna"]


def fields(said: Enrolled) -> tuple[Any, ...]:
    return (said.webinar_id, said.participant_id, said.version, said.standing, said.region,
            said.held, said.had)  # fmt: skip


def enrolment() -> EnrolledV1:
    link = Link(zoom_number="93", registrant_id="r1")
    return EnrolledV1(
        webinar_id="w1", participant_id="anna", external_id="x", version=1, year=2026,
        region_code="31", category="asn", links=(link,), email_hmac="e1",
    )  # fmt: skip


def certificate() -> CertificateIssuedV1:
    return CertificateIssuedV1(
        certificate_id="c", webinar_id="w1", participant_id="anna", number="1", sha256="0",
        verify_url="v", issued_at="2026-02-02T02:00:00Z", year=2026, region_code="31",
        category="asn", sealed="s",
    )  # fmt: skip


def reason(reader: Callable[..., Any], value: bytes) -> str:
    headers: Sequence[tuple[str, bytes]] = HEADERS
    try:
        reader(ENROLMENTS, headers, value)
    except Poison as poison:
        return str(poison)
    return ""


def test_a_full_memory_of_looks_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.attendance.roster.RECENT", 2)
    roster = Roster(1)
    for n in range(5):
        roster.put(Enrolled("w", f"p{n}", 1, Enrolment.ENROLLED, "31", (f"e{n}",), ()), 0)
    for n in range(5):
        assert roster.by_email("w", str(n)) == [(f"p{n}", Enrolment.ENROLLED)]
        assert roster.standing("w", f"p{n}") is Enrolment.ENROLLED
    assert len(roster._recent) <= 2 >= len(roster._recent_rows)
