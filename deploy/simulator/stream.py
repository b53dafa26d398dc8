"""Everything that arrives, in order of arrival, for any number of people in bounded memory.

One pass over the people keeps eight bytes per arrival, in buckets of ten seconds; a bucket is
rendered when its time comes, and forgotten. People are made again from the seed when needed.
"""

import random
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from deploy.simulator.delivery import FIRST, World, latency
from deploy.simulator.timetable import Life
from deploy.simulator.zoom import Renderer, iso, request_id, scan_id
from shared.keys import participant_id_of

BUCKET_MS = 10_000
_LIFE = (1 << 22) - 1
"""Stands for the person in lifecycle arrivals."""


class Webhook(NamedTuple):
    """A delivery; `repeat` if the same event was sent before."""

    at_ms: int
    request_id: str
    body: bytes
    repeat: bool


class Scan(NamedTuple):
    """A QR scan as the check-ins API takes it."""

    at_ms: int
    scan_id: str
    session_id: str
    kind: str
    gate: str
    time: str
    participant_id: str


class Arrivals:
    """All webhooks and scans in order of arrival; the same bytes for the same scenario. `actors`:
    only these people's; the meetings' own events come with actor 0."""

    def __init__(self, world: World, actors: range | None = None) -> None:
        self.world = world
        self._lives = tuple(world.timetable.lives())
        self._buckets: dict[int, array[int]] = {}
        self.webhooks = self.repeats = self.scans = 0
        actors = range(world.actors) if actors is None else actors
        for actor in actors:
            for at_ms, ordinal, copy, scan in world.record(actor).arrivals:
                self._put(at_ms, actor, ordinal, copy, scan)
        rng = random.Random(f"lives {world.scenario.seed}")
        for n, life in enumerate(self._lives if 0 in actors else ()):
            self._put(life.at * 1000 + _life_latency(life, rng), _LIFE, n, FIRST, False)

    def _put(self, at_ms: int, actor: int, ordinal: int, copy: int, scan: bool) -> None:
        bucket, rest = divmod(at_ms, BUCKET_MS)
        packed = rest << 33 | actor << 11 | ordinal << 3 | copy << 1 | scan
        self._buckets.setdefault(bucket, array("Q")).append(packed)
        self.scans += scan
        self.webhooks += not scan
        self.repeats += copy != FIRST

    def __iter__(self) -> Iterator[Webhook | Scan]:
        renderer = Renderer(self.world)
        for bucket in sorted(self._buckets):
            for packed in sorted(self._buckets[bucket]):
                yield self._render(renderer, *_unpack(bucket, packed))

    def _render(
        self, renderer: Renderer, at_ms: int, actor: int, ordinal: int, copy: int, scan: bool
    ) -> Webhook | Scan:
        if actor == _LIFE:
            body = renderer.life(self._lives[ordinal])
            return Webhook(at_ms, request_id(self.world, -1, ordinal), body, False)
        if scan:
            return _scan(self.world, at_ms, actor, ordinal)
        body = renderer.happening(actor, self.world.record(actor).happenings[ordinal])
        return Webhook(at_ms, request_id(self.world, actor, ordinal, copy), body, copy != FIRST)


def _life_latency(life: Life, rng: random.Random) -> int:
    """An `ended` was seen 21 s after the end."""
    return latency(rng) + (rng.randint(0, 20_000) if life.name == "ended" else 0)


def _unpack(bucket: int, packed: int) -> tuple[int, int, int, int, bool]:
    at_ms = bucket * BUCKET_MS + (packed >> 33)
    return at_ms, packed >> 11 & _LIFE, packed >> 3 & 0xFF, packed >> 1 & 3, bool(packed & 1)


def _scan(world: World, at_ms: int, actor: int, ordinal: int) -> Scan:
    visit = world.record(actor).scans[ordinal]
    return Scan(
        at_ms,
        scan_id(world, actor, ordinal),
        world.timetable.sessions[visit.session].id,
        visit.kind,
        visit.gate,
        iso(visit.at),
        participant_id_of(world.person(actor).external_id),
    )
