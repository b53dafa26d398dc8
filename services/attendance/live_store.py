"""Live counts in Redis: what each partition says of a webinar now, and minute by minute.

No view of a topic: it is overwritten while it changes and may be lost; the workers say it again.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
import redis

from services.attendance.domain.live import LAG
from shared.settings import KafkaSettings

MINUTES = 60
KEEP_SECONDS = 2 * 86_400
STALE_SECONDS = 10
"""A partition that has said nothing for so long is on its way to another worker."""


class Live(NamedTuple):
    """A webinar at the second `at`: [people, room, online] by province; `~`: nobody's yet."""

    at: int
    counts: dict[str, list[int]]
    minutes: list[int]
    stale: bool

    @property
    def total(self) -> list[int]:
        """[people, room, online]."""
        cells = [cell for region, cell in self.counts.items() if region != "~"]
        return [sum(cell[i] for cell in cells) for i in range(3)]


class LiveStore:
    """Written by workers, read by apis."""

    def __init__(self, settings: KafkaSettings, client: "redis.Redis") -> None:
        self._redis = client
        self._now = f"{settings.topic_prefix}attendance-live:now:"
        self._minutes = f"{settings.topic_prefix}attendance-live:minutes:"

    def write(self, said: Mapping[tuple[str, int], Mapping[str, list[int]]], now: float) -> None:
        """What partitions say of webinars, in one go."""
        minute = int(now - LAG) // 60
        with self._redis.pipeline(transaction=False) as pipe:
            for (webinar_id, partition), counts in said.items():
                place, minutes = self._now + webinar_id, self._minutes + webinar_id
                value = orjson.dumps([int(now) - LAG, counts])
                people = sum(cell[0] for region, cell in counts.items() if region != "~")
                pipe.hset(place, str(partition), value)
                pipe.hset(minutes, f"{partition}:{minute}", people)
                pipe.hdel(minutes, f"{partition}:{minute - MINUTES - 1}")
                pipe.expire(place, KEEP_SECONDS)
                pipe.expire(minutes, KEEP_SECONDS)
            pipe.execute()

    def read(self, webinar_id: str, now: float | None = None) -> Live:
        """The sum over the partitions; zero where nobody has said anything."""
        now = time.time() if now is None else now
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._now + webinar_id)
            pipe.hgetall(self._minutes + webinar_id)
            said, minutes = pipe.execute()
        counts: dict[str, list[int]] = {}
        oldest = int(now) - LAG
        for value in map(orjson.loads, said.values()):
            oldest = min(oldest, value[0])
            for region, cell in value[1].items():
                sums = counts.setdefault(region, [0, 0, 0])
                for i in range(3):
                    sums[i] += cell[i]
        stale = bool(said) and now - LAG - oldest > STALE_SECONDS
        return Live(int(now) - LAG, counts, _by_minute(minutes, int(now - LAG) // 60), stale)


def _by_minute(said: Mapping[bytes, Any], last: int) -> list[int]:
    """People per minute of the last hour; what a partition did not say stays as it said last."""
    known: dict[int, dict[int, int]] = {}
    for field, people in said.items():
        partition, minute = map(int, field.decode().split(":"))
        known.setdefault(partition, {})[minute] = int(people)
    found = [0] * (MINUTES + 1)
    for of_partition in known.values():
        people = 0
        for place in range(MINUTES + 1):
            people = of_partition.get(last - MINUTES + place, people)
            found[place] += people
    return found
