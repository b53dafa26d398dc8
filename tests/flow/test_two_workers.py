"""Attendance workers that come, go and are killed within a webinar: the decisions are the true ones."""

import signal

from deploy.bench.crew import Crew, wait_ready
from deploy.bench.drain import difference
from shared.topics import DECISIONS


def test_L1_one_worker_leaves_for_another_and_one_is_killed_and_comes_back(
    kafka: str, redis_url: str
) -> None:
    """Who leaves keeps checkpoints, from which its partitions are gone on with; who is killed, none."""
    crew = Crew(kafka, redis_url, 300, print, partitions=4)
    decisions = crew.settings.topic(DECISIONS)
    with crew.working(2) as (first, second):
        crew.webhooks(0, 150)
        crew.folded()
        second.send_signal(signal.SIGTERM)
        second.wait(30)
        crew.webhooks(150, 200)
        with crew.worker(2) as (third, port):
            wait_ready(third, port)
            first.kill()
            crew.webhooks(200, 300)
            with crew.worker(0) as (back, _):
                crew.ended()
                crew.log.alive = lambda: third.poll() is None and back.poll() is None
                crew.log.settled(decisions, crew.people, 120)
    _, found = crew.log.results(decisions)
    assert difference(found, crew.truth()) == ""
