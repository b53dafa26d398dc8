"""What a webhooks partition claims of a report's rows, for its own connections (rules Z1–Z3)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_USERS = 20_000
"""User_ids in one record of claims: some 250 kB."""
MORE_FOLLOW = -1
"""`told` of a record that is not the last of its kind: it is no marker yet."""


class Claims(NamedTuple):
    """The user_ids to claim at each home, and how many this partition has in all."""

    digest: str
    at_home: dict[int, list[str]]
    told: int


def claim_bodies(uuid: str, claims: Claims, home: int, source: int, sources: int
                 ) -> Iterator[dict[str, Any]]:  # fmt: skip
    """The `ReportClaimsV1` to one home; the last is the marker that all are there."""
    users = claims.at_home[home]
    for first in range(0, len(users) or 1, MOST_USERS):
        last = first + MOST_USERS >= len(users)
        yield {
            "meeting_uuid": uuid, "digest": claims.digest, "source": source, "sources": sources,
            "users": users[first : first + MOST_USERS],
            "told": claims.told if last else MORE_FOLLOW,
        }  # fmt: skip
