"""A worker that holds a whole webinar's people is killed (SIGKILL) and started again: how long to ready?

All that it holds comes from webhooks that it folded and decided itself before. It is killed at rest:
what came since its last checkpoints – at most a tenth of the state – is folded in addition, at the
pace of `restart_…_decided`. Ready is what its operator port says: the state is there, and live records
are folded.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deploy.bench.crew import Crew, wait_ready
from deploy.bench.measure import cpu_seconds, peak_mib
from deploy.bench.row import Row, median
from shared.keeper import PACE
from shared.topics import DECISIONS, EVENTS_STATE, WEBHOOKS_STATE

BACKLOG_WITHIN, READY_WITHIN, RESTED_WITHIN = 3600.0, 600.0, 120.0
RESTED = 2 * PACE.idle
"""Seconds without anything new, after which a worker has kept what it knows."""


def run(
    kafka: str, redis: str, *, people: int = 1_000_000, runs: int, say: Callable[[str], None]
) -> list[Row]:
    """So many restarts of one worker on a core of its own; medians."""
    crew = Crew(kafka, redis, people, say)
    events = crew.webhooks(0, people)
    crew.ended()
    took: list[float] = []
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        spent = _decided(crew, Path(folder), say)
        say(f"{events:,} events and {people:,} decisions in {spent:.0f} s of its CPU")
        for turn in range(runs):
            with crew.worker(data=Path(folder)) as (worker, port):
                took.append(wait_ready(worker, port, READY_WITHIN))
                memory.append(peak_mib(worker.pid))
                say(f"{turn + 1}/{runs} ready after {took[-1]:.1f} s, of which "
                    f"{cpu_seconds(worker.pid):.1f} s of CPU, {memory[-1]:,.0f} MiB")  # fmt: skip
    size = "1m" if people == 1_000_000 else str(people)
    return [
        Row(f"restart_{size}_seconds", median(took), None, "s to ready", took),
        Row(f"restart_{size}_mib", median(memory), None, "MiB peak of the worker", memory),
        Row(f"restart_{size}_decided", events / spent, None, "events/s of CPU, decisions included"),
    ]


def _decided(crew: Crew, data: Path, say: Callable[[str], None]) -> float:
    """The first worker, from nothing to the last decision; then it is killed. Its CPU seconds."""
    with crew.worker(data=data) as (worker, port):
        crew.log.alive = lambda: worker.poll() is None
        wait_ready(worker, port, BACKLOG_WITHIN)
        crew.log.settled(crew.settings.topic(DECISIONS), crew.people, BACKLOG_WITHIN)
        spent = cpu_seconds(worker.pid)
        time.sleep(RESTED)
        for topic in (WEBHOOKS_STATE, EVENTS_STATE):
            crew.log.settled(crew.settings.topic(topic), crew.settings.partitions, RESTED_WITHIN)
        say(f"checkpoints for {cpu_seconds(worker.pid) - spent:.1f} s of its CPU")
        return spent
