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


def arrivals(world: World) -> Iterator[Webhook | Scan]:
    """All webhooks and scans in order of arrival; the same bytes for the same scenario."""
    lives, buckets = tuple(world.timetable.lives()), _plan(world)
    renderer = Renderer(world)
    for bucket in sorted(buckets):
        for packed in sorted(buckets.pop(bucket)):
            at_ms, actor, ordinal, copy, scan = _unpack(bucket, packed)
            if actor == _LIFE:
                body = renderer.life(lives[ordinal])
                yield Webhook(at_ms, request_id(world, -1, ordinal), body, False)
            elif scan:
                yield _scan(world, at_ms, actor, ordinal)
            else:
                body = renderer.happening(actor, world.record(actor).happenings[ordinal])
                yield Webhook(at_ms, request_id(world, actor, ordinal, copy), body, copy != FIRST)


def _plan(world: World) -> dict[int, "array[int]"]:
    buckets: dict[int, array[int]] = {}

    def put(at_ms: int, actor: int, ordinal: int, copy: int, scan: bool) -> None:
        bucket, rest = divmod(at_ms, BUCKET_MS)
        packed = rest << 33 | actor << 11 | ordinal << 3 | copy << 1 | scan
        buckets.setdefault(bucket, array("Q")).append(packed)

    for actor in range(world.actors):
        for at_ms, ordinal, copy, scan in world.record(actor).arrivals:
            put(at_ms, actor, ordinal, copy, scan)
    rng = random.Random(f"lives {world.scenario.seed}")
    for n, life in enumerate(world.timetable.lives()):
        put(life.at * 1000 + _life_latency(life, rng), _LIFE, n, FIRST, False)
    return buckets


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
