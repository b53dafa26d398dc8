"""A person's state in few bytes: 36 for each webinar, since a million people are kept.

The layout is fixed; a change of it needs a new `LAYOUT`, which makes the counters be rebuilt.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from services.reporting.domain.quota import (
    Cell,
    Certificate,
    Counts,
    Decision,
    Enrolment,
    Part,
    Person,
)

LAYOUT = "1"
CATEGORIES = ("asn", "tni", "polri", "prosecutor", "legislator", "public")
"""In the order in which they are stored: only ever append."""

# webinar id, enrolment version, year, province, regency, category, decision version, revision, flags
_PART = struct.Struct(">16sQHBBBIHB")
_CANCELLED, _ATTENDED, _ELIGIBLE, _VOID = 1, 2, 4, 8
_WHOLE_PROVINCE = 255
_REGION = re.compile(r"(\d\d)(?:\.(\d\d))?")


def pack(person: Person) -> bytes:
    """The person as bytes; raises ValueError or struct.error for what no event may hold."""
    return b"".join(_packed(webinar_id, part) for webinar_id, part in person.items())


def _packed(webinar_id: str, part: Part) -> bytes:
    enrolment, decision, certificate = part
    flags = (
        _CANCELLED * enrolment.cancelled
        | _ATTENDED * decision.attended
        | _ELIGIBLE * decision.eligible
        | _VOID * certificate.void
    )
    return _PART.pack(
        bytes.fromhex(webinar_id), enrolment.version, enrolment.year,
        *_region(enrolment.region_code),
        CATEGORIES.index(enrolment.category) if enrolment.category else 0,
        decision.version, certificate.revision, flags,
    )  # fmt: skip


@lru_cache(maxsize=4_096)
def _region(code: str) -> tuple[int, int]:
    if not code:
        return 0, _WHOLE_PROVINCE
    province, _, regency = code.partition(".")
    return int(province), int(regency) if regency else _WHOLE_PROVINCE


@cache
def _code(province: int, regency: int) -> str:
    return f"{province:02}" if regency == _WHOLE_PROVINCE else f"{province:02}.{regency:02}"


def is_region(code: str) -> bool:
    """Whether it has the form of a province's or a regency's code."""
    return _REGION.fullmatch(code) is not None


def unpack(data: bytes) -> dict[str, Part]:
    """The person from the bytes."""
    return dict(_unpacked(fields) for fields in _PART.iter_unpack(data))


def _unpacked(fields: tuple[bytes, int, int, int, int, int, int, int, int]) -> tuple[str, Part]:
    webinar, version, year, province, regency, category, decided, revision, flags = fields
    enrolment = Enrolment()
    if year:
        enrolment = Enrolment(
            version, bool(flags & _CANCELLED), year, _code(province, regency), CATEGORIES[category]
        )
    return webinar.hex(), Part(
        enrolment,
        Decision(decided, bool(flags & _ATTENDED), bool(flags & _ELIGIBLE)),
        Certificate(revision, bool(flags & _VOID)),
    )


def pack_counts(counts: Counts) -> bytes:
    """Four numbers as text."""
    return b"%d %d %d %d" % counts


def unpack_counts(data: bytes | None) -> Counts:
    """The four numbers; nothing stored is zero."""
    return Counts(*map(int, data.split())) if data else Counts()


def shelf_of(year: int, region_code: str) -> str:
    """Cells are stored by year and province: few enough to read all, small enough to rewrite."""
    return f"{year}|{region_code[:2]}"


Shelf = Mapping[str, Sequence[int]]
"""A shelf's cells, as they are stored: `region|category` → the four numbers. Never changed, since the
last ones are kept; a write makes new ones."""


def place_of(cell: Cell) -> str:
    """A cell's name on its shelf."""
    return f"{cell.region_code}|{cell.category}"


def unshelved(name: str, shelf: Shelf) -> Iterator[tuple[Cell, Counts]]:
    """The cells of a shelf."""
    year = int(name.partition("|")[0])
    for place, counts in shelf.items():
        code, _, category = place.partition("|")
        yield Cell(year, code, category), Counts(*counts)
