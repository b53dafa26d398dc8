"""Both stages in memory equal the brute force: seeds × orders, with every ugliness that is known.

The same on a running system: tests/flow/test_matrix.py.
"""

import random
from collections import Counter
from typing import Any

import pytest

from shared.crypto import identity_hmac
from shared.events.registration import EnrolledV1, Link, WebinarSetV1
from shared.keys import participant_id_of
from tests.oracle.zoom_facts import instant
from tests.support.matrix import ORDERS, Case, Person, case_of
from tests.support.pipeline import KEY, Dead, Pipeline

WEBINAR = "w"


def webinar(case: Case, version: int, sessions: list[dict[str, Any]]) -> WebinarSetV1:
    """As registration says it."""
    staff = [identity_hmac(KEY, who) for who in case.webinar["staff"]]
    return WebinarSetV1.model_validate({
        **case.webinar, "webinar_id": WEBINAR, "version": version, "year": 2010,
        "sessions": sessions, "staff": staff,
    })  # fmt: skip


def enrolment(person: Person) -> EnrolledV1:
    """As registration says it."""
    return EnrolledV1(
        webinar_id=WEBINAR, participant_id=participant_id_of(person.external_id), version=1,
        external_id=person.external_id, year=2010, region_code="15", category="asn",
        status="cancelled" if person.cancelled else "enrolled",
        links=tuple(Link(zoom_number=n, registrant_id=r) for n, r in person.links),
        email_hmac=identity_hmac(KEY, person.email),
    )  # fmt: skip


def played(case: Case, order: str) -> tuple[dict[str, tuple[Any, ...]], Dead]:
    """What comes out of the pipeline, flushed now and then."""
    dead, rng = Dead(), random.Random(order)
    pipeline = Pipeline(dead=dead)
    pipeline.webinar(webinar(case, 1, case.sessions_at_first()))
    for person in case.people:
        if not person.late:
            pipeline.enrol(enrolment(person))
    for body in case.deliveries(order):
        pipeline.webhook(body)
        if rng.random() < 0.005:
            pipeline.flush()
    pipeline.webinar(webinar(case, 2, case.webinar["sessions"]))
    for person in case.people:
        if person.late:
            pipeline.enrol(enrolment(person))
    for scan in case.scans:
        fields = {**scan._asdict(), "at": instant(scan.time)}
        pipeline.scan(WEBINAR, scan.participant_id, fields)
    names = ("verdict", "present_seconds", "base_seconds", "required_seconds")
    decided = pipeline.decisions()
    return {who: tuple(d[name] for name in names) for who, d in decided.items()}, dead


def check(seed: int, people: int) -> None:
    """All orders of a seed; the brute force is asked once."""
    case = case_of(seed, people, 2010)
    for order in ORDERS:
        found, dead = played(case, order)
        assert case.differences(found) == [], order
        sent = Counter(case.deliveries(order))
        assert len(dead.letters) == sum(sent[body] for body in set(case.parked))


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_pipeline_is_the_brute_force_in_every_order(seed: int) -> None:
    check(seed, people=40)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", range(200, 220))
def test_twenty_seeds_of_500_people_in_every_order(seed: int) -> None:
    check(seed, people=500)
