"""Registration's processes as they run, and an organiser who talks to them."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis
from kafka import KafkaConsumer, TopicPartition

from tests.support.processes import TOKEN, Process, Processes

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def run(provisioned: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Start `api` or `worker`; keywords are further settings."""
    keys = {"HADIR_KEK": KEY, "HADIR_IDENTITY_KEY": KEY}
    processes = Processes(
        "registration", provisioned, tmp_path_factory.mktemp("registration"), **keys
    )
    yield processes
    processes.stop("api", "worker")


@pytest.fixture(scope="module")
def worker(run: Processes) -> Process:
    """The worker; a stable instance, so that it is back at once after a crash."""
    return run("worker", HADIR_INSTANCE="worker-0")


@pytest.fixture(scope="module")
def api(run: Processes, worker: Process) -> Process:
    """An api, ready."""
    started = run("api")
    worker.wait_ready()
    return started.wait_ready()


class Client(httpx.Client):
    """An organiser's client."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        super().__init__(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def programme(self) -> str:
        """A new programme's id."""
        answer = self.post("/v1/programmes", json={"year": 2026, "name": "Program contoh"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def webinar(self, **more: Any) -> str:
        """A new webinar's id."""
        session = {
            "id": "s1", "start": "2026-12-01T02:00:00Z", "end": "2026-12-01T05:00:00Z",
            "zoom": {"number": "93201235621"},
        }  # fmt: skip
        body = {"title": "Webinar contoh", "sessions": [session], "programme_id": ""} | more
        answer = self.post("/v1/webinars", json=body | {"programme_id": self.programme()})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def load(self, webinar_id: str, csv: str | bytes) -> httpx.Response:
        """Import a CSV."""
        path = f"/v1/webinars/{webinar_id}/participants:import"
        return self.post(path, content=csv, headers={"Content-Type": "text/csv"})

    def enrolments(self, webinar_id: str) -> dict[str, dict[str, Any]]:
        """All enrolments of a webinar by external_id, read page by page."""
        path, found = f"/v1/webinars/{webinar_id}/enrolments?limit=1000", {}
        while path:
            answer = self.get(path)
            assert answer.status_code == 200, answer.text
            found |= {item["external_id"]: item for item in answer.json()["items"]}
            path = answer.links["next"]["url"] if "next" in answer.links else ""
        return found


@pytest.fixture(scope="module")
def client(api: Process) -> Iterator[Client]:
    """An organiser's client of the api."""
    with Client(api.url) as made:
        yield made


@pytest.fixture(scope="module")
def client_of() -> Callable[..., Client]:
    """Make a client of another process or token."""
    return Client


class Log:
    """The topics as an independent witness reads them (kafka-python)."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings

    def ends(self, topic: Any) -> dict[int, int]:
        """Where each partition ends."""
        consumer = KafkaConsumer(bootstrap_servers=self._settings.kafka)
        places = [
            TopicPartition(self._settings.topic(topic), p) for p in range(self._settings.partitions)
        ]
        found = {tp.partition: end for tp, end in consumer.end_offsets(places).items()}
        consumer.close()
        return found

    def records(self, topic: Any) -> list[Any]:
        """Every record of a topic, in order per key."""
        consumer = KafkaConsumer(
            bootstrap_servers=self._settings.kafka, auto_offset_reset="earliest",
            enable_auto_commit=False,
        )  # fmt: skip
        places = [
            TopicPartition(self._settings.topic(topic), p) for p in range(self._settings.partitions)
        ]
        consumer.assign(places)
        ends, found = consumer.end_offsets(places), []
        consumer.seek_to_beginning(*places)
        while any(consumer.position(tp) < end for tp, end in ends.items()):
            for records in consumer.poll(500).values():
                found += records
        consumer.close()
        return found


@pytest.fixture(scope="module")
def log(provisioned: Any) -> Log:
    """The witness."""
    return Log(provisioned)


@pytest.fixture(scope="module")
def store(provisioned: Any) -> Iterator["redis.Redis"]:
    """The module's own Redis database."""
    with redis.Redis.from_url(provisioned.redis) as made:
        yield made


HEADER = "external_id,name,email,nip,category,region_code,agency,zoom_number,registrant_id,mode\n"


@pytest.fixture(scope="session")
def people_csv() -> Callable[..., str]:
    """A CSV of `count` made-up people whose ids begin with `prefix`."""

    def make(
        count: int, prefix: str = "p", name: str = "Peserta Contoh", links: bool = True
    ) -> str:
        rows = (
            f"{prefix}{i},{name} {i},{prefix}{i}@example.id,,asn,15.71,Dinas Contoh,"
            f"93201235621,{f'r-{prefix}{i}' if links else ''},online\n"
            for i in range(count)
        )
        return HEADER + "".join(rows)

    return make
