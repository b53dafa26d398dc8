"""Every quirk of Zoom that is known, through the code of gateway, worker and decision, in memory."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from services.attendance.domain.plan import plan
from services.attendance.domain.sharing import shared_links
from services.attendance.domain.webhook import Other, parse
from shared.crypto import identity_hmac
from shared.events.registration import EnrolledV1, Link, WebinarSetV1
from shared.keys import participant_id_of
from shared.telemetry import NOT_EVIDENCE
from tests.support import asides, stories_of_people, stories_of_rooms, stories_of_times
from tests.support.pipeline import KEY, Dead, Pipeline
from tests.support.quirks import Place, Story, Who, Window, places, play
from tests.support.zoom_events import Body, raw

TABLES = (stories_of_people, stories_of_rooms, stories_of_times, asides)
WEBINAR = "w"
ORDERS: dict[str, Callable[[list[Body]], list[Body]]] = {
    "as it happened": lambda events: events,
    "backwards": lambda events: events[::-1],
    "shuffled and doubled": lambda events: random.Random(4).sample(events * 2, 2 * len(events)),
}


def webinar_of(place: Place, windows: tuple[Window, ...], version: int) -> WebinarSetV1:
    """The webinar as registration says it."""
    return WebinarSetV1.model_validate({
        "webinar_id": WEBINAR, "version": version, "programme_id": "p", "year": 2008,
        "title": place.name, "sessions": place.sessions(windows),
    })  # fmt: skip


def enrolment_of(place: Place, who: Who) -> EnrolledV1:
    """One person as registration says it."""
    links = (Link(zoom_number=place.number, registrant_id=f"_{who.name}"),) if who.linked else ()
    key = who.customer_key
    return EnrolledV1(
        webinar_id=WEBINAR, participant_id=participant_id_of(who.name), version=1, year=2008,
        external_id=who.name, region_code="15", category="asn", links=links,
        email_hmac=identity_hmac(KEY, who.email),
        customer_key_hmac=identity_hmac(KEY, key) if key else "",
    )  # fmt: skip


def played(
    place: Place, story: Story, events: list[Body], *, at_once: bool = False
) -> tuple[Pipeline, Dead]:
    """All of it taken in; flushed now and then, as a worker does, or after every event; and started
    again now and then."""
    dead = Dead()
    pipeline, rng = Pipeline(dead=dead), random.Random(place.name)
    pipeline.webinar(webinar_of(place, story.windows, 1))
    for who in story.people:
        pipeline.enrol(enrolment_of(place, who))
    for body in events:
        pipeline.webhook(raw(body))
        if at_once or rng.random() < 0.3:
            pipeline.flush()
        if rng.random() < 0.2:
            pipeline.crash(rng.randrange(pipeline.partitions))
    if story.moved:
        pipeline.webinar(webinar_of(place, story.moved, 2))
    return pipeline, dead


def outcome(decided: dict[str, Any]) -> tuple[Any, ...]:
    """As a story says it."""
    names = ("verdict", "present_seconds", "base_seconds", "provisional")
    return tuple(decided[name] for name in names)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("place", list(places()), ids=lambda place: place.name)
def test_a_quirk_comes_out_right_in_every_order(place: Place, order: str) -> None:
    story = play(place)
    events = ORDERS[order](story.events)
    pipeline, dead = played(place, story, events)
    decisions = pipeline.decisions()
    found = {who.name: outcome(decisions[participant_id_of(who.name)]) for who in story.people}
    assert found == {name: tuple(came) for name, came in story.expected.items()}
    assert len(pipeline.open_cases()) == story.cases
    assert len(dead.letters) == story.parked * len(events) // len(story.events)
    assert all(reason.startswith("no webhook: impossible time") for reason, _ in dead.letters)


@pytest.mark.parametrize("order", list(ORDERS)[:2])
@pytest.mark.parametrize("place", list(places()), ids=lambda place: place.name)
def test_a_quirk_comes_out_right_when_each_event_is_told_at_once(place: Place, order: str) -> None:
    story = play(place)
    pipeline, _ = played(place, story, ORDERS[order](story.events), at_once=True)
    decisions = pipeline.decisions()
    found = {who.name: outcome(decisions[participant_id_of(who.name)]) for who in story.people}
    assert found == {name: tuple(came) for name, came in story.expected.items()}
    assert len(pipeline.open_cases()) == story.cases


def test_the_tables_play_every_quirk() -> None:
    assert all(table.__doc__ for table in TABLES)
    assert len(list(places())) >= 80


@pytest.mark.parametrize("name", sorted(asides.of_a3()))
def test_F3_each_event_that_is_no_evidence_is_counted_by_its_name(name: str) -> None:
    """Once, for it has one partition."""
    place = next(p for p in places() if p.kind == name.partition(".")[0] and "asides" in p.name)
    (body, *_) = [body for body in play(place).events if body["event"] == name]
    assert isinstance(parse(body), Other)
    before = NOT_EVIDENCE.labels(event=name)._value.get()
    Pipeline().webhook(raw(body))
    assert NOT_EVIDENCE.labels(event=name)._value.get() == before + 1


def test_uuids_hold_all_that_base64_may_hold() -> None:
    uuids = {place.room().uuid for place in places()}
    assert all(uuid.startswith("/") and "//" in uuid and "+" in uuid for uuid in uuids)


@pytest.mark.parametrize("place", list(places()), ids=lambda place: place.name)
def test_W7_only_the_link_that_two_networks_used_at_once_is_flagged(place: Place) -> None:
    story = play(place)
    pipeline, _ = played(place, story, story.events)
    pipeline.decisions()
    webinar, flagged = pipeline.knowledge.webinars[WEBINAR], list[int]()
    for state in pipeline.states:
        the_plan = plan(webinar, list(state.meetings[place.number].values()))
        for person in state.people[WEBINAR].values():
            linked = [(s.connection, s.links) for s in person.seen.values() if s.role == "owner"]
            flagged += [pair.seconds for pair in shared_links(the_plan, linked)]
    assert flagged == ([900] if place.name.startswith("a_link_used_by_two_is") else [])
