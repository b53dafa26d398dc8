"""The attendance step on one core: a backlog of webhooks drained, ours and a vanilla Faust twin.

Both read the same batch records (100 webhooks each) and apply the same parsing and identity rules.
Ours also resolves people, forwards snapshots, measures presence and keeps decisions; what it
publishes is durable before it counts.
"""

import base64
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import uuid4

import orjson
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from deploy.bench.load import body
from deploy.bench.measure import Row, cores, median, pinned, python
from deploy.local.ports import free_ports
from shared.batch import CONTENT_TYPE, frame
from shared.events.registration import EnrolledV1, Link, SessionV1, WebinarSetV1, ZoomRoom
from shared.keys import home_of, participant_id_of, person_key
from shared.provision import provision
from shared.publish import KafkaPublisher, Outgoing
from shared.settings import KafkaSettings
from shared.topics import ENROLMENTS, EVENTS, WEBHOOKS, WEBINARS

PER_RECORD = 100
KEY = base64.b64encode(b"k" * 32).decode()
OUT = "bench-vanilla-out"


def run(kafka: str, redis: str, *, people: int, runs: int, say: Callable[[str], None]) -> list[Row]:
    """By turns; events per second from the first to the last one worked off."""
    ours: list[float] = []
    other: list[float] = []
    for turn in range(runs):
        settings = KafkaSettings(kafka=kafka, topic_prefix=f"bench-step-{uuid4().hex[:6]}.")
        provision(settings)
        events = _fill(settings, people)
        other.append(_vanilla(settings, events))
        ours.append(_ours(settings, redis, events))
        say(f"{turn + 1}/{runs} ours {ours[-1]:,.0f}/s, vanilla Faust {other[-1]:,.0f}/s")
    return [Row("step_vs_vanilla_faust", median(ours), median(other), "events/s", ours)]


def _fill(settings: KafkaSettings, people: int) -> int:
    """A webinar, its people, and a join and a leave of each; how many webhooks."""
    webinar = str(uuid4())
    publisher = KafkaPublisher(settings)
    session = SessionV1(id="s1", start="2026-02-02T02:00:00Z", end="2026-02-02T04:00:00Z",
                        zoom=ZoomRoom(number="93201235621"))  # fmt: skip
    publisher.publish([Outgoing(WEBINARS, webinar, WebinarSetV1(
        webinar_id=webinar, version=1, programme_id=str(uuid4()), year=2026, title="Bench",
        sessions=(session,)))])  # fmt: skip
    publisher.publish([Outgoing(ENROLMENTS, person_key(webinar, p), _enrolled(webinar, p, n))
                       for n, p in enumerate(map(participant_id_of, map(str, range(people))))])  # fmt: skip
    publisher.close()
    _send(settings, _webhooks(people))
    return people * 2


def _enrolled(webinar: str, participant: str, n: int) -> EnrolledV1:
    link = Link(zoom_number="93201235621", registrant_id=f"bench-{n:016d}")
    return EnrolledV1(webinar_id=webinar, participant_id=participant, external_id=str(n), version=1,
                      year=2026, region_code="15", category="asn", links=(link,))  # fmt: skip


def _webhooks(people: int) -> Iterable[tuple[bytes, bytes]]:
    for n in range(people):
        joined = body(n)
        key = f"/bench//c+d==|{orjson.loads(joined)['payload']['object']['participant']['participant_uuid']}"
        left = joined.replace(b"participant_joined", b"participant_left").replace(
            b'"join_time":"2026-02-02T02:00:03Z"', b'"leave_time":"2026-02-02T03:50:03Z"'
        )
        for raw in (joined, left):
            header = {"ce_type": "us.zoom.webhook.v0", "key": key, "received_ms": 1769997604000}
            yield key.encode(), frame(orjson.dumps(header), raw)


def _send(settings: KafkaSettings, webhooks: Iterable[tuple[bytes, bytes]]) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.kafka, linger_ms=20, max_request_size=4 << 20,
                             batch_size=1 << 20)  # fmt: skip
    waiting: dict[int, list[bytes]] = {}
    headers = [("content-type", CONTENT_TYPE.encode())]

    def write(partition: int) -> None:
        value = b"".join(waiting.pop(partition))
        producer.send(settings.topic(WEBHOOKS), value, partition=partition, headers=headers)

    for key, one in webhooks:
        partition = home_of(key, settings.partitions)
        waiting.setdefault(partition, []).append(one)
        if len(waiting[partition]) == PER_RECORD:
            write(partition)
    for partition in list(waiting):
        write(partition)
    producer.flush()
    producer.close()


def _ours(settings: KafkaSettings, redis: str, events: int) -> float:
    (port,) = free_ports(1)
    env = {
        "HADIR_KAFKA": settings.kafka, "HADIR_REDIS": redis, "HADIR_TOPIC_PREFIX": settings.topic_prefix,
        "HADIR_IDENTITY_KEY": KEY, "HADIR_HTTP_PORT": str(port),
    }  # fmt: skip
    with pinned(python("-m", "services.attendance", "worker"), env, cores()[0]):
        began = _first(settings, EVENTS.name)
        _drained(settings, settings.group("attendance"), (WEBHOOKS.name, EVENTS.name))
        return events / (time.monotonic() - began)


def _vanilla(settings: KafkaSettings, events: int) -> float:
    group = f"bench-vanilla-{uuid4().hex[:6]}"
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka)
    many = {"num_partitions": settings.partitions, "replication_factor": 1}
    out, changelog = f"{settings.topic_prefix}{OUT}", f"{group}-connections-changelog"
    admin.create_topics({out: many, changelog: {**many, "configs": {"cleanup.policy": "compact"}}})
    admin.close()
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "BENCH_KAFKA": settings.kafka, "BENCH_GROUP": group, "BENCH_OUT": out,
            "BENCH_TOPIC": settings.topic(WEBHOOKS), "BENCH_PARTITIONS": str(settings.partitions),
        }  # fmt: skip
        command = python("tests/benchmarks/peers/vanilla_faust.py", "--datadir", folder,
                         "worker", "-l", "error", "--without-web")  # fmt: skip
        with pinned(command, env, cores()[0]):
            began = _first(settings, OUT)
            _until(lambda: _ends(settings, OUT) >= events)
            return events / (time.monotonic() - began)


def _ends(settings: KafkaSettings, name: str) -> int:
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka)
    topic = settings.topic_prefix + name
    places = [TopicPartition(topic, p) for p in range(settings.partitions)]
    total: int = sum(consumer.end_offsets(places).values())
    consumer.close()
    return total


def _first(settings: KafkaSettings, name: str) -> float:
    """When the first output is there: start-up is not measured."""
    _until(lambda: _ends(settings, name) > 0)
    return time.monotonic()


def _drained(settings: KafkaSettings, group: str, names: tuple[str, ...]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka)

    def done() -> bool:
        committed = admin.list_group_offsets({group: None})[group]
        written: int = sum(o.offset for o in committed.values())
        return written >= sum(_ends(settings, n) for n in names)

    _until(done)
    admin.close()


def _until(done: Callable[[], bool], within: float = 300.0) -> None:
    until = time.monotonic() + within
    while not _true(done):
        if time.monotonic() > until:
            raise TimeoutError("the backlog was not worked off in time")
        time.sleep(0.05)


def _true(done: Callable[[], bool]) -> bool:
    with suppress(KeyError):  # the group or topic is not known yet
        return done()
    return False
