"""Whose connection it is: rules W1–W6, W8, F2."""

import pytest

from services.attendance.domain.assignments import Assignment, Share, last_word
from services.attendance.domain.codes import Enrolment, Problem
from services.attendance.domain.identity import (
    NOBODY,
    Identifiers,
    Resolution,
    possible_owners,
    resolve,
)

NUMBER = "9"


class People:
    """A roster of (person, standing, registrant ids, e-mails, customer keys)."""

    def __init__(self, *enrolments):
        self.enrolments = enrolments

    def _holders(self, field, value):
        return {(e[0], e[1]) for e in self.enrolments if value in e[field]}

    def by_registrant(self, webinar_id, number, registrant_id):
        assert (webinar_id, number) == ("w", NUMBER)
        return self._holders(2, registrant_id)

    def by_email(self, webinar_id, email):
        return self._holders(3, email)

    def by_customer_key(self, webinar_id, customer_key):
        return self._holders(4, customer_key)

    def ever_by_registrant(self, webinar_id, number, registrant_id):
        return {who for who, _ in self._holders(2, registrant_id)}

    def ever_by_email(self, webinar_id, email):
        return {who for who, _ in self._holders(3, email)}

    def ever_by_customer_key(self, webinar_id, customer_key):
        return {who for who, _ in self._holders(4, customer_key)}


def enrolled(who, links=(), emails=(), keys=(), standing=Enrolment.ENROLLED):
    return (who, standing, links, emails, keys)


def cancelled(who, links=(), emails=(), keys=()):
    return enrolled(who, links, emails, keys, Enrolment.CANCELLED)


ANI = enrolled("ani", ["r1"], ["a@x"], ["k1"])
BUDI = enrolled("budi", ["r2"], ["b@x"], ["k2"])


def of(*enrolments, links=(), emails=(), keys=(), zoom=(), host=False, **more):
    who = Identifiers(tuple(links), tuple(emails), tuple(keys), tuple(zoom), host)
    return resolve(who, People(*enrolments), "w", NUMBER, **more)


def review(problem, *candidates):
    return Resolution(None, candidates, problem)


def test_W1_the_registrant_id_names_the_person():
    assert of(ANI, BUDI, links=["r1"]) == Resolution("ani")


def test_W1_it_is_enough_whatever_the_customer_key_says():
    assert of(ANI, BUDI, links=["r1"], keys=["k2"]) == Resolution("ani")


def test_W1_an_unknown_registrant_id_goes_on_to_the_email():
    assert of(ANI, BUDI, links=["r9"], emails=["b@x"]) == Resolution("budi")


def test_W1_the_link_of_a_cancelled_enrolment_still_names_its_person():
    assert of(cancelled("ani", ["r1"], ["a@x"]), BUDI, links=["r1"]) == Resolution("ani")


def test_W1_an_enrolled_person_beats_a_cancelled_one_with_the_same_link():
    assert of(cancelled("ani", ["r1"]), enrolled("budi", ["r1"]), links=["r1"]) == Resolution(
        "budi"
    )


def test_W1_a_cancelled_link_with_the_email_of_somebody_enrolled_is_reviewed():
    twice = cancelled("ani", ["r1"], ["a@x"]), enrolled("ani2", ["r2"], ["a@x"])
    found = of(*twice, links=["r1"], emails=["a@x"])
    assert found == review(Problem.CANCELLED_LINK, "ani", "ani2")


def test_W2_an_email_that_one_enrolled_person_has_names_them():
    assert of(ANI, BUDI, emails=["b@x"]) == Resolution("budi")


def test_W2_a_cancelled_enrolment_counts_as_none():
    assert of(cancelled("ani", emails=["a@x"]), emails=["a@x"]).problem is Problem.UNKNOWN
    both = cancelled("ani", emails=["a@x"]), enrolled("budi", emails=["a@x"])
    assert of(*both, emails=["a@x"]) == Resolution("budi")


def test_W2_a_shared_email_names_nobody():
    both = enrolled("ani", emails=["a@x"]), enrolled("budi", emails=["a@x"])
    assert of(*both, emails=["a@x"]) == review(Problem.EMAIL_SHARED, "ani", "budi")


