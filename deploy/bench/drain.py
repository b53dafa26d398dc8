"""One contender and one backlog: how long it takes and what it costs, start-up left out.

The contender starts, works off a small part as warm-up and is then stopped (SIGSTOP) while the
backlog is written; the clock starts when it goes on. It ends with the last result: the broker's own
time at which that record was appended. So neither start-up, nor the writing of the backlog, nor the
reading of results is measured, and nothing of the work is left out.
"""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

import orjson
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from deploy.bench.backlog import Outcome
from deploy.bench.measure import cores, cpu_seconds, pinned
from shared.batch import CONTENT_TYPE
from shared.log_reader import LogReader
from shared.settings import KafkaSettings

HEADERS = [("content-type", CONTENT_TYPE.encode())]
QUIET_SECONDS = 1.0
"""Without another result for so long, the results are looked at."""


class WrongResults(Exception):
    """A contender's results are not what is true: it did other work than the others."""


class Contender(NamedTuple):
    """A process that reads `source`, and writes to `out` at least `results` results, one a person.

    Its warm-up is over when `warm_results` records stand on `warm`. `topics`: what it needs besides.
    """

    name: str
    command: Sequence[str]
    env: dict[str, str]
    source: str
    out: str
    results: int
    warm: str
    warm_results: int
    topics: tuple[str, ...] = ()


class Work(NamedTuple):
    """What a contender is given: records of the warm-up and of the backlog with its events; `release`
    is called while the contender stands still, before the clock starts; `truth` by key."""

    warm: Sequence[tuple[int, bytes]]
    backlog: Sequence[tuple[int, bytes]]
    events: int
    release: Callable[[], None]
    truth: dict[str, Outcome]


class Said(NamedTuple):
    """A result as it stands on the topic; the digest is of the evidence that counts."""

    outcome: Outcome
    digest: str


class Run(NamedTuple):
    """Events a second, events a second of the contender's CPU, and the digests of its results."""

    rate: float
    cpu_rate: float
    digests: dict[str, str]


Watch = Callable[[int], AbstractContextManager[object]]
"""Called with the contender's pid; entered when it is warm, and left when it is done."""


def drain(settings: KafkaSettings, contender: Contender, work: Work, within: float = 300,
          watch: Watch = nullcontext) -> Run:  # fmt: skip
    """One run.

    Raises:
        TimeoutError: it did not get ready or through in time.
        WrongResults: a result is not true.
    """
    log = Log(settings)
    log.create(*contender.topics, contender.source, contender.out)
    with pinned(contender.command, contender.env, cores()[0]) as process:
        log.alive = lambda: process.poll() is None
        log.write(contender.source, work.warm)
        log.settled(contender.warm, contender.warm_results, within)
        with watch(process.pid):
            with stopped(process.pid):
                log.write(contender.source, work.backlog)
                work.release()
                began, cpu = time.time(), CpuWatch(process.pid)
            ended, digests = _results(log, contender, work, within)
        used = max(cpu.until(ended), 0.01)  # a small backlog may take less than one clock tick
    return Run(work.events / (ended - began), work.events / used, digests)


def _results(
    log: "Log", contender: Contender, work: Work, within: float
) -> tuple[float, dict[str, str]]:
    """When the last result was there; the digests of all of them."""
    until, wrong = time.monotonic() + within, "there are too few results"
    while time.monotonic() < until:
        log.settled(contender.out, contender.results, within)
        ended, found = log.results(contender.out)
        wrong = difference(found, work.truth)
        if not wrong:
            return ended, {key: said.digest for key, said in found.items()}
    raise WrongResults(f"{contender.name}: {wrong}")


def difference(found: dict[str, Said], truth: dict[str, Outcome]) -> str:
    """The first result that is not true, in words; '' where all are."""
    for key, outcome in truth.items():
        said = found.get(key)
        if said is None or said.outcome != outcome:
            return f"{key}: {said and said.outcome} instead of {outcome}"
    return ""


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process stands still inside."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class CpuWatch:
    """A process's CPU seconds over time, from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen = [(time.time(), cpu_seconds(pid))]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self._seen.append((time.time(), cpu_seconds(self._pid)))

    def until(self, moment: float) -> float:
        """CPU seconds from the beginning to a moment of the past (epoch seconds)."""
        self._over.set()
        self._thread.join()
        used = next((cpu for at, cpu in self._seen if at >= moment), self._seen[-1][1])
        return used - self._seen[0][1]


class Log:
    """The topics of one run."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self.alive: Callable[[], bool] = lambda: True

    def create(self, *names: str) -> None:
        """Topics whose records carry the broker's own time; those that are there are changed."""
        admin = KafkaAdminClient(bootstrap_servers=self._settings.kafka)
        configs = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(4 << 20)}
        there = set(admin.list_topics())
        many = {"num_partitions": self._settings.partitions, "replication_factor": 1}
        if missing := {name: many for name in names if name not in there}:
            admin.create_topics(missing, wait_for_metadata=True)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, n, configs) for n in names])
        admin.close()

    def write(self, name: str, records: Sequence[tuple[int, bytes]]) -> None:
        """All of them; returns when the broker has them."""
        producer = KafkaProducer(bootstrap_servers=self._settings.kafka, batch_size=1 << 20,
                                 linger_ms=5, max_request_size=4 << 20)  # fmt: skip
        for partition, value in records:
            producer.send(name, value, partition=partition, headers=HEADERS)
        producer.flush()
        producer.close()

    def settled(self, name: str, least: int, within: float) -> None:
        """Wait until so many records stand there and no other has come for a while.

        Raises:
            TimeoutError: they did not come in time, or the process ended.
        """
        until, before, since = time.monotonic() + within, -1, 0.0
        consumer = KafkaConsumer(bootstrap_servers=self._settings.kafka)
        while before < least or time.monotonic() - since < QUIET_SECONDS:
            if time.monotonic() > until or not self.alive():
                raise TimeoutError(f"{name} has {before} of {least} records")
            time.sleep(0.1)
            now = sum(consumer.end_offsets(self._places(name)).values())
            if now != before:
                before, since = now, time.monotonic()
        consumer.close()

    def _places(self, name: str) -> list[TopicPartition]:
        return [TopicPartition(name, p) for p in range(self._settings.partitions)]

    def results(self, name: str) -> tuple[float, dict[str, Said]]:
        """The time of the last record (epoch seconds), and the last result of each key."""
        return asyncio.run(self._read(name))

    async def _read(self, name: str) -> tuple[float, dict[str, Said]]:
        reader, last = LogReader(self._settings), 0
        found: dict[str, Said] = {}
        await reader.start()
        for place, end in (await reader.ends([tuple(p) for p in self._places(name)])).items():
            async for records in reader.read(*place, 0, end):
                last = max(last, *(r.timestamp for r in records))
                found.update((r.key.decode(), _said(r.value)) for r in records if r.key)
        await reader.stop()
        return last / 1000, found


def _said(value: bytes | None) -> Said:
    decision = orjson.loads(value or b"{}")
    outcome = Outcome(decision.get("verdict", ""), decision.get("present_seconds", 0))
    return Said(outcome, decision.get("digest", ""))
