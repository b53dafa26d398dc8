"""A stage's whole state on a topic of its own, in chunks: a restart folds only what came after it.

A checkpoint is data, read back from a topic: JSON and bytes with their lengths, nothing that could
run. Its last record, the seal, says what it is a checkpoint of, where it begins, and the checksum of
all of it. Every record points behind itself to the seal before: when the last record of the
partition is no seal (its writer died), the checkpoint before is taken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import orjson

FORMAT = 1
CHUNK = 512 * 1024
"""Bytes after which a chunk is closed."""
NO_SEAL = -1
"""`before` of the first checkpoint of a partition."""
Record = tuple[bytes, list[tuple[str, bytes]]]
"""Value and headers."""


class Unusable(Exception):
    """A checkpoint that must not be started from: the message says why, in plain words."""


class Kept(NamedTuple):
    """A state: rows of JSON values by name, and objects as bytes by name and key."""

    rows: dict[str, list[Any]]
    maps: dict[str, dict[str, bytes]]


class Seal(NamedTuple):
    """What a checkpoint is of."""

    format: int
    maker: str  # what folded it, and by which settings: another's state may mean something else
    offset: int  # of the input: all before it is in the state
    events: int  # how many it folded
    begin: int  # where the input began when it was last folded from its beginning
    folded_at: int  # epoch second of that
    side: dict[str, int]  # "topic/partition" → how far the side inputs had been acted on
    id: str
    first: int  # offset of its first chunk
    before: int  # offset of the seal before
    chunks: int
    crc: int  # of all chunks in their order; the broker holds each record to its own


def chunks(kept: Kept) -> Iterator[bytes]:
    """The state in pieces of about `CHUNK` bytes."""
    for name, rows in kept.rows.items():
        for some in _pieces(map(_line, rows)):
            yield _chunk({"rows": name}, [line for _, line in some])
    for name, objects in kept.maps.items():
        for some in _pieces(objects.items()):
            keys = [key for key, _ in some]
            yield _chunk({"map": name, "keys": keys}, [raw for _, raw in some])


def _line(row: Any) -> tuple[str, bytes]:
    return "", orjson.dumps(row, default=_plain)


def _plain(value: Any) -> Any:
    """Named tuples and sets, which JSON has not."""
    return tuple(value) if isinstance(value, tuple) else sorted(value)


def _pieces(pairs: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    some: list[tuple[str, bytes]] = []
    size = 0
    for pair in pairs:
        some.append(pair)
        size += len(pair[0]) + len(pair[1])
        if size >= CHUNK:
            yield some
            some, size = [], 0
    if some:
        yield some


def _chunk(head: dict[str, Any], raws: Sequence[bytes]) -> bytes:
    sizes = list(map(len, raws))
    return orjson.dumps({**head, "sizes": sizes}) + b"\n" + b"".join(raws)


def state_of(values: Iterable[bytes]) -> Kept:
    """The state again, from its chunks in any order.

    Raises:
        Unusable: it is none.
    """
    kept = Kept({}, {})
    try:
        for value in values:
            _add(kept, value)
    except (ValueError, KeyError, TypeError) as wrong:
        raise Unusable(f"a chunk is damaged: {type(wrong).__name__}") from wrong
    return kept


def _add(kept: Kept, value: bytes) -> None:
    end = value.index(b"\n")
    head = orjson.loads(value[:end])
    raws, start = [], end + 1
    for size in head["sizes"]:
        raws.append(value[start : start + size])
        start += size
    if "rows" in head:
        kept.rows.setdefault(head["rows"], []).extend(map(orjson.loads, raws))
    else:
        kept.maps.setdefault(head["map"], {}).update(zip(head["keys"], raws, strict=True))


class Writing:
    """The records of one checkpoint, as they are made: chunks, then the seal."""

    def __init__(self, kept: Kept, name: str, before: int) -> None:
        self._kept, self._name, self._before = kept, name, before
        self._crc = self._chunks = 0

    def chunks(self) -> Iterator[Record]:
        """All but the last."""
        for value in chunks(self._kept):
            self._crc = crc32(value, self._crc)
            self._chunks += 1
            yield value, self._headers()

    def seal(self, first: int, **about: Any) -> Record:
        """The last one; `about`: the fields of `Seal` that say what the state is."""
        seal = Seal(format=FORMAT, id=self._name, first=first, before=self._before,
                    chunks=self._chunks, crc=self._crc, **about)  # fmt: skip
        return orjson.dumps(seal._asdict()), [*self._headers(), ("seal", b"1")]

    def _headers(self) -> list[tuple[str, bytes]]:
        return [("id", self._name.encode()), ("before", b"%d" % self._before)]


def seal_of(value: bytes, headers: Sequence[tuple[str, bytes]]) -> Seal | int:
    """The seal that a record is, or where the one before it stands.

    Raises:
        Unusable: it is of no checkpoint.
    """
    told: Mapping[str, bytes] = dict(headers)
    try:
        if "seal" not in told:
            return int(told["before"])
        return Seal(**orjson.loads(value))
    except (KeyError, TypeError, ValueError) as wrong:
        raise Unusable("the last record is of no checkpoint") from wrong


def verified(seal: Seal, values: Sequence[bytes]) -> Kept:
    """The state of the chunks of a sealed checkpoint, in their order.

    Raises:
        Unusable: some are missing, or other ones.
    """
    crc = 0
    for value in values:
        crc = crc32(value, crc)
    if len(values) != seal.chunks or crc != seal.crc:
        raise Unusable("its chunks are not what was sealed")
    return state_of(values)