def test_W2_a_customer_key_decides_where_the_email_does_not():
    both = enrolled("ani", emails=["a@x"], keys=["k1"]), enrolled("budi", emails=["a@x"])
    assert of(*both, emails=["a@x"], keys=["k1"]) == Resolution("ani")
    assert of(*both, keys=["k1"]) == Resolution("ani")


def test_W2_an_email_is_enough_whatever_the_customer_key_says():
    assert of(ANI, BUDI, emails=["a@x"], keys=["k2"]) == Resolution("ani")
    was_hers_too = cancelled("citra", emails=["a@x"])
    assert of(ANI, BUDI, was_hers_too, emails=["a@x"], keys=["k2"]) == Resolution("ani")


def test_W2_a_shared_customer_key_names_nobody():
    both = enrolled("ani", keys=["k"]), enrolled("budi", keys=["k"])
    assert of(*both, keys=["k"]) == review(Problem.CUSTOMER_KEY_SHARED, "ani", "budi")


def test_W5_two_links_of_two_people_are_reviewed():
    assert of(ANI, BUDI, links=["r1", "r2"]) == review(Problem.TWO_PEOPLE, "ani", "budi")


def test_W5_two_emails_of_two_people_are_reviewed():
    assert of(ANI, BUDI, emails=["a@x", "b@x"]) == review(Problem.TWO_PEOPLE, "ani", "budi")


def test_W5_a_link_with_the_email_of_another_is_reviewed():
    found = of(ANI, BUDI, links=["r1"], emails=["b@x"])
    assert found == review(Problem.TWO_PEOPLE, "ani", "budi")


def test_W5_a_link_with_an_email_that_its_person_shares_is_no_conflict():
    both = enrolled("ani", ["r1"], ["a@x"]), enrolled("budi", ["r2"], ["a@x"])
    assert of(*both, links=["r1"], emails=["a@x"]) == Resolution("ani")


def test_W5_an_email_that_several_have_names_nobody_and_makes_no_conflict():
    others = enrolled("budi", emails=["b@x"]), enrolled("citra", emails=["b@x"])
    assert of(ANI, *others, links=["r1"], emails=["b@x"]) == Resolution("ani")
    assert of(ANI, *others, emails=["a@x", "b@x"]) == Resolution("ani")


def test_W2_two_customer_keys_of_two_people_are_reviewed():
    assert of(ANI, BUDI, keys=["k1", "k2"]) == review(Problem.TWO_PEOPLE, "ani", "budi")


def test_W5_one_link_in_two_enrolments_is_reviewed():
    both = enrolled("ani", ["r1"]), enrolled("budi", ["r1"])
    assert of(*both, links=["r1"]) == review(Problem.REGISTRANT_SHARED, "ani", "budi")


def test_W5_two_links_or_emails_of_one_person_are_no_conflict():
    ani = enrolled("ani", ["r1", "r3"], ["a@x", "a@y"])
    assert of(ani, links=["r1", "r3"], emails=["a@x", "a@y"]) == Resolution("ani")


def test_W3_a_phone_leg_is_whoever_its_app_leg_is():
    assert of(ANI, BUDI, phone=True, bound=[Resolution("ani")]) == Resolution("ani")
    assert of(ANI, BUDI, links=["r2"], phone=True, bound=[Resolution("ani")]) == Resolution("ani")


def test_W3_a_phone_leg_bound_to_two_people_is_reviewed():
    bound = [Resolution("budi"), Resolution("ani")]
    assert of(phone=True, bound=bound) == review(Problem.PHONE_TWO_PEOPLE, "ani", "budi")
    assert of(phone=True, bound=[Resolution("ani")] * 2) == Resolution("ani")


def test_W3_a_phone_leg_of_an_unresolved_app_leg_speaks_for_itself():
    unknown = Resolution(problem=Problem.UNKNOWN)
    assert of(ANI, links=["r1"], phone=True, bound=[unknown]) == Resolution("ani")
    assert of(ANI, phone=True, bound=[unknown]).problem is Problem.UNKNOWN


