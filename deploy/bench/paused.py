"""The gateway while its broker is stopped (SIGSTOP): memory, answers, and what came of them.

Load goes on over `CONNECTIONS` connections, each of which sends again as soon as it is answered.
Every 200 must be on the log in the end, and answers come in time in any state: Zoom waits 3 s. The
worst answer is that of all the load: before, while and after the broker stood still.
"""

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition

from deploy.bench.gateway import SECRET, server
from deploy.bench.load import Load, believed, once, prepare
from deploy.bench.measure import Row, cores, peak_mib
from deploy.local.broker import LocalBroker
from shared.batch import decode
from shared.provision import provision
from shared.settings import KafkaSettings
from shared.topics import WEBHOOKS

CONNECTIONS = 2_000
SHORT = 20
"""Seconds for which the broker stands still after the first, long time."""
COMES_BACK = 5
"""Seconds of load after the broker goes on."""
Say = Callable[[str], None]


class BrokenPromise(Exception):
    """The gateway did what it never may; the text says what."""


class Pause(NamedTuple):
    """What one stop of the broker showed. `worst`: the slowest answer, ms; `back`: seconds from the
    broker's going on to the first 200; `stall`: the generator's own longest stop, ms, which makes
    answers seem as late."""

    accepted: int
    worst: float
    back: float
    stall: float


def run(broker: LocalBroker, *, seconds: int, runs: int, say: Say) -> list[Row]:
    """`seconds`: how long the broker stands still the first time.

    Raises:
        BrokenPromise: a 200 without a record, an answer that is neither 200 nor 503, or no recovery.
        GeneratorWasTheLimit: the generator was kept from its core.
    """
    settings = KafkaSettings(kafka=broker.address, topic_prefix="bench-paused.")
    provision(settings)
    with tempfile.TemporaryDirectory() as folder, server("ours", settings) as (port, pid):
        requests = prepare(Path(folder), SECRET)
        pauses = [_pause(broker, requests, port, SHORT if n else seconds, say) for n in range(runs)]
        mib = peak_mib(pid)
    accepted, written = sum(pause.accepted for pause in pauses), _frames(settings)
    say(f"{accepted} accepted in all, {written} written; peak {mib:.0f} MiB")
    if written < accepted:
        raise BrokenPromise(f"{accepted} deliveries were answered 200, {written} were written")
    worst, back = [pause.worst for pause in pauses], [pause.back for pause in pauses]
    return [
        Row("gateway_paused_broker_mib", mib, None, "MiB peak"),
        Row("gateway_paused_worst_ms", max(worst), None, "ms", worst),
        Row("gateway_paused_back_s", max(back), None, "s to the first 200", back),
        Row("gateway_paused_generator_ms", max(p.stall for p in pauses), None, "ms, its own worst"),
    ]


def _pause(broker: LocalBroker, requests: Path, port: int, seconds: int, say: Say) -> Pause:
    before = _fire(requests, port, 3)
    with _stopped(broker, seconds):
        paused = _fire(requests, port, seconds + COMES_BACK)
    loads = [before, paused, *_until_recovered(requests, port)]
    if any(load.errors for load in loads):
        raise BrokenPromise("deliveries were not answered, or neither by 200 nor by 503")
    worst, stall = max(load.worst for load in loads), max(load.stall for load in loads)
    back = paused.first / 1000 - seconds if paused.first else COMES_BACK
    say(f"broker stopped for {seconds} s: {paused.refused} refused with 503, first 200 {back:.1f} s after "
        f"it went on, worst answer {worst:.0f} ms; the generator's own longest stop {stall:.0f} ms")  # fmt: skip
    return Pause(sum(load.accepted for load in loads), worst, back, stall)


def _fire(requests: Path, port: int, seconds: float) -> Load:
    """Not repeated if it is void: the broker would no longer stand still."""
    return believed(once(requests, port, seconds, cores()[1], 0, CONNECTIONS))


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


def _until_recovered(requests: Path, port: int, within: float = 60.0) -> Iterator[Load]:
    """Loads until one of them is accepted as a whole."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        load = _fire(requests, port, 3)
        yield load
        if load.accepted and not load.refused:
            return
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
