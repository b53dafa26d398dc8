"""Enrolments: versions grow, what is lost stays known, saying the same again changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.enrolment import (
    cancelled,
    first_enrolment,
    merged_links,
    next_version,
    personal_data,
    renewed,
    without_links,
)
from services.registration.domain.people import Person
from shared.events.registration import Link, PersonalData


def link(registrant, number="1"):
    return Link(zoom_number=number, registrant_id=registrant)


def person(*links, **values):
    given = {"external_id": "p", "name": "N", "category": "asn", "region_code": "15"}
    return Person(**{**given, **values}, links=tuple(links) or None)


def first(*links, now_ms=1000, email_hmac="", **values):
    return first_enrolment(person(*links, **values), webinar_id="w", participant_id="p", year=2026,
                           email_hmac=email_hmac, taken_from=(), now_ms=now_ms)  # fmt: skip


def again(before, *links, email_hmac="", taken_from=(), now_ms=2000, **values):
    return renewed(before, person(*links, **values), email_hmac=email_hmac,
                   taken_from=taken_from, now_ms=now_ms)  # fmt: skip


def test_the_version_is_the_millisecond_at_which_it_was_said():
    assert first(now_ms=1795000000123).version == 1795000000123


@given(st.none() | st.integers(0, 10**13), st.integers(0, 10**13))
def test_versions_always_grow_even_when_clocks_disagree(previous, now_ms):
    version = next_version(previous, now_ms)
    assert version >= now_ms
    assert previous is None or version > previous


def test_the_same_again_is_no_new_version():
    before = first(link("a"), email_hmac="e")
    assert again(before, link("a"), email_hmac="e") is None


def test_a_replaced_link_stays_known_as_a_former_one():
    after = again(first(link("a")), link("b"))
    assert (after.links, after.former_links) == ((link("b"),), (link("a"),))
    assert after.version == 2000


def test_a_link_that_comes_back_is_no_former_one_any_more():
    after = again(again(first(link("a")), link("b")), link("a"), now_ms=1)
    assert (after.links, after.former_links) == ((link("a"),), (link("b"),))
    assert after.version == 2001


def test_links_of_numbers_that_are_not_mentioned_stay():
    after = again(first(link("a", "1"), link("b", "2")), link("c", "2"))
    assert set(after.links) == {link("a", "1"), link("c", "2")}


def test_who_says_nothing_about_links_takes_none_away():
    assert merged_links((link("a"),), None) == (link("a"),)


def test_an_e_mail_that_changed_stays_known_by_its_pseudonym():
    after = again(first(email_hmac="old"), email_hmac="new")
    assert (after.email_hmac, after.former_email_hmacs) == ("new", ("old",))


def test_a_person_who_loses_a_link_keeps_it_as_former_and_gets_a_version():
    after = without_links(first(link("a"), link("b")), [link("a")], 2000)
    assert (after.links, after.former_links, after.version) == ((link("b"),), (link("a"),), 2000)


def test_whoever_a_link_was_taken_from_is_never_forgotten():
    after = again(first(), link("a"), taken_from={"x"})
    later = again(after, link("b"), taken_from={"y"}, now_ms=3000)
    assert later.taken_from == ("x", "y")


def test_cancelling_twice_is_cancelling_once_and_enrolling_again_undoes_it():
    before = first(link("a"))
    gone = cancelled(before, 2000)
    assert (gone.status, gone.links) == ("cancelled", before.links)
    assert cancelled(gone, 3000) is None
    assert again(gone, link("a")).status == "enrolled"


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=3), max_size=8))
def test_no_link_that_was_ever_had_is_lost(history):
    enrolment, ever = first(), set()
    for now_ms, registrants in enumerate(history):
        links = [link(r) for r in registrants]
        ever |= set(links)
        enrolment = again(enrolment, *links, now_ms=now_ms) or enrolment
        assert {*enrolment.links, *enrolment.former_links} == ever
        assert not set(enrolment.links) & set(enrolment.former_links)


def test_personal_data_keeps_what_was_not_said():
    before = PersonalData(external_id="p", name="Old", email="a@b.id", nip="1", agency="D")
    after = personal_data(person(name="New", email=""), before)
    assert (after.name, after.email, after.nip, after.agency) == ("New", "", "1", "D")
