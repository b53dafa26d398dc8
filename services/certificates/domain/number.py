"""Certificate numbers: the rank of a person's first claim in a series, without gaps or doubles.

A series is the pattern with the year filled in; it names its own counter, so two numbers can only
be equal if two claims have the same rank in one series, which a log cannot give.
"""

import string
from functools import lru_cache

from services.certificates.domain.words import roman_month
from shared.events.certificates import NumberTakenV1
from shared.keys import certificate_id_of

DEFAULT_PATTERN = "{seq:07d}/HAM/{region}/{year}"
FIELDS = frozenset({"seq", "region", "province", "year", "month", "roman"})
_PLAIN = FIELDS - {"seq"}


class WrongPattern(ValueError):
    """A number pattern that cannot make numbers; the text is for the operator."""


@lru_cache(maxsize=1_024)
def check_pattern(pattern: str) -> str:
    """The pattern, if it is sound.

    Raises:
        WrongPattern: an unknown field, or no `{seq}`.
    """
    try:
        fields = [(name, spec) for _, name, spec, _ in string.Formatter().parse(pattern) if name]
    except ValueError as broken:
        raise WrongPattern(f"{pattern!r} has a brace too many or too few") from broken
    for name, spec in fields:
        if name not in FIELDS or (spec and name in _PLAIN):
            raise WrongPattern(f"{pattern!r} has a field {name!r} that is unknown or formatted")
    if "seq" not in {name for name, _ in fields}:
        raise WrongPattern(f"{pattern!r} has no {{seq}}, so every number would be the same")
    _try(pattern)
    return pattern


def _try(pattern: str) -> None:
    try:
        number_in(series_of(pattern, 2000), 1, region_code="00", month=1)
    except (ValueError, KeyError, IndexError) as broken:
        raise WrongPattern(f"{pattern!r} makes no number: {broken}") from broken


def series_of(pattern: str, year: int) -> str:
    """The series in which a certificate of that year is numbered: the pattern with its year."""
    return pattern.replace("{year}", str(year))


def number_in(series: str, rank: int, *, region_code: str, month: int) -> str:
    """The printed number; rank counts from 1, the month is that of issue."""
    return series.format(
        seq=rank, region=region_code, province=region_code[:2], month=month,
        roman=roman_month(month),
    )  # fmt: skip


def packed_id(certificate_id: str) -> bytes:
    """A certificate's id in the 16 bytes in which a million are kept."""
    return bytes.fromhex(certificate_id.replace("-", ""))


class Ranks:
    """The fold of the numbers topic: who was first, and with which rank.

    Feed it every record in log order. Claims that come again (a replay, two workers at once) take
    no rank, so a number once given stays. Holds 16 bytes a certificate and one counter a series.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._taken: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def has(self, certificate_id: str) -> bool:
        """Whether a number was taken for this certificate."""
        return packed_id(certificate_id) in self._taken

    def take(self, claim: NumberTakenV1) -> int | None:
        """The claim's rank in its series, or None if the person already had a number."""
        who = packed_id(certificate_id_of(claim.webinar_id, claim.participant_id))
        if who in self._taken:
            return None
        self._taken.add(who)
        rank = self._last.get(claim.series, 0) + 1
        self._last[claim.series] = rank
        return rank
