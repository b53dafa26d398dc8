"""What names no connection by participant_uuid, and what binds legs (rules I1, W3).

It is kept per meeting, by every partition, until a connection adopts it.
"""

from collections.abc import Collection, Iterable
from typing import Any

from services.attendance.domain.connections import Known, Seen, connection_id
from services.attendance.domain.webhook import Bound


class Floating:
    """One meeting's events that name no connection, phone legs, and binds (rules I1, W3)."""

    __slots__ = ("_by_name", "_legs", "binds", "events")

    def __init__(self) -> None:
        self.events: set[Seen] = set()
        self.binds: set[Bound] = set()
        self._by_name: dict[str, list[Seen | Bound]] = {}
        self._legs: list[Known] | None = None

    def add(self, event: Seen | Bound) -> bool:
        """Keeps an event; whether it is new."""
        known: set[Any] = self.binds if isinstance(event, Bound) else self.events
        if event in known:
            return False
        known.add(event)
        for name in names_in(event):
            self._by_name.setdefault(name, []).append(event)
        self._legs = None
        return True

    @property
    def names(self) -> Collection[str]:
        """Every user_id and participant_uuid that any of it names."""
        return self._by_name.keys()

    def naming(self, known: Known) -> list[Seen | Bound]:
        """What names a connection by any of its ids."""
        found = [self._by_name.get(name, ()) for name in known.user_ids]
        if known.participant_uuid:
            found.append(self._by_name.get(known.participant_uuid, ()))
        return [one for some in found for one in some]

    def adopt(self, known: Known) -> bool:
        """Gives a connection its events without participant_uuid; whether anything was new."""
        user_ids = known.user_ids
        mine = [
            event
            for event in self.naming(known)
            if isinstance(event, Seen) and not event.participant_uuid and event.fact[1] in user_ids
        ]
        before = known.revision
        for event in mine:
            known.add(event)
        return known.revision != before

    def legs(self) -> list[Known]:
        """The floating events as connections of their own, as far as they name each other."""
        if self._legs is not None:
            return self._legs
        uuid_of = {e.fact[1]: e.participant_uuid for e in sorted(self.events) if e.participant_uuid}
        found: dict[str, Known] = {}
        for event in sorted(self.events):
            user_id = event.fact[1]
            uuid = event.participant_uuid or uuid_of.get(user_id, "")
            key = connection_id(event.meeting_uuid, uuid, user_id)
            leg = found.setdefault(key, Known(event.meeting_uuid, uuid, user_id))
            leg.add(event)
        self._legs = list(found.values())
        return self._legs


def names_in(event: Seen | Bound) -> set[str]:
    """The ids by which an event or a bind names connections."""
    if isinstance(event, Bound):
        ids = (event.user_id, event.bind_user_id, event.participant_uuid,
               event.bind_participant_uuid)  # fmt: skip
        return set(ids) - {""}
    return {event.fact[1], event.participant_uuid} - {""}


def bound_to(known: Known, binds: Iterable[Bound]) -> frozenset[tuple[str, str]]:
    """(user_id, participant_uuid) of every leg whose person this leg is (rule W3).

    A leg that joined by phone is bound to the other side of a bind, whichever side that is. Where
    no join says who is the phone, the first side is taken to be it.
    """
    found = set()
    for bind in binds:
        one = (bind.user_id, bind.participant_uuid)
        other = (bind.bind_user_id, bind.bind_participant_uuid)
        if bind.meeting_uuid != known.meeting_uuid:
            continue
        if known.is_named(*one) and not known.is_named(*other):
            found.add(other)
        elif known.phone and known.is_named(*other) and not known.is_named(*one):
            found.add(one)
    return frozenset(found)
