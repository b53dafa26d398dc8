"""What a batch of records writes into a view, gathered before it is sent."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from redis.client import Pipeline

from shared.records import Record


class Writes:
    """A batch's absolute writes, gathered per Redis key: a hundredth of the commands, the same
    outcome. Its methods are those of a Redis pipeline."""

    def __init__(self) -> None:
        self._texts: dict[str, Any] = {}
        self._fields: dict[str, dict[Any, Any]] = defaultdict(dict)
        self._first: dict[str, dict[Any, Any]] = defaultdict(dict)
        self._sets: dict[str, dict[str, bool]] = defaultdict(dict)
        self._ordered: dict[str, dict[str, bool]] = defaultdict(dict)

    def set(self, key: str, value: Any) -> None:
        """A text."""
        self._texts[key] = value

    def hset(self, key: str, field: Any, value: Any) -> None:
        """A field of a hash."""
        self._fields[key][field] = value

    def hdel(self, key: str, field: Any) -> None:
        """No field of a hash."""
        self._fields[key][field] = None

    def hsetnx(self, key: str, field: Any, value: Any) -> None:
        """A field of a hash that the first writer of it decides."""
        self._first[key].setdefault(field, value)

    def sadd(self, key: str, member: str) -> None:
        """In a set."""
        self._sets[key][member] = True

    def srem(self, key: str, member: str) -> None:
        """Not in a set."""
        self._sets[key][member] = False

    def zadd(self, key: str, members: Mapping[str, int]) -> None:
        """In a set that is ordered by its members; all scores are 0."""
        self._ordered[key].update(dict.fromkeys(members, True))

    def zrem(self, key: str, member: str) -> None:
        """Not in an ordered set."""
        self._ordered[key][member] = False

    def onto(self, pipe: Pipeline) -> None:
        """Queue all of it."""
        if self._texts:
            pipe.mset(self._texts)
        for key, fields in self._fields.items():
            there = {name: value for name, value in fields.items() if value is not None}
            gone = fields.keys() - there.keys()
            if there:
                pipe.hset(key, mapping=there)
            if gone:
                pipe.hdel(key, *gone)
        for key, fields in self._first.items():
            for name, value in fields.items():
                pipe.hsetnx(key, name, value)
        self._members(self._sets, pipe.sadd, pipe.srem)
        self._members(self._ordered, lambda key, *m: pipe.zadd(key, dict.fromkeys(m, 0)), pipe.zrem)

    @staticmethod
    def _members(
        sets: Mapping[str, Mapping[str, bool]], put: Callable[..., Any], take: Callable[..., Any]
    ) -> None:
        for key, members in sets.items():
            there = [member for member, present in members.items() if present]
            gone = [member for member, present in members.items() if not present]
            if there:
                put(key, *there)
            if gone:
                take(key, *gone)


Project = Callable[[Writes, Record], None]
"""Says which absolute writes a record makes; reads nothing, decides by the record alone."""
