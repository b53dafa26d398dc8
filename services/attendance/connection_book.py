"""The connections of one webhooks partition, and what other partitions told of theirs (a fold).

A connection belongs to its home partition alone. What another partition must know of it – the app
leg of a phone (rule W3), the connection of an event that names none (rule I1) – is told to all
partitions by a `LegSeenV1` record on the webhooks topic: rare, and a fact like any other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from services.attendance.domain.connections import Floating, Known, Seen, bound_to
from services.attendance.domain.identity import Identifiers
from services.attendance.domain.webhook import Bound
from shared.keys import home_of

NO_FLOATING = Floating()


class ConnectionBook:
    """Takes what is seen; answers which connections an identifier or a bind concerns."""

    def __init__(self, partition: int, partitions: int) -> None:
        self._partition, self._partitions = partition, partitions
        self.own: dict[str, Known] = {}
        self._by_meeting: dict[str, list[str]] = defaultdict(list)
        self._by_token: dict[str, list[str]] = defaultdict(list)
        self._floating: dict[str, Floating] = {}
        self._remote: dict[str, dict[str, Known]] = defaultdict(dict)

    def is_home(self, key: str) -> bool:
        """Whether a connection or meeting is told by this partition."""
        return home_of(key.encode(), self._partitions) == self._partition

    # --- what is seen; each says whether it was new ---

    def add(self, seen: Seen) -> str | None:
        """A join or leave of a named connection; its key, when that is ours and has learnt."""
        key = f"{seen.meeting_uuid}|{seen.participant_uuid}"
        if not self.is_home(key):
            return None  # phone legs go to every partition; their home has all of it
        known = self.own.get(key)
        if known is None:
            known = self.own[key] = Known(seen.meeting_uuid, seen.participant_uuid)
            self._by_meeting[seen.meeting_uuid].append(key)
        if not known.add(seen):
            return None
        self.index(known)
        return key

    def float(self, uuid: str, event: Seen | Bound) -> bool:
        """A join or leave that names no connection, or a bind."""
        return self._floating.setdefault(uuid, Floating()).add(event)

    def leg(self, body: dict[str, Any]) -> bool:
        """What another partition knows of one of its connections (`LegSeenV1`)."""
        uuid, key = body["meeting_uuid"], body["connection_id"]
        if self.is_home(key):
            return False
        known = Known(uuid, body["participant_uuid"])
        known.key, known.number, known.phone = key, body["zoom_number"], body["phone"]
        known.facts = tuple((k, u, t) for k, u, t in body["facts"])
        registrants, emails, customers, zoom_ids = map(tuple, body["identifiers"])
        known.identifiers = Identifiers(registrants, emails, customers, zoom_ids, body["host"])
        before = self._remote[uuid].get(key)
        if before is not None and before.revision >= known.revision:
            return False
        self._remote[uuid][key] = known
        return True

    def index(self, known: Known) -> None:
        """Make one of ours findable by its identifiers."""
        for token in known.identifiers.tokens():
            keys = self._by_token[token]
            if known.key not in keys:
                keys.append(known.key)

    # --- look-ups ---

    def has_floating(self, uuid: str) -> bool:
        """Whether a meeting has binds or events that name no connection."""
        return uuid in self._floating

    def binds(self, uuid: str) -> Iterable[Bound]:
        """Every bind of a meeting."""
        return self._floating.get(uuid, NO_FLOATING).binds

    def of_meeting(self, uuid: str) -> Iterable[str]:
        """Keys of our connections in a meeting."""
        return self._by_meeting.get(uuid, ())

    def named(self, uuid: str, user_id: str, participant_uuid: str) -> list[str]:
        """Keys of our connections in a meeting that an operator's word names (rule W6)."""
        found = (self.own[key] for key in self.of_meeting(uuid))
        return [
            known.key
            for known in found
            if (participant_uuid and known.participant_uuid == participant_uuid)
            or (user_id and user_id in known.user_ids)
        ]

    def with_token(self, token: str) -> Iterable[str]:
        """Keys of our connections that have an identifier (`r…`, `e…`, `k…`)."""
        return self._by_token.get(token, ())

    def adopt(self, known: Known) -> None:
        """Give a connection of ours the events that name none but have its user_id (rule I1)."""
        if self._floating.get(known.meeting_uuid, NO_FLOATING).adopt(known):
            self.index(known)

    def concerned(self, uuid: str) -> Iterator[Known]:
        """Our connections that a bind or an event without participant_uuid names."""
        floating = self._floating.get(uuid, NO_FLOATING)
        strays = {one.fact[1] for one in floating.events}
        sides = [
            ids
            for b in floating.binds
            for ids in ((b.user_id, b.participant_uuid), (b.bind_user_id, b.bind_participant_uuid))
        ]
        for known in [self.own[key] for key in self.of_meeting(uuid)]:
            if known.user_ids & strays or any(known.is_named(*ids) for ids in sides):
                yield known

    def bound(self, known: Known) -> list[Known]:
        """The legs whose person this one is (rule W3), as far as anybody has told of them."""
        floating = self._floating.get(known.meeting_uuid, NO_FLOATING)
        named = bound_to(known, floating.binds) if floating.binds else frozenset()
        if not named:
            return []
        legs = {leg.key: leg for leg in self._all(known.meeting_uuid, floating)}
        legs.pop(known.key, None)
        return [leg for _, leg in sorted(legs.items()) if any(leg.is_named(*ids) for ids in named)]

    def strays(self, uuid: str) -> Iterator[tuple[Known, bool]]:
        """(leg, adopted) of events that name no connection, for those whose home we are."""
        floating = self._floating.get(uuid, NO_FLOATING)
        connected = list(self._all(uuid, NO_FLOATING))
        for leg in floating.legs():
            if self.is_home(leg.key):
                users = leg.user_ids
                yield leg, any(k.is_named(u, "") for k in connected for u in users)

    def stray(self, uuid: str, user_id: str) -> Known | None:
        """The events of a user_id that name no connection, as a leg of their own."""
        for leg in self._floating.get(uuid, NO_FLOATING).legs():
            if not leg.participant_uuid and user_id in leg.user_ids:
                return leg
        return None

    def _all(self, uuid: str, floating: Floating) -> Iterator[Known]:
        yield from (self.own[key] for key in self.of_meeting(uuid))
        yield from self._remote.get(uuid, {}).values()
        yield from floating.legs()
