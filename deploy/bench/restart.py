"""A worker that holds a whole webinar's people is killed (SIGKILL) and started again: how long to ready?

All that it holds comes from webhooks that it folded and decided itself before. Ready is what its
operator port says: the state is there, and live records are folded.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deploy.bench.crew import Crew, wait_ready
from deploy.bench.measure import cpu_seconds, peak_mib
from deploy.bench.row import Row, median
from shared.topics import DECISIONS

BACKLOG_WITHIN, READY_WITHIN = 3600.0, 600.0


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
        spent = _decided(crew, Path(folder))
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


def _decided(crew: Crew, data: Path) -> float:
    """The first worker, from nothing to the last decision; then it is killed. Its CPU seconds."""
    with crew.worker(data=data) as (worker, port):
        crew.log.alive = lambda: worker.poll() is None
        wait_ready(worker, port, BACKLOG_WITHIN)
        crew.log.settled(crew.settings.topic(DECISIONS), crew.people, BACKLOG_WITHIN)
        time.sleep(2.0)  # what it writes behind the decisions is written
        return cpu_seconds(worker.pid)
