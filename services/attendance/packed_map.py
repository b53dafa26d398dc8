"""Objects kept as bytes: a million small Python objects need several times their content in memory.

Whoever changes an object puts it back; what was only looked at may be forgotten at any time. As the
bytes are never changed, a copy of the map is a consistent copy of everything in it.
"""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_OPEN = 10_000
"""Objects kept beside their bytes for as long as any is asked for: some 15 MB a map. A webinar of 100,000
people in twelve partitions need not be packed between its joins and leaves."""
RESTS = 10
"""Seconds, for a stage rests once a second: after a crowd's leaves come its decisions, which wait for nothing
that can be done later."""


class PackedMap(MutableMapping[str, T], Generic[T]):
    """Keys to objects. `pack` makes bytes of one; `unpack` takes its key and those bytes."""

    __slots__ = ("_changed", "_open", "_pack", "_packed", "_rests", "_unpack")

    def __init__(self, pack: Callable[[T], bytes], unpack: Callable[[str, bytes], T],
                 packed: dict[str, bytes] | None = None) -> None:  # fmt: skip
        """`packed`: what the map begins with, as `packed()` gave it once; it is the map's now."""
        self._pack, self._unpack = pack, unpack
        self._packed: dict[str, bytes] = {} if packed is None else packed
        self._open: dict[str, T] = {}
        self._changed: set[str] = set()
        self._rests = 0
        """Since an object was asked for."""

    def __getitem__(self, key: str) -> T:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: T | None = None) -> T | None:  # type: ignore[override] # typeshed has three overloads
        """The object, or `default`."""
        self._rests = 0
        found = self._open.get(key)
        if found is not None:
            return found
        raw = self._packed.get(key)
        if raw is None:
            return default
        found = self._unpack(key, raw)
        self._keep(key, found)
        return found

    def raw(self, key: str) -> bytes | None:
        """The object's bytes."""
        if key in self._changed:
            self._changed.remove(key)
            self._packed[key] = self._pack(self._open[key])
        return self._packed.get(key)

    def __setitem__(self, key: str, value: T) -> None:
        if key not in self._packed:
            self._packed[key] = b""
        self._changed.add(key)
        self._keep(key, value)

    def put(self, key: str, raw: bytes) -> None:
        """An object as bytes already, for one that nobody is about to ask for."""
        self._packed[key] = raw
        self._open.pop(key, None)
        self._changed.discard(key)

    def _keep(self, key: str, value: T) -> None:
        self._open[key] = value
        if len(self._open) > MOST_OPEN:
            self.close()

    def __delitem__(self, key: str) -> None:
        del self._packed[key]
        self._open.pop(key, None)
        self._changed.discard(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, key: object) -> bool:
        return key in self._packed

    def close(self) -> None:
        """Make bytes of whatever was changed; forget the objects."""
        for key in self._changed:
            self._packed[key] = self._pack(self._open[key])
        self._changed.clear()
        self._open.clear()

    def rest(self) -> None:
        """As `close`, where nothing was asked for since so many of these (`RESTS`)."""
        self._rests += 1
        if self._rests >= RESTS:
            self.close()

    def packed(self) -> dict[str, bytes]:
        """A copy of everything, as it is now."""
        self.close()
        return dict(self._packed)
