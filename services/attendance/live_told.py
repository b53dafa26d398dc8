"""The worker's part of the live view: brings counts to now and says those that changed."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

import structlog
from redis.exceptions import RedisError

from services.attendance.decide import DecideStage
from services.attendance.domain.live import OVERTIME
from services.attendance.domain.plan import SessionPlan
from services.attendance.live_store import LiveStore

log = structlog.get_logger()
TICK = 0.1
"""Seconds. Ticks fall on whole multiples of it: people come in at the change of a second (rule V1)."""
HEARTBEAT = 2.0
"""Seconds after which counts that stand still are said again, so that readers know them alive."""
Said = dict[tuple[str, int], Mapping[str, list[int]]]


class LiveTold:
    """Counts of all partitions of this worker, to the store."""

    def __init__(self, store: LiveStore) -> None:
        self._store = store
        self._beat = 0.0
        self._waiting: set[tuple[str, int]] = set()

    async def run(self, stages: Callable[[], Iterable[DecideStage]]) -> None:
        """Ten times a second, until cancelled."""
        while True:
            held = list(stages())
            for stage in held:
                await self._advance(stage)
            await self._say(held)
            await asyncio.sleep(TICK - time.time() % TICK)

    async def _advance(self, stage: DecideStage) -> None:
        """Everybody who waits is looked at before anything is said: half a count is a dip."""
        while not stage.live.advance(time.time()):  # noqa: ASYNC110 - work, not waiting
            await asyncio.sleep(0)

    async def _say(self, stages: Iterable[DecideStage]) -> None:
        now = time.time()
        beat = now - self._beat >= HEARTBEAT
        said = {
            place: dict(stage.live.counts.get(place[0], {}))
            for stage in stages
            for place in self._due(stage, now, beat=beat)
        }
        if beat:
            self._beat = now
        if not said:
            return
        try:
            await asyncio.to_thread(self._store.write, said, now)
            self._waiting -= said.keys()
        except RedisError as away:
            self._waiting |= said.keys()
            log.info("live_not_written", because=type(away).__name__)

    def _due(self, stage: DecideStage, now: float, *, beat: bool) -> set[tuple[str, int]]:
        changed, stage.live.changed = stage.live.changed, set()
        on = {w for w, plan in stage.plans.items() if beat and _on(plan.sessions, now)}
        again = {place for place in self._waiting if place[1] == stage.partition}
        return {(webinar_id, stage.partition) for webinar_id in changed | on} | again


def _on(sessions: Iterable[SessionPlan], now: float) -> bool:
    """Whether people may be coming, in, or leaving."""
    starts = [session.start for session in sessions]
    ends = [session.end for session in sessions]
    return min(starts) - OVERTIME <= now <= max(ends) + 2 * OVERTIME
