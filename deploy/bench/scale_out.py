"""A drained backlog of webhooks with one attendance worker, and with two, a core each.

The workers are ready, warmed up and stopped (SIGSTOP) while the backlog is written; the clock runs
from when they go on to the broker's own time of the last decision, each of which must be true. With
two workers the broker has no core of its own any more, which is why events per second of the workers'
processor time stand beside the seconds.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from deploy.bench.crew import Crew
from deploy.bench.drain import CpuWatch, WrongResults, difference, stopped
from deploy.bench.row import Row, paired
from shared.topics import DECISIONS

WITHIN = 600.0


class Drained(NamedTuple):
    """Events a second, and events a second of the workers' processor time."""

    rate: float
    cpu_rate: float


def run(kafka: str, redis: str, *, people: int, runs: int, say: Callable[[str], None]) -> list[Row]:
    """One and two by turns; medians."""
    found: dict[int, list[Drained]] = defaultdict(list)
    for turn in range(runs):
        for count in (1, 2):
            one = _drained(Crew(kafka, redis, people, say), count)
            found[count].append(one)
            say(f"{turn + 1}/{runs} {count} workers: {one.rate:,.0f} events/s, "
                f"{one.cpu_rate:,.0f} per CPU second")  # fmt: skip
    rates = {count: [one.rate for one in all_] for count, all_ in found.items()}
    per_cpu = {count: [one.cpu_rate for one in all_] for count, all_ in found.items()}
    return [
        paired("scale_out_ratio", rates[2], rates[1], "events/s"),
        paired("scale_out_per_cpu_second", per_cpu[2], per_cpu[1], "events/s of worker CPU"),
    ]


def _drained(crew: Crew, count: int) -> Drained:
    """Raises WrongResults when a decision is not the true one."""
    warm, decisions = max(20, crew.people // 50), crew.settings.topic(DECISIONS)
    with crew.working(count) as workers:
        crew.log.alive = lambda: all(worker.poll() is None for worker in workers)
        crew.webhooks(0, warm)
        crew.folded()
        ready = list(crew.made(warm, crew.people))
        with ExitStack() as still:
            for worker in workers:  # for less than a group's session: nobody is to be put out of it
                still.enter_context(stopped(worker.pid))
            events = sum(crew.write(made) for made in ready)
            crew.ended()
            watches = [CpuWatch(worker.pid) for worker in workers]
            began = time.time()
        crew.log.settled(decisions, crew.people, WITHIN)
        ended, found = crew.log.results(decisions)
        used = sum(watch.until(ended) for watch in watches)
    wrong = difference(found, crew.truth())
    if wrong:
        raise WrongResults(f"with {count} workers {wrong}")
    return Drained(events / (ended - began), events / used)
