"""What a confirmed report changes in one connection, and how both differ (rule Z3).

Rows replace the facts of their own user_id: so they close what was inferred and add what was lost,
and moves between rooms stay what they were. A user_id without a row keeps its facts.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from services.attendance.domain.facts import Fact, Interval, RowFact
from services.attendance.domain.intervals import union
from services.attendance.domain.reports import root

TOLERANCE = 2
"""Seconds up to which the webhook's time stands."""
Kind = Literal["lost", "closed", "differs", "unreported"]


class Difference(NamedTuple):
    """One user_id on which webhooks and report differ. `lost`: no webhook of it came; `closed`: the
    report gives a bound that no webhook gave; `differs`: more than two seconds apart; `unreported`:
    it has no row. Both sides are (first join, last leave), None where there is none."""

    user_id: str
    kind: Kind
    webhook: tuple[int | None, int | None]
    report: tuple[int | None, int | None]


def with_rows(facts: Collection[Fact], rows: Collection[RowFact]) -> tuple[Fact, ...]:
    """The facts of a connection as the report leaves them."""
    reported = {user_id for user_id, _, _ in rows}
    kept = [fact for fact in facts if fact[1] not in reported]
    for user_id in sorted(reported):
        joins, leaves = _times(facts, user_id)
        for stay in _stays(rows, user_id):
            start, end = _snapped(stay, joins, leaves)
            kept += [("j", user_id, start), ("l", user_id, end)]
    return tuple(kept)


def unreported(facts: Iterable[Fact], rows: Iterable[RowFact]) -> frozenset[str]:
    """User_ids known from webhooks that have no row."""
    known = {user_id for _, user_id, _ in facts if user_id}
    return frozenset(known - {root(user_id) for user_id, _, _ in rows})


def differences(facts: Collection[Fact], rows: Collection[RowFact]) -> tuple[Difference, ...]:
    """Everything on which the two differ, by user_id."""
    missing = unreported(facts, rows)
    users = sorted({user_id for user_id, _, _ in rows} | missing)
    found = []
    for user_id in users:
        times, stays = _times(facts, user_id), _stays(rows, user_id)
        kind = "unreported" if user_id in missing else _kind(*times, stays)
        if kind is not None:
            report = (stays[0][0], stays[-1][1]) if stays else (None, None)
            webhook = min(times[0], default=None), max(times[1], default=None)
            found.append(Difference(user_id, kind, webhook, report))
    return tuple(found)


def _kind(joins: Sequence[int], leaves: Sequence[int], stays: Sequence[Interval]) -> Kind | None:
    starts, ends = [a for a, _ in stays], [b for _, b in stays]
    if not joins and not leaves:
        return "lost"
    if _astray(joins, starts) or _astray(leaves, ends):
        return "differs"
    return "closed" if _astray(starts, joins) or _astray(ends, leaves) else None


def _astray(times: Iterable[int], known: Collection[int]) -> bool:
    """Whether one of the times is near none of the known ones."""
    return any(all(abs(at - one) > TOLERANCE for one in known) for at in times)


def _times(facts: Iterable[Fact], user_id: str) -> tuple[list[int], list[int]]:
    mine = [fact for fact in facts if fact[1] == user_id]
    return [at for kind, _, at in mine if kind == "j"], [at for kind, _, at in mine if kind == "l"]


def _stays(rows: Iterable[RowFact], user_id: str) -> list[Interval]:
    """One user_id's rows as disjoint stays, in order; rows of 0 s only are one stay of 0 s."""
    mine = sorted((join, leave) for one, join, leave in rows if one == user_id)
    return union(mine) or mine[:1]


def _snapped(stay: Interval, joins: Iterable[int], leaves: Iterable[int]) -> Interval:
    start, end = _near(stay[0], joins), _near(stay[1], leaves)
    return (start, end) if start < end else stay


def _near(at: int, known: Iterable[int]) -> int:
    """The webhook's time where it is near enough, else the report's."""
    nearest = min(known, key=lambda one: (abs(one - at), one), default=at)
    return nearest if abs(nearest - at) <= TOLERANCE else at
