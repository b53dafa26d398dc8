"""The cards of the topics are complete, agree with each other, and are true of the code."""

import inspect
import re
from itertools import pairwise
from pathlib import Path

import pytest

import shared
from shared import topics
from shared.events import (
    Event,
    attendance,
    audit,
    certificates,
    registration,
    reporting,
    reports,
    rulings,
)
from shared.topics import BY_NAME, EVENT_TYPES, FLOW, WEBHOOKS, Topic

SERVICES = Path(shared.__file__).parents[1] / "services"
NAMES = {value: name for name, value in vars(topics).items() if isinstance(value, Topic)}
OUTSIDE = "other services"
by_name = pytest.mark.parametrize("topic", FLOW, ids=lambda topic: topic.name)


def all_events() -> set[type[Event]]:
    modules = (attendance, audit, certificates, registration, reporting, reports, rulings)
    classes = {c for m in modules for _, c in inspect.getmembers(m, inspect.isclass)}
    return {c for c in classes if issubclass(c, Event) and getattr(c, "type", "")}


def named_in(service: str) -> set[str]:
    """Every word of a service's code."""
    files = (SERVICES / service).rglob("*.py")
    return {word for path in files for word in re.findall(r"\w+", path.read_text())}


def test_every_event_stands_on_exactly_one_topic() -> None:
    standing = [event for topic in FLOW for event in topic.events]
    assert len(standing) == len(set(standing)) == len(EVENT_TYPES)
    assert set(standing) == all_events()


def test_every_topic_is_in_the_flow_once() -> None:
    assert sorted(NAMES, key=FLOW.index) == list(FLOW)
    assert len(BY_NAME) == len(FLOW)


@by_name
def test_a_topic_has_one_writing_service_the_one_that_it_is_named_after(topic: Topic) -> None:
    service = topic.name.partition(".")[0]
    assert topic.writer.split()[0] == service
    assert (SERVICES / service).is_dir()


@by_name
def test_a_topic_has_a_reader_and_every_reader_exists(topic: Topic) -> None:
    assert topic.readers
    assert len(set(topic.readers)) == len(topic.readers)
    for reader in set(topic.readers) - {OUTSIDE}:
        assert (SERVICES / reader).is_dir()


@by_name
def test_a_topic_s_name_and_its_events_names_carry_owner_and_version(topic: Topic) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z-]+\.v[1-9]", topic.name)
    for event in topic.events:
        owner, version = event.type.split(".")[1], event.type.rpartition(".v")[2]
        assert owner == topic.name.partition(".")[0]
        assert event.__name__.endswith(f"V{version}")
        assert re.fullmatch(r"hadir\.[a-z]+\.[a-z-]+\.v[1-9]", event.type)


@by_name
def test_only_what_is_never_compacted_holds_batches(topic: Topic) -> None:
    assert not (topic.batched and topic.cleanup == "compact")


@by_name
def test_what_is_not_kept_for_ever_says_for_how_long(topic: Topic) -> None:
    if topic.cleanup == "compact":
        assert topic.retention_days is None
    else:
        assert topic.retention_days or topic.single_partition


@by_name
def test_a_topic_with_sealed_or_raw_data_is_marked_as_personal(topic: Topic) -> None:
    sealed = {"sealed", "wrapped"} & {f for event in topic.events for f in event.model_fields}
    raw = topic is WEBHOOKS  # as Zoom sent them
    assert topic.personal == bool(sealed or raw)


@by_name
def test_whoever_is_said_to_write_or_read_a_topic_names_it_in_its_code(topic: Topic) -> None:
    said = {topic.writer.split()[0], *topic.readers} - {OUTSIDE}
    silent = {service for service in said if NAMES[topic] not in named_in(service)}
    assert silent == set()


@pytest.mark.parametrize("service", ["attendance", "certificates", "registration", "reporting"])
def test_a_service_uses_no_topic_whose_card_does_not_know_it(service: str) -> None:
    imported = set()
    for path in (SERVICES / service).rglob("*.py"):
        for names in re.findall(r"from shared\.topics import \(?([\w\s,]+)", path.read_text()):
            imported |= set(re.findall(r"[A-Z_]+", names))
    unknown = {
        topic.name
        for topic, name in NAMES.items()
        if name in imported and service not in {topic.writer.split()[0], *topic.readers}
    }
    assert unknown == set()


def test_personal_data_in_the_clear_is_only_in_zoom_s_own_bytes() -> None:
    """Everything else that is a person's is sealed; what others may read has no person at all."""
    personal = {"name", "email", "nip", "phone", "ip"}
    for event in all_events() - {registration.ProgrammeSetV1}:
        told = {n for n, field in event.model_fields.items() if field.annotation is not bool}
        assert not personal & told, event
    assert not {"participant_id", "external_id"} & set(reporting.QuotaCellCountedV1.model_fields)


def test_events_come_after_what_they_follow_from() -> None:
    order = ["registration", "attendance", "certificates", "reporting"]
    places = [order.index(topic.name.partition(".")[0]) for topic in FLOW]
    assert all(a <= b for a, b in pairwise(places))
