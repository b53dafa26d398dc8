"""The connections of one webhooks partition, and what other partitions told of theirs (a fold).

A connection belongs to its home partition alone. What another partition must know of it – the app
leg of a phone (rule W3), the connection of an event that names none (rule I1) – is told to all
partitions by a `LegSeenV1` record on the webhooks topic: rare, and a fact like any other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from services.attendance.domain.connections import Known, Seen, Tag, context_of, fact_of, seen
from services.attendance.domain.floating import Floating, bound_to
from services.attendance.domain.webhook import Bound, Participant
from services.attendance.packed_map import PackedMap
from services.attendance.packing import (
    identifiers,
    leg_of,
    leg_row,
    meeting_of,
    pack_known,
    seen_of,
    tuples,
    unpack_known,
)
from services.attendance.token_index import TokenIndex
from shared.checkpoints import Kept
from shared.keys import home_of

NO_FLOATING = Floating()
_OWN = "="
"""Begins a connection's key in the index; identifiers begin otherwise (`Identifiers.tokens`)."""


class ConnectionBook:
    """Takes what is seen; answers which connections an identifier or a bind concerns."""

    def __init__(self, partition: int, partitions: int) -> None:
        self._partition, self._partitions = partition, partitions
        self.own = PackedMap(pack_known, unpack_known)
        self._by_meeting: dict[str, list[str]] = defaultdict(list)
        self._keys: list[str] = []
        """Of ours, as they came: their numbers in the index."""
        self._index = TokenIndex()
        """Of our keys and their identifiers. That two share a hash by chance does no harm: both are
        told anew."""
        self._floating: dict[str, Floating] = {}
        self._remote: dict[str, dict[str, Known]] = defaultdict(dict)
        self._by_name: dict[str, dict[str, tuple[str, ...]]] = {}
        """Of meetings with floating events: user_id or participant_uuid → keys of ours, of others'."""

    def is_home(self, key: str) -> bool:
        """Whether a connection or meeting is told by this partition."""
        return home_of(key.encode(), self._partitions) == self._partition

    # --- what is seen; each says whether it was new ---

    def add(self, event: Participant, tag: Tag) -> str | None:
        """A join or leave of a named connection; its key, when that is ours and has learnt."""
        key = f"{event.meeting_uuid}|{event.participant_uuid}"
        known = self.own.get(key)
        first = known is None
        if known is None:
            if not self.is_home(key):
                return None  # phone legs go to every partition; their home has all of it
            known = Known(event.meeting_uuid, event.participant_uuid, key=key)
        who, context = known.identifiers, context_of(event)
        again = context == known.context
        new = known.happened(fact_of(event)) if again else known.add(seen(event, tag))
        known.context = context
        if new or not again:
            self.own[key] = known
        if not new:
            return None
        if known.meeting_uuid in self._by_name:
            self._name(known)
        if first:
            self._named_first(key, known.meeting_uuid)
            self._index.add((_OWN + key, *known.identifiers.tokens()), len(self._keys) - 1)
        elif known.identifiers is not who:
            self.index(known)
        return key

    def _named_first(self, key: str, uuid: str) -> None:
        self._by_meeting[uuid].append(key)
        self._keys.append(key)

    def float(self, uuid: str, event: Seen | Bound) -> bool:
        """A join or leave that names no connection, or a bind."""
        if uuid not in self._by_name:
            self._by_name[uuid] = {}
            for known in (*map(self.own.__getitem__, self.of_meeting(uuid)),
                          *self._remote.get(uuid, {}).values()):  # fmt: skip
                self._name(known)
        return self._floating.setdefault(uuid, Floating()).add(event)

    def keep(self) -> Kept:
        """A copy of everything, with the index of identifiers; other indexes are made again."""
        rows: dict[str, list[Any]] = {
            "remote": [leg_row(leg) for legs in self._remote.values() for leg in legs.values()],
            "floating": [one for f in self._floating.values() for one in f.events],
            "binds": [one for f in self._floating.values() for one in f.binds],
        }
        buckets = {str(place): raw for place, raw in enumerate(self._index.buckets())}
        return Kept(rows, {"own": self.own.packed(), "index": buckets})

    def restore(self, kept: Kept) -> None:
        """What `keep` gave, into an empty book."""
        own = kept.maps.get("own", {})
        self.own = PackedMap(pack_known, unpack_known, own)
        for key, raw in own.items():
            self._named_first(key, meeting_of(key, raw))
        if own:
            self._index = TokenIndex(kept.maps["index"].values())
        for row in kept.rows.get("remote", ()):
            leg = leg_of(row)
            self._remote[leg.meeting_uuid][leg.key] = leg
        for row in kept.rows.get("floating", ()):
            self.float(row[0], seen_of(row))
        for row in kept.rows.get("binds", ()):
            self.float(row[0], Bound(*row))

    def _name(self, known: Known) -> None:
        names = self._by_name[known.meeting_uuid]
        for name in {*known.user_ids, known.participant_uuid} - {""}:
            keys = names.get(name, ())
            if known.key not in keys:
                names[name] = (*keys, known.key)

    def leg(self, body: dict[str, Any]) -> bool:
        """What another partition knows of one of its connections (`LegSeenV1`)."""
        uuid, key = body["meeting_uuid"], body["connection_id"]
        if self.is_home(key):
            return False
        known = Known(uuid, body["participant_uuid"])
        known.key, known.number, known.phone = key, body["zoom_number"], body["phone"]
        known.facts = tuples(body["facts"])
        known.identifiers = identifiers([*body["identifiers"], body["host"]])
        before = self._remote[uuid].get(key)
        if before is not None and before.revision >= known.revision:
            return False
        self._remote[uuid][key] = known
        if uuid in self._by_name:
            self._name(known)
        return True

    def index(self, known: Known) -> None:
        """Make one of ours findable by its identifiers."""
        for number in self._index.find(_OWN + known.key):
            if self._keys[number] == known.key:
                tokens = known.identifiers.tokens()
                self._index.add([t for t in tokens if number not in self._index.find(t)], number)

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
        return [self._keys[number] for number in self._index.find(token)]

    def is_concerned(self, uuid: str, key: str) -> bool:
        """Whether a bind or a floating event names a connection of ours, in a meeting."""
        floating = self._floating.get(uuid)
        return floating is not None and bool(floating.naming(self.own[key]))

    def adopt(self, known: Known) -> None:
        """Give a connection of ours the events that name none but have its user_id (rule I1)."""
        floating = self._floating.get(known.meeting_uuid)
        if floating is None or not floating.adopt(known):
            return
        self.index(known)
        mine = self.own.get(known.key)
        if mine is not None:
            floating.adopt(mine)  # of which `known` may be an earlier copy
            self.own[known.key] = mine

    def concerned(self, uuid: str) -> Iterator[Known]:
        """Our connections that a bind or an event without participant_uuid names."""
        names = self._by_name.get(uuid, {})
        floating = self._floating.get(uuid, NO_FLOATING)
        keys = {key for name in floating.names for key in names.get(name, ())}
        yield from (self.own[key] for key in sorted(keys) if key in self.own)

    def bound(self, known: Known) -> list[Known]:
        """The legs whose person this one is (rule W3), as far as anybody has told of them."""
        floating = self._floating.get(known.meeting_uuid)
        if floating is None:
            return []
        named = bound_to(known, [b for b in floating.naming(known) if isinstance(b, Bound)])
        if not named:
            return []  # before strays are gone through: there may be a thousand
        legs = {leg.key: leg for leg in self._named(known.meeting_uuid, named)}
        legs.update((leg.key, leg) for leg in floating.legs() if leg.key not in self.own)
        legs.pop(known.key, None)
        return [leg for _, leg in sorted(legs.items()) if any(leg.is_named(*ids) for ids in named)]

    def strays(self, uuid: str) -> Iterator[tuple[Known, bool]]:
        """(leg, adopted) of events that name no connection, for those whose home we are."""
        for leg in self._floating.get(uuid, NO_FLOATING).legs():
            if self.is_home(leg.key):
                yield leg, self.is_adopted(leg)

    def is_adopted(self, leg: Known) -> bool:
        """Whether a connection has a user_id of a leg that names none: it has the leg's events."""
        if leg.participant_uuid:
            return False
        ids = frozenset((user, "") for user in leg.user_ids)
        return any(k.is_named(*one) for k in self._named(leg.meeting_uuid, ids) for one in ids)

    def stray(self, uuid: str, user_id: str) -> Known | None:
        """The events of a user_id that name no connection, as a leg of their own."""
        for leg in self._floating.get(uuid, NO_FLOATING).legs():
            if not leg.participant_uuid and user_id in leg.user_ids:
                return leg.copied()
        return None

    def _named(self, uuid: str, ids: Iterable[tuple[str, str]]) -> Iterator[Known]:
        """Connections of ours and of others that may be meant by (user_id, participant_uuid)."""
        names, remote = self._by_name.get(uuid, {}), self._remote.get(uuid, {})
        for key in {key for pair in ids for name in pair for key in names.get(name, ())}:
            found = self.own.get(key) or remote.get(key)
            if found is not None:
                yield found
