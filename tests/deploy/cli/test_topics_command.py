"""`hadir topics` and `hadir dlq` on a real broker."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner

from deploy.cli.main import build
from shared.batch import CONTENT_TYPE, encode
from shared.dead_letters import DeadLetters
from shared.provision import provision
from shared.settings import Settings
from shared.topics import BY_NAME, DECISIONS, EVENTS, PARTICIPANTS, Topic

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def provisioned_here(settings: Callable[..., Settings]) -> Settings:
    made = settings()
    provision(made)
    return made


@pytest.fixture
def run(provisioned_here: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `hadir …` against this module's topics."""
    given = provisioned_here
    monkeypatch.setenv("HADIR_KAFKA", given.kafka)
    monkeypatch.setenv("HADIR_TOPIC_PREFIX", given.topic_prefix)
    monkeypatch.setenv("HADIR_PARTITIONS", str(given.partitions))
    return lambda *arguments: CliRunner().invoke(build(arguments), arguments)


@pytest.fixture
def send(provisioned_here: Settings) -> Iterator[Callable[..., int]]:
    """Writes one record on partition 0 of a topic; its offset."""
    producer = KafkaProducer(bootstrap_servers=provisioned_here.kafka, acks="all")

    def write(topic: Topic, key: bytes | None, value: bytes, headers: Any = ()) -> int:
        name = provisioned_here.topic(topic)
        sent = producer.send(name, value, key, headers=list(headers), partition=0)
        return int(sent.get(timeout=30).offset)

    yield write
    producer.close()


def batch(*events: tuple[str, bytes]) -> bytes:
    return encode(
        (orjson.dumps({"ce_type": "some.event.v1", "ce_time": "2026-03-02T09:59:00Z", "key": key}), body)
        for key, body in events
    )  # fmt: skip


BATCH = [("content-type", CONTENT_TYPE.encode())]


def tail(settings: Settings, topic: Topic, start: int) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka, consumer_timeout_ms=3_000)
    place = TopicPartition(settings.topic(topic), 0)
    consumer.assign([place])
    consumer.seek(place, start)
    found = list(consumer)
    consumer.close()
    return found


def test_after_apply_the_plan_has_nothing_to_do(run: Run) -> None:
    assert run("topics", "apply").exit_code == 0
    plan = run("topics", "plan", "--json")
    rows = orjson.loads(plan.stdout)
    assert plan.exit_code == 0
    assert len(rows) == 2 * len(BY_NAME)
    assert {row["state"] for row in rows} == {"ok"}


def test_a_plan_under_other_settings_names_what_differs(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADIR_PARTITIONS", "48")
    plan = run("topics", "plan")
    assert plan.exit_code == 1
    assert "has 3 partitions" in plan.stdout


def test_a_plan_on_an_empty_broker_says_that_all_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADIR_TOPIC_PREFIX", "elsewhere.")
    plan = run("topics", "plan", "--json")
    assert {row["state"] for row in orjson.loads(plan.stdout)} == {"missing"}


def test_a_batch_is_shown_event_by_event(run: Run, send: Callable[..., int]) -> None:
    at = send(EVENTS, None, batch(("w|p1", b'{"n":1}'), ("w|p2", b'{"n":2}')), BATCH)
    told = run("topics", "show", EVENTS.name, "--json", "--offset", str(at), "--partition", "0")
    lines = [orjson.loads(line) for line in told.stdout.splitlines()]
    assert [line["body"] for line in lines] == [{"n": 1}, {"n": 2}]
    assert lines[1]["address"].endswith(f"/0/{at}/1")
    only = run("topics", "show", EVENTS.name, "--json", "--offset", str(at), "--key", "w|p2")
    assert [orjson.loads(line)["key"] for line in only.stdout.splitlines()] == ["w|p2"]


def test_a_torn_batch_is_shown_as_what_it_is(run: Run, send: Callable[..., int]) -> None:
    at = send(EVENTS, None, batch(("k", b"{}"))[:-1], BATCH)
    told = run("topics", "show", EVENTS.name, "--json", "--offset", str(at), "--partition", "0")
    assert "ends inside a frame" in orjson.loads(told.stdout)["torn"]


def test_personal_data_is_told_by_size_only(run: Run, send: Callable[..., int]) -> None:
    at = send(PARTICIPANTS, b"p1", b'{"name":"Rahasia"}', [("ce_type", b"x.v1")])
    told = run("topics", "show", PARTICIPANTS.name, "--offset", str(at))
    assert "Rahasia" not in told.stdout
    assert "<18 bytes>" in told.stdout


def test_a_topic_that_does_not_exist_is_misuse(run: Run) -> None:
    assert "there are: registration.programmes.v1" in str(run("topics", "show", "x").exception)


def test_a_dead_letter_goes_back_once_with_its_own_headers(
    run: Run, send: Callable[..., int], provisioned_here: Settings
) -> None:
    headers = [("ce_type", b"attendance.eligibility-decided.v9")]
    at = send(DECISIONS, b"w|p", b"{}", headers)
    DeadLetters(provisioned_here).write(DECISIONS, 0, at, b"w|p", b"{}", headers, "unknown version")
    listed = run("dlq", "list", "--json")
    assert listed.exit_code == 1
    assert orjson.loads(listed.stdout)[DECISIONS.name] == {"unknown version": 1}
    assert "unknown version" in run("dlq", "show", DECISIONS.name).stdout
    assert run("dlq", "retry", DECISIONS.name).stdout.startswith("1 of 1")
    assert run("dlq", "retry", DECISIONS.name).stdout.startswith("0 of 0")
    again = tail(provisioned_here, DECISIONS, at + 1)
    assert [(r.key, r.value, list(r.headers)) for r in again] == [(b"w|p", b"{}", headers)]


def test_a_retry_does_not_undo_what_happened_since(
    run: Run, send: Callable[..., int], provisioned_here: Settings
) -> None:
    at = send(DECISIONS, b"w|q", b"old")
    newer = send(DECISIONS, b"w|q", b"new")
    DeadLetters(provisioned_here).write(DECISIONS, 0, at, b"w|q", b"old", [], "no event type")
    told = run("dlq", "retry", DECISIONS.name)
    assert told.exit_code == 1
    assert "a newer record of its key exists" in told.stdout
    assert tail(provisioned_here, DECISIONS, newer + 1) == []


def test_one_event_of_a_batch_goes_back_alone_with_its_frame_header(
    run: Run, send: Callable[..., int], provisioned_here: Settings
) -> None:
    at = send(EVENTS, None, batch(("a", b"1"), ("b", b"2")), BATCH)
    bury(provisioned_here, EVENTS, at, index=1)
    assert run("dlq", "retry", EVENTS.name).stdout.startswith("1 of 1")
    again = tail(provisioned_here, EVENTS, at + 1)
    assert [r.value for r in again] == [batch(("b", b"2"))]


def bury(settings: Settings, topic: Topic, at: int, index: int) -> None:
    from shared.dead_letters import dead_letter_headers

    producer = KafkaProducer(bootstrap_servers=settings.kafka, acks="all")
    headers = dead_letter_headers(settings.topic(topic), 0, at, "poison", index=index)
    producer.send(settings.dead_letters(topic), b"2", b"b", headers=headers).get(timeout=30)
    producer.close()