def test_W3_a_phone_leg_may_be_whoever_its_app_leg_may_be():
    maybe = review(Problem.TWO_PEOPLE, "ani", "budi")
    assert of(ANI, BUDI, phone=True, bound=[maybe]) == maybe
    assert of(ANI, BUDI, links=["r2"], phone=True, bound=[maybe]) == Resolution("budi")


def test_W3_a_phone_leg_of_a_host_is_nobody_s():
    assert of(ANI, phone=True, bound=[NOBODY]) == NOBODY
    assert of(ANI, links=["r1"], phone=True, bound=[NOBODY]) == Resolution("ani")


def test_W3_an_app_leg_keeps_its_own_person():
    assert of(ANI, links=["r1"], bound=[Resolution("budi")]) == Resolution("ani")


def test_W3_a_bind_does_not_settle_two_people_in_one_app_leg():
    found = of(ANI, BUDI, links=["r1", "r2"], bound=[Resolution("ani")])
    assert found == review(Problem.TWO_PEOPLE, "ani", "budi")


def test_W6_hosts_and_staff_are_nobody_and_not_parked():
    assert of(host=True) == Resolution(nobody=True)
    assert of(emails=["staff@x"], staff={"staff@x"}) == Resolution(nobody=True)
    assert of(zoom=["z1"], staff={"z1"}) == Resolution(nobody=True)
    assert of(zoom=["z1"]).problem is Problem.UNKNOWN


def test_W6_a_host_who_is_enrolled_is_credited():
    assert of(ANI, links=["r1"], host=True) == Resolution("ani")


def test_W8_an_enrolment_that_comes_later_resolves():
    assert of(links=["r1"]).owner is None
    assert of(ANI, links=["r1"]).owner == "ani"


def word(owner, id="k", made_at=1, **more):
    more = {"user_id": "", "participant_uuid": "p", **more}
    return Assignment(id, made_at, "m1", shares=(Share(owner),), **more)


def test_F2_an_assignment_beats_all_evidence():
    assert of(ANI, links=["r1"], assignment=word("budi")) == Resolution("budi")
    assert of(ANI, links=["r1"], assignment=word(None)) == Resolution(nobody=True)


@pytest.mark.parametrize("back", [False, True])
def test_F2_the_last_assignment_stands(back):
    words = [word("ani", "z", 1), word("budi", "a", 2), word("citra", "b", 2)]
    found = last_word(words[::-1] if back else words, "m1", "p", {"1"})
    assert found is not None
    assert found.owners == {"citra": None}


def test_F2_a_withdrawn_assignment_says_nothing():
    words = [word("ani"), word("budi", "l", 2, withdrawn=True)]
    assert last_word(words, "m1", "p", ()) == words[0]
    assert last_word(words[1:], "m1", "p", ()) is None


def test_F2_withdrawing_comes_in_any_order():
    said, taken_back = word("ani"), word("ani", withdrawn=True)
    assert last_word([said, taken_back], "m1", "p", ()) is None
    assert last_word([taken_back, said], "m1", "p", ()) is None


def test_W6_a_ruling_names_a_connection_by_any_of_its_user_ids():
    by_user = word("ani", user_id="7", participant_uuid="")
    assert last_word([by_user], "m1", "p", {"5", "7"}) == by_user
    assert last_word([by_user], "m1", "p", {"5"}) is None
    assert last_word([by_user], "m2", "p", {"7"}) is None
    assert last_word([word("ani")], "m1", "q", {"7"}) is None


def test_everybody_who_was_ever_named_may_have_been_credited():
    people = People(
        cancelled("ani", ["r1"]), enrolled("budi", emails=["b@x"]), enrolled("citra", keys=["k"])
    )
    who = Identifiers(("r1",), ("b@x",), ("k",))
    words = [word("dewi", withdrawn=True), word(None)]
    bound = [Identifiers(emails=("b@x",))]
    found = possible_owners(who, people, "w", NUMBER, assignments=words, bound=bound)
    assert found == {"ani", "budi", "citra", "dewi"}
    assert possible_owners(Identifiers(), people, "w", NUMBER, bound=bound) == {"budi"}
