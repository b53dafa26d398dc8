"""Which certificates have a number, and which of these still await their event.

The fold of two logs, numbers and certificates; it may read them in any order against each other.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from services.certificates.domain.number import (
    Ranks,
    WrongPattern,
    check_pattern,
    number_in,
    packed_id,
)
from services.certificates.domain.words import parse_utc, zone
from shared.events.certificates import NumberTakenV1
from shared.keys import certificate_id_of


class Numbered(NamedTuple):
    """A person's first claim, with what its place in the log decided."""

    certificate_id: str
    claim: NumberTakenV1
    number: str
    issued_at: str


class BadClaim(ValueError):
    """A record that can never be a claim; every reader leaves it out, so ranks stay the same."""


class Ledger:
    """State of the worker; one set entry a certificate."""

    def __init__(self, zone_name: str) -> None:
        self._zone = zone_name
        self._ranks = Ranks()
        self._early: set[bytes] = set()
        self._pending: dict[bytes, Numbered] = {}

    def __len__(self) -> int:
        return len(self._ranks)

    def has(self, certificate_id: str) -> bool:
        """Whether a number was taken for it, issued or not."""
        return packed_id(certificate_id) in self._early or self._ranks.has(certificate_id)

    def pending(self) -> Iterator[Numbered]:
        """Numbers that were taken and have no certificate yet, in log order."""
        return iter(tuple(self._pending.values()))

    def claimed(self, claim: NumberTakenV1, issued_at: str) -> Numbered | None:
        """A record of the numbers topic; `issued_at` is its Kafka time. None if it took nothing.

        Raises:
            BadClaim: an id that is none, or a series that makes no number.
        """
        certificate_id = _checked(claim)
        packed = packed_id(certificate_id)
        rank = self._ranks.take(claim)
        if rank is None:
            return None
        month = _month(issued_at, self._zone)
        number = number_in(claim.series, rank, region_code=claim.region_code, month=month)
        numbered = Numbered(certificate_id, claim, number, issued_at)
        if packed in self._early:
            self._early.discard(packed)
        else:
            self._pending[packed] = numbered
        return numbered

    def issued(self, certificate_id: str) -> None:
        """A record of the certificates topic."""
        packed = packed_id(certificate_id)
        if not self._ranks.has(certificate_id):
            self._early.add(packed)
        self._pending.pop(packed, None)


@lru_cache(maxsize=1_024)
def _month(issued_at: str, zone_name: str) -> int:
    return parse_utc(issued_at).astimezone(zone(zone_name)[0]).month


def _checked(claim: NumberTakenV1) -> str:
    try:
        check_pattern(claim.series)
        return certificate_id_of(claim.webinar_id, claim.participant_id)
    except (WrongPattern, ValueError) as wrong:
        raise BadClaim(str(wrong)) from wrong
