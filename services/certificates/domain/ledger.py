"""Which certificates have a number, and which of these still await their event.

The fold of two logs, numbers and certificates; it may read them in any order against each other.
"""

from collections.abc import Iterator
from typing import NamedTuple

from services.certificates.domain.number import Ranks, WrongPattern, check_pattern, number_in
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
        self._zone = zone(zone_name)[0]
        self._ranks = Ranks()
        self._early: set[str] = set()
        self._pending: dict[str, Numbered] = {}

    def __len__(self) -> int:
        return len(self._ranks)

    def has(self, certificate_id: str) -> bool:
        """Whether a number was taken for it, issued or not."""
        return certificate_id in self._early or self._ranks.has(certificate_id)

    def pending(self) -> Iterator[Numbered]:
        """Numbers that were taken and have no certificate yet, in log order."""
        return iter(tuple(self._pending.values()))

    def claimed(self, claim: NumberTakenV1, issued_at: str) -> Numbered | None:
        """A record of the numbers topic; `issued_at` is its Kafka time. None if it took nothing.

        Raises:
            BadClaim: an id that is none, or a series that makes no number.
        """
        certificate_id = _checked(claim)
        rank = self._ranks.take(claim)
        if rank is None:
            return None
        month = parse_utc(issued_at).astimezone(self._zone).month
        number = number_in(claim.series, rank, region_code=claim.region_code, month=month)
        numbered = Numbered(certificate_id, claim, number, issued_at)
        if certificate_id in self._early:
            self._early.discard(certificate_id)
        else:
            self._pending[certificate_id] = numbered
        return numbered

    def issued(self, certificate_id: str) -> None:
        """A record of the certificates topic."""
        if not self._ranks.has(certificate_id):
            self._early.add(certificate_id)
        self._pending.pop(certificate_id, None)


def _checked(claim: NumberTakenV1) -> str:
    try:
        check_pattern(claim.series)
        return certificate_id_of(claim.webinar_id, claim.participant_id)
    except (WrongPattern, ValueError) as wrong:
        raise BadClaim(str(wrong)) from wrong
