"""A small world of people and decisions on real topics, and the worker as a real process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.certificates.settings import CertificatesApiSettings
from shared.crypto import new_data_key, seal
from shared.events.attendance import EligibilityDecidedV1
from shared.events.registration import (
    EnrolledV1,
    Hall,
    KeyWrappedV1,
    ParticipantRegisteredV1,
    PersonalData,
    ProgrammeSetV1,
    SessionV1,
    Signatory,
    WebinarSetV1,
    ZoomRoom,
)
from shared.keys import participant_id_of, partition_of, person_key
from shared.provision import partitions_of
from shared.publish import KafkaPublisher, Outgoing
from shared.topics import (
    CERTIFICATES,
    DECISIONS,
    ENROLMENTS,
    KEYS,
    NUMBERS,
    PARTICIPANTS,
    PROGRAMMES,
    WEBINARS,
    Topic,
)

ROOT = Path(__file__).parents[3]
KEK, CODE_KEY = bytes(range(32)), bytes(range(32, 64))
PROGRAMME = str(UUID(int=77))
NIP = "198612122010122001"


class World:
    """Says things on the topics, as registration and attendance would."""

    def __init__(self, settings: CertificatesApiSettings) -> None:
        self.settings = settings
        self.publisher = KafkaPublisher(settings)
        self.say(PROGRAMMES, PROGRAMME, ProgrammeSetV1(programme_id=PROGRAMME, version=1, year=2026, name="Program Contoh"))  # fmt: skip

    def say(self, topic: Topic, key: str, event: Any) -> None:
        self.publisher.publish([Outgoing(topic, key, event)])

    def say_raw(
        self, topic: Topic, key: str, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Bytes that no typed event would give, on the partition of their key."""
        producer = KafkaProducer(bootstrap_servers=self.settings.kafka)
        at = 0 if topic.single_partition else partition_of(key.encode(), self.settings.partitions)
        name = self.settings.topic(topic)
        producer.send(name, key=key.encode(), value=value, headers=list(headers), partition=at)
        producer.close()

    def webinar(self, number: int, version: int = 1, **changes: Any) -> str:
        id_ = str(UUID(int=1000 + number))
        session = SessionV1(
            id="s1", start="2026-11-12T02:00:00Z", end="2026-11-12T04:30:00Z",
            zoom=ZoomRoom(number="93201235621"), hall=Hall(name="Aula Contoh"),
        )  # fmt: skip
        fields = {
            "webinar_id": id_, "version": version, "programme_id": PROGRAMME, "year": 2026,
            "title": f"Webinar Contoh {number}", "sessions": (session,), "jp": 4,
            "signatory": Signatory(name="Dr. Contoh Penanda", title="Direktur Contoh"),
        }  # fmt: skip
        self.say(WEBINARS, id_, WebinarSetV1(**{**fields, **changes}))
        return id_

    def enrol(self, webinar_id: str, people: Sequence[str]) -> None:
        out = []
        for external_id in people:
            id_ = participant_id_of(external_id)
            event = EnrolledV1(
                webinar_id=webinar_id, participant_id=id_, external_id=external_id, version=1,
                year=2026, region_code="15.72", category="asn",
            )  # fmt: skip
            out.append(Outgoing(ENROLMENTS, person_key(webinar_id, id_), event))
        self.publisher.publish(out)

    def register(self, people: Sequence[str], kek: bytes = KEK) -> None:
        out = []
        for external_id in people:
            id_, key = participant_id_of(external_id), new_data_key()
            data = PersonalData(external_id=external_id, name=f"Nama Rahasia {external_id}", nip=NIP, agency="Dinas Contoh")  # fmt: skip
            wrapped = seal(kek, key, subject=id_)
            sealed = seal(key, data.to_bytes(), subject=id_)
            out.append(Outgoing(KEYS, id_, KeyWrappedV1(participant_id=id_, wrapped=wrapped)))
            out.append(Outgoing(PARTICIPANTS, id_, ParticipantRegisteredV1(participant_id=id_, version=1, sealed=sealed)))  # fmt: skip
        self.publisher.publish(out)

    def decide(
        self, webinar_id: str, people: Sequence[str], verdict: str = "eligible", *,
        provisional: bool = False, version: int = 1, goes_out: bool = True,
    ) -> None:  # fmt: skip
        out = []
        for external_id in people:
            id_ = participant_id_of(external_id)
            event = EligibilityDecidedV1(
                webinar_id=webinar_id, participant_id=id_, version=version, verdict=verdict,
                provisional=provisional, present_seconds=9000, base_seconds=9000,
                required_seconds=7200, sessions=(), reasons=(), rule_version=1, digest="d",
                decided_at="2026-11-12T05:00:00Z", goes_out=goes_out,
            )  # fmt: skip
            out.append(Outgoing(DECISIONS, person_key(webinar_id, id_), event))
        self.publisher.publish(out)

    def records(self, topic: Topic, *, dead: bool = False) -> list[Any]:
        """Every record of a topic, in log order per partition, by an independent client."""
        name = self.settings.dead_letters(topic) if dead else self.settings.topic(topic)
        consumer = KafkaConsumer(bootstrap_servers=self.settings.kafka, enable_auto_commit=False, auto_offset_reset="earliest")  # fmt: skip
        count = 1 if dead else partitions_of(topic, self.settings)
        places = [TopicPartition(name, p) for p in range(count)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found: list[Any] = []
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                found += records
        consumer.close()
        return found

    def certificates(self) -> dict[str, bytes]:
        """The last value of each key."""
        return {r.key.decode(): r.value for r in self.records(CERTIFICATES)}

    def claims(self) -> int:
        return len(self.records(NUMBERS))

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """The worker as its own process; killed at the end if it is still there."""
        process = self.start()
        try:
            yield process
            assert process.poll() is None, "the worker ended by itself"
        finally:
            kill(process)

    def start(self, instance: str = "w0") -> subprocess.Popen[bytes]:
        settings = self.settings
        env = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HADIR_KAFKA": settings.kafka,
            "HADIR_REDIS": settings.redis, "HADIR_TOPIC_PREFIX": settings.topic_prefix,
            "HADIR_PARTITIONS": str(settings.partitions), "HADIR_HTTP_PORT": "0",
            "HADIR_KEK": _b64(KEK), "HADIR_CODE_KEY": _b64(CODE_KEY),
            "HADIR_PUBLIC_URL": settings.public_url, "HADIR_DATA_DIR": str(settings.data_dir), "HADIR_INSTANCE": instance,
        }  # fmt: skip
        command = [sys.executable, "-m", "services.certificates", "worker"]
        with (settings.data_dir / "worker.log").open("ab") as out:
            return subprocess.Popen(command, env=env, stdout=out, stderr=out)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, and wait until it is gone."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def _b64(key: bytes) -> str:
    import base64

    return base64.b64encode(key).decode()
