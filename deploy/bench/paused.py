"""The gateway while its broker is stopped (SIGSTOP): memory, answers, and what came of them.

Load goes on over `CONNECTIONS` connections, each of which sends again as soon as it is answered.
Every 200 must be on the log in the end, and answers come in time in any state: Zoom waits 3 s.
"""

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from deploy.bench.gateway import SECRET, server
from deploy.bench.load import Load, fire, prepare
from deploy.bench.measure import Row, cores, peak_mib
from deploy.local.broker import LocalBroker
from shared.batch import decode
from shared.provision import provision
from shared.settings import KafkaSettings
from shared.topics import WEBHOOKS

CONNECTIONS = 2_000


class BrokenPromise(Exception):
    """The gateway did what it never may; the text says what."""


def run(broker: LocalBroker, *, seconds: int, say: Callable[[str], None]) -> list[Row]:
    """`seconds`: how long the broker stands still.

    Raises:
        BrokenPromise: a 200 without a record, or no recovery.
    """
    settings = KafkaSettings(kafka=broker.address, topic_prefix="bench-paused.")
    provision(settings)
    with tempfile.TemporaryDirectory() as folder, server("ours", settings) as (port, pid):
        requests = prepare(Path(folder), SECRET)
        loads = [_fire(requests, port, 3)]
        with _stopped(broker, seconds):
            loads.append(_fire(requests, port, seconds + 2))
        mib = peak_mib(pid)
        loads.append(_recovered(requests, port))
    accepted, written = sum(load.accepted for load in loads), _frames(settings)
    worst = max(load.worst for load in loads)
    say(f"broker stopped for {seconds} s: {loads[1].accepted} accepted, {loads[1].refused} refused with 503, "
        f"{loads[1].errors} otherwise, worst answer {worst:.0f} ms; {accepted} accepted in all, "
        f"{written} written; peak {mib:.0f} MiB")  # fmt: skip
    if written < accepted:
        raise BrokenPromise(f"{accepted} deliveries were answered 200, {written} were written")
    return [Row("gateway_paused_broker_mib", mib, None, "MiB peak"),
            Row("gateway_paused_worst_ms", worst, None, "ms")]  # fmt: skip


def _fire(requests: Path, port: int, seconds: float) -> Load:
    return fire(requests, port, seconds, cores()[1], connections=CONNECTIONS)


@contextmanager
def _stopped(broker: LocalBroker, seconds: float) -> Iterator[None]:
    """The broker stands still for so long, and goes on whatever happens."""
    broker.signal(signal.SIGSTOP)
    timer = threading.Timer(seconds, broker.signal, (signal.SIGCONT,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        broker.signal(signal.SIGCONT)


def _recovered(requests: Path, port: int, within: float = 60.0) -> Load:
    until = time.monotonic() + within
    accepted = 0
    while time.monotonic() < until:
        load = _fire(requests, port, 3)
        accepted += load.accepted
        if load.accepted and not load.refused:
            return load._replace(accepted=accepted)
    raise BrokenPromise(f"{within:.0f} s after its broker went on the gateway still refuses")


def _frames(settings: KafkaSettings) -> int:
    """How many deliveries are on the log."""
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest",
                             enable_auto_commit=False, max_partition_fetch_bytes=8 << 20)  # fmt: skip
    places = [TopicPartition(settings.topic(WEBHOOKS), p) for p in range(settings.partitions)]
    consumer.assign(places)
    ends, found = consumer.end_offsets(places), 0
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=1000).values():
            found += sum(1 for record in records for _ in decode(record.value))
    consumer.close()
    return found
