"""The counters in Redis: ONE hash that holds people, counters and positions, moved by ONE write.

Why no crash can make a counter wrong:
1. The hash's content is a function of its positions: what the source topics say up to there.
   An advance reads people and counters, folds the records at and after the positions, and writes
   people, counters and new positions by a single HSET: all of it is there, or nothing.
2. The HSET is guarded: it applies only while the stored mark (positions and a random epoch) is the
   very one that was read. Two workers, or a zombie, cannot both build on one mark; the loser reads
   again and finds the records already applied.
3. A torn store log or a failover to an older copy leaves an older mark with its own content; an
   emptied store leaves none. Either way the worker finds the mark behind where it left it and goes
   back to the stored positions. The epoch is drawn when the hash is made, so a mark of a lost hash
   can never be mistaken for an equal one of the rebuilt hash.
Kafka is the record; nothing here is asked for what only Kafka knows.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import redis as redis_lib

from services.reporting.domain.quota import Cell, Counts, Person
from services.reporting.packing import (
    LAYOUT,
    Shelf,
    pack,
    pack_counts,
    unpack,
    unpack_counts,
    unshelved,
)
from shared.settings import Settings

# Exactly one write command. A missing hash counts as an empty mark.
_GUARDED_HSET = """
if (redis.call('HGET', KEYS[1], 'mark') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
"""
MARK = b"mark"
MOST_FIELDS = 3_000
"""People and webinars in one write: with the shelves they stay below Lua's 8,000 arguments."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the counters are; `raw` is what stands in the store, `b""` when nothing does."""

    raw: bytes = b""
    epoch: str = ""
    positions: Mapping[str, int] = field(default_factory=dict)
    shelves: tuple[str, ...] = ()

    def position(self, source: str) -> int:
        """The next offset of `topic/partition` that is not in the counters yet."""
        return self.positions.get(source, 0)

    def moved(self, positions: Mapping[str, int], shelves: Iterable[str] = ()) -> "Mark":
        """The mark after an advance."""
        changed = replace(
            self,
            epoch=self.epoch or secrets.token_hex(8),
            positions={**self.positions, **positions},
            shelves=tuple(sorted({*self.shelves, *shelves})),
        )
        return replace(changed, raw=changed.to_bytes())

    def to_bytes(self) -> bytes:
        """As stored."""
        body = {"epoch": self.epoch, "positions": self.positions, "shelves": self.shelves}
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def parse(cls, raw: bytes | None) -> "Mark":
        """From the stored bytes."""
        if not raw:
            return cls()
        body = orjson.loads(raw)
        return cls(raw, body["epoch"], body["positions"], tuple(body["shelves"]))


@dataclass(slots=True)
class Change:
    """What an advance writes."""

    people: dict[bytes, Person] = field(default_factory=dict)
    shelves: Mapping[str, Shelf] = field(default_factory=dict)
    webinars: dict[str, Counts] = field(default_factory=dict)


class CounterStore:
    """The hash. Reads that belong together are one HMGET, so they show one moment."""

    def __init__(self, settings: Settings, client: "redis_lib.Redis") -> None:
        self.client = client
        self.key = f"{settings.topic_prefix}reporting.counters.{LAYOUT}"
        self._write = client.register_script(_GUARDED_HSET)
        self._known: tuple[bytes, Mapping[str, Shelf]] = (b"", {})

    def mark(self) -> Mark:
        """How far the counters are."""
        return Mark.parse(self._read([MARK])[0])

    def people(self, ids: Sequence[bytes]) -> tuple[Mark, dict[bytes, dict[str, Any]]]:
        """The mark, and people by id (16 bytes); an unknown person is empty."""
        mark, *packed = self._read([MARK, *(b"p" + i for i in ids)])
        return Mark.parse(mark), {i: unpack(p or b"") for i, p in zip(ids, packed, strict=True)}

    def cells(self, shelves: Iterable[str]) -> tuple[Mark, dict[Cell, Counts]]:
        """The mark and all cells of these shelves."""
        mark, found = self._shelves(sorted(shelves))
        return mark, {cell: n for shelf in found.items() for cell, n in unshelved(*shelf)}

    def shelves(self, mark: Mark, names: Iterable[str]) -> dict[str, Shelf]:
        """These shelves as they stand at a mark. Those of the last write are remembered: the hash is
        a function of its mark, so what stood there still does. If the mark is no longer the stored
        one, they may be newer: then a write that builds on it is refused."""
        known = self._standing(mark)
        _, found = self._shelves(sorted(set(names) - known.keys()))
        return {name: known[name] if name in known else found[name] for name in names}

    def _standing(self, mark: Mark) -> Mapping[str, Shelf]:
        raw, shelves = self._known
        return shelves if raw == mark.raw else {}

    def _shelves(self, names: Sequence[str]) -> tuple[Mark, dict[str, Shelf]]:
        mark, *found = self._read([MARK, *(b"c" + name.encode() for name in names)])
        shelves = (orjson.loads(packed or b"{}") for packed in found)
        return Mark.parse(mark), dict(zip(names, shelves, strict=True))

    def all_cells(self) -> tuple[Mark, dict[Cell, Counts]]:
        """All cells at one moment."""
        mark = self.mark()
        while True:
            now, cells = self.cells(mark.shelves)
            if now.shelves == mark.shelves:
                return now, cells
            mark = now

    def webinars(self, ids: Sequence[str]) -> tuple[Mark, dict[str, Counts]]:
        """The mark and the counters of these webinars (ids in hex)."""
        mark, *found = self._read([MARK, *(_webinar(i) for i in ids)])
        return Mark.parse(mark), {i: unpack_counts(p) for i, p in zip(ids, found, strict=True)}

    def advance(self, seen: Mark, after: Mark, change: Change) -> bool:
        """Write, if the stored mark is still `seen`; whether it was. `change.shelves` holds every
        cell of each shelf that it touches."""
        fields: list[bytes] = [MARK, after.raw]
        for person_id, person in change.people.items():
            fields += (b"p" + person_id, pack(person))
        for name, shelf in change.shelves.items():
            fields += (b"c" + name.encode(), orjson.dumps(shelf, default=list))
        for webinar_id, counts in change.webinars.items():
            fields += (_webinar(webinar_id), pack_counts(counts))
        written = bool(self._write(keys=[self.key], args=[seen.raw, *fields]))
        if written:
            self._known = (after.raw, {**self._standing(seen), **change.shelves})
        return written

    def drop(self) -> None:
        """Delete the counters; the worker counts anew from the topics."""
        self.client.unlink(self.key)

    def _read(self, fields: Sequence[bytes]) -> list[bytes | None]:
        found: Any = self.client.hmget(self.key, fields)
        return list(found)


def _webinar(webinar_id: str) -> bytes:
    return b"w" + bytes.fromhex(webinar_id)


class Floor:
    """The least that counters must hold before they are shown: what once was seen, and the ends of
    the logs at the start. After a loss it keeps readers and the publisher silent until the
    counters are back where they were."""

    def __init__(self, ends: Mapping[str, int]) -> None:
        self._floor = dict(ends)

    def reached(self, mark: Mark) -> bool:
        """Whether these counters may be shown; if so, nothing less ever will be."""
        if any(mark.position(source) < least for source, least in self._floor.items()):
            return False
        self._floor = {**self._floor, **mark.positions}
        return True
