"""Operators' words whose a connection is, and which of them stands (rule F2)."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from services.attendance.domain.facts import Interval
from services.attendance.domain.intervals import FOREVER, union


class Share(NamedTuple):
    """A part of a connection, and whose it is (`owner` None: nobody's); None = without a bound."""

    owner: str | None
    start: int | None = None
    end: int | None = None


class Assignment(NamedTuple):
    """An operator's word whose a connection is, or whose its parts are (rule F2).

    It names the connection by uuid and participant_uuid or any of its user_ids (rule W6). It speaks
    of all of the connection: what no share covers is nobody's.
    """

    id: str
    made_at: int
    meeting_uuid: str
    user_id: str
    participant_uuid: str
    shares: tuple[Share, ...]
    withdrawn: bool = False

    @property
    def owners(self) -> dict[str, tuple[Interval, ...] | None]:
        """Each person's parts, in order; None = all of it."""
        parts: dict[str, list[Interval]] = {}
        for share in self.shares:
            if share.owner is not None:
                start = 0 if share.start is None else share.start
                end = FOREVER if share.end is None else share.end
                parts.setdefault(share.owner, []).append((start, end))
        joined = {owner: tuple(union(own)) for owner, own in sorted(parts.items())}
        return {owner: None if own == ((0, FOREVER),) else own for owner, own in joined.items()}


def last_word(assignments: Iterable[Assignment], meeting_uuid: str, participant_uuid: str,
              user_ids: Collection[str]) -> Assignment | None:  # fmt: skip
    """The assignment that stands for a connection: the last by (made_at, id) of those not withdrawn
    (rule F2)."""
    known = _of_connection(assignments, meeting_uuid, participant_uuid, user_ids)
    gone = {ruled.id for ruled in known if ruled.withdrawn}
    found = [ruled for ruled in known if ruled.id not in gone]
    return max(found, key=lambda ruled: (ruled.made_at, ruled.id), default=None)


def _of_connection(assignments: Iterable[Assignment], meeting_uuid: str, participant_uuid: str,
                   user_ids: Collection[str]) -> list[Assignment]:  # fmt: skip
    return [
        ruled
        for ruled in assignments
        if ruled.meeting_uuid == meeting_uuid
        and (
            (ruled.participant_uuid and ruled.participant_uuid == participant_uuid)
            or (ruled.user_id and ruled.user_id in user_ids)
        )
    ]
