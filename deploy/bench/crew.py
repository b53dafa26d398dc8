"""Attendance workers side by side on one broker, and the webinar of `backlog` that they work on."""

import base64
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.bench import backlog
from deploy.bench.drain import Log
from deploy.bench.measure import cores, pinned, python
from deploy.local.ports import free_ports
from deploy.local.readiness import missing
from shared.keys import person_key
from shared.provision import provision
from shared.publish import KafkaPublisher, Outgoing
from shared.settings import KafkaSettings
from shared.topics import DECISIONS, ENROLMENTS, EVENTS, WEBHOOKS, WEBINARS

AT_A_TIME = 20_000
"""People whose records are made in memory at a time."""
READY_WITHIN = 300.0
Worker = Popen[bytes]


class Crew:
    """One installation of topics, its people enrolled; workers are started as they are needed."""

    def __init__(self, kafka: str, redis: str, people: int, say: Callable[[str], None],
                 *, partitions: int = 12) -> None:  # fmt: skip
        self.settings = KafkaSettings(
            kafka=kafka, topic_prefix=f"bench-crew-{uuid4().hex[:6]}.", partitions=partitions
        )
        self.people, self._redis, self._say = people, redis, say
        provision(self.settings)
        self.log = Log(self.settings)
        self.log.create(self.settings.topic(DECISIONS))
        self._publish([self._webinar(1, backlog.HELD)])
        for some in self._parts(0, people):
            self._publish([Outgoing(ENROLMENTS, person_key(backlog.WEBINAR, backlog.participant(n)),
                                    backlog.enrolment(n)) for n in some])  # fmt: skip

    # --- what they work on ---

    def webhooks(self, first: int, last: int) -> int:
        """Write joins and leaves of these people; how many events."""
        return sum(self.write(made) for made in self.made(first, last))

    def made(self, first: int, last: int) -> Iterator[list[backlog.Webhook]]:
        """Joins and leaves of these people, a part at a time."""
        for some in self._parts(first, last):
            yield backlog.webhooks(some.start, some.stop)

    def write(self, made: list[backlog.Webhook]) -> int:
        """Returns how many events."""
        records = backlog.Records(self.settings.partitions)
        records.add(made)
        self.log.write(self.settings.topic(WEBHOOKS), records.done())
        return len(made)

    def ended(self) -> None:
        """The meeting is over and its clocks are due: whoever reads to the end decides."""
        over = backlog.START + backlog.LENGTH + 600
        records = backlog.Records(self.settings.partitions)
        records.everywhere(backlog.lifecycle("ended", over), over)
        self.log.write(self.settings.topic(WEBHOOKS), records.done())
        self._publish([self._webinar(2, 0)])

    def truth(self) -> dict[str, backlog.Outcome]:
        """What must be decided, by record key."""
        return {
            person_key(backlog.WEBINAR, backlog.participant(n)): backlog.outcome(n)
            for n in range(self.people)
        }

    def _parts(self, first: int, last: int) -> Iterator[range]:
        for start in range(first, last, AT_A_TIME):
            self._say(f"  {start:,} of {last:,} people")
            yield range(start, min(last, start + AT_A_TIME))

    def _webinar(self, version: int, clocks: int) -> Outgoing:
        return Outgoing(WEBINARS, backlog.WEBINAR, backlog.webinar(version, clocks))

    def _publish(self, events: Sequence[Outgoing]) -> None:
        publisher = KafkaPublisher(self.settings)
        publisher.publish(events)
        publisher.close()

    # --- who works ---

    @contextmanager
    def working(self, count: int) -> Iterator[list[Worker]]:
        """So many workers, each on a core of its own, ready, and the partitions shared out.

        Raises:
            TimeoutError: they did not get ready.
        """
        with ExitStack() as stack:
            started = [stack.enter_context(self.worker(n)) for n in range(count)]
            for worker, port in started:
                wait_ready(worker, port)
            self._shared_out(count)
            yield [worker for worker, _ in started]

    @contextmanager
    def worker(self, number: int = 0, data: Path | None = None) -> Iterator[tuple[Worker, int]]:
        """A started worker and its port; killed at the end. `data` outlives it where given."""
        s, (port,), own = self.settings, free_ports(1), cores()
        with tempfile.TemporaryDirectory() as folder:
            env = {
                "HADIR_KAFKA": s.kafka, "HADIR_REDIS": self._redis, "HADIR_HTTP_PORT": str(port),
                "HADIR_TOPIC_PREFIX": s.topic_prefix, "HADIR_PARTITIONS": str(s.partitions),
                "HADIR_IDENTITY_KEY": base64.b64encode(backlog.IDENTITY_KEY).decode(),
                "HADIR_INSTANCE": f"worker-{number}", "HADIR_DATA_DIR": str(data or folder),
            }  # fmt: skip
            command = python("-m", "services.attendance", "worker")
            with pinned(command, env, own[number % len(own)]) as process:
                yield process, port

    def _shared_out(self, count: int) -> None:
        group, until = self.settings.group("attendance"), time.monotonic() + READY_WITHIN
        admin = KafkaAdminClient(bootstrap_servers=self.settings.kafka)
        before = 0
        while before < 20:  # two seconds without another rebalance
            if time.monotonic() > until:
                raise TimeoutError(f"{count} workers do not share the partitions")
            with suppress(KafkaError):
                found = admin.describe_groups([group])[group]
                whole = found["group_state"] == "Stable" and len(found["members"]) == count
                before = before + 1 if whole else 0
            time.sleep(0.1)
        admin.close()

    def folded(self) -> None:
        """Until the first effects of a warm-up are written."""
        self.log.settled(self.settings.topic(EVENTS), 1, READY_WITHIN)


def wait_ready(worker: Worker, port: int, within: float = READY_WITHIN) -> float:
    """Seconds until /readyz says so.

    Raises:
        TimeoutError: it ended, or time was up.
    """
    began = time.monotonic()
    while (lack := missing(port)) is not None:
        if worker.poll() is not None or time.monotonic() - began > within:
            raise TimeoutError(f"the worker is not ready: {lack}")
        time.sleep(0.05)
    return time.monotonic() - began
