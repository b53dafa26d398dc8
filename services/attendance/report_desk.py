"""What one webhooks partition does about Zoom's reports (rules Z1–Z3); no I/O.

A row has no participant_uuid: it belongs to whichever connection has its user_id in that uuid, and
only that connection's partition knows. So when a read is confirmed, every partition tells the home
of each user_id which of them its connections have (`ReportClaimsV1`). When all have told, the
report is *released*: each partition tells its own connections with their rows, and the rows of its
home that nobody claimed as connections of their own (rule I1). A claim that comes later – of a late
webhook – takes such a one back. Everything here is a function of the claims, the reads and the
webhooks, in whatever order they come.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.attendance.claims import MORE_FOLLOW, Claims
from services.attendance.connection_book import ConnectionBook
from services.attendance.domain.connections import Known
from services.attendance.domain.facts import RowFact
from services.attendance.domain.identity import Identifiers
from services.attendance.domain.reports import EMPTY, Confirmed, Row
from services.attendance.known_reports import KnownReports, identifiers


class ReportDesk:
    """The state of one webhooks partition, as far as reports go."""

    def __init__(self, partition: int, partitions: int, reports: KnownReports,
                 book: ConnectionBook) -> None:  # fmt: skip
        self._partition, self._partitions = partition, partitions
        self._reports, self._book = reports, book
        self._claimed: dict[str, set[str]] = defaultdict(set)
        self._markers: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._told: dict[tuple[str, str], int] = {}
        self._sent: dict[str, set[str]] = {}
        self._released: dict[str, Confirmed] = {}
        self._by_token: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.look = set(reports.of)
        """Uuids whose claims, or participants, are to be looked at."""
        self.loose: set[tuple[str, str]] = set()
        """(uuid, user_id) of rows that no connection has, to be told, or to be taken back."""
        self.due: set[str] = set()
        """Uuids of which it is to be said that their report is applied."""

    def keep(self) -> dict[str, list[Any]]:
        """A copy of everything, as rows; `look` is all reports after a restart."""
        return {
            "claimed": _pairs(self._claimed),
            "sent": _pairs(self._sent),
            "markers": [(*place, source) for place, all_ in self._markers.items()
                        for source in all_],
            "told": [(*place, told) for place, told in self._told.items()],
            "released": [(uuid, *read) for uuid, read in self._released.items()],
            "row_tokens": [(t, *place) for t, places in self._by_token.items() for place in places],
            "loose": list(self.loose),
            "due": list(self.due),
        }  # fmt: skip

    def restore(self, rows: Mapping[str, list[Any]]) -> None:
        """What `keep` gave."""
        for uuid, user in rows.get("claimed", ()):
            self._claimed[uuid].add(user)
        for uuid, user in rows.get("sent", ()):
            self._sent.setdefault(uuid, set()).add(user)
        for uuid, digest, source in rows.get("markers", ()):
            self._markers[uuid, digest].add(source)
        self._told = {(uuid, digest): told for uuid, digest, told in rows.get("told", ())}
        self._released = {uuid: Confirmed(*read) for uuid, *read in rows.get("released", ())}
        for token, uuid, user in rows.get("row_tokens", ()):
            self._by_token[token].add((uuid, user))
        self.loose |= {(uuid, user) for uuid, user in rows.get("loose", ())}
        self.due |= set(rows.get("due", ()))

    def unknown(self) -> bool:
        """Whether a report is released whose reads are gone: it can be neither told nor taken back."""
        return not self._released.keys() <= self._reports.of.keys()

    # --- what is learnt ---

    def take(self, body: dict[str, Any]) -> bool:
        """A `ReportClaimsV1`; whether it released a report."""
        uuid, digest, source = body["meeting_uuid"], body["digest"], body["source"]
        fresh = set(body["users"]) - self._claimed[uuid]
        self._claimed[uuid] |= fresh
        if uuid in self._released:
            self.loose |= {(uuid, user) for user in fresh}
        if body["told"] == MORE_FOLLOW or body["sources"] != self._partitions:
            return False
        if source == self._partition:
            before = self._told.get((uuid, digest), 0)
            self._told[uuid, digest] = max(before, body["told"])
        self._markers[uuid, digest].add(source)
        return self.release(uuid)

    def release(self, uuid: str) -> bool:
        """Release the last confirmed read that all partitions have claimed from; whether its rows
        are others than those released before."""
        report, before = self._reports.of.get(uuid), self._released.get(uuid)
        if report is None:
            return False
        for read in reversed(report.confirmed):
            claimed = len(self._markers.get((uuid, read.digest), ())) == self._partitions
            if claimed or read.digest == EMPTY:
                self._released[uuid] = read
                break
        after = self._released.get(uuid)
        if after is None or (before is not None and before.digest == after.digest):
            return False
        homed = self._reports.homed(uuid, self._partition)
        self.loose |= {(uuid, user) for user in homed - self._claimed[uuid]}
        self.due.add(uuid)
        return True

    def noticed(self, uuid: str) -> None:
        """A connection of that uuid has learnt something."""
        if uuid in self._reports.of:
            self.look.add(uuid)

    def look_at(self, uuid: str) -> Claims | None:
        """What is to be claimed now, once everything that was in the log is folded."""
        report = self._reports.of[uuid]
        if report.says_none:
            self.due.add(uuid)
        digest = report.confirmed[-1].digest if report.confirmed else EMPTY
        if digest == EMPTY:
            return None
        own = {u for k in self._book.of_meeting(uuid) for u in self._book.own[k].user_ids if u}
        if self._told.get((uuid, digest)) == len(own):
            return None
        known = self._sent.get(uuid, set()) if (uuid, digest) in self._told else set()
        at_home: dict[int, list[str]] = {home: [] for home in range(self._partitions)}
        for user in sorted(own - known):
            at_home[self._reports.home(uuid, user)].append(user)
        return Claims(digest, at_home, len(own))

    def claimed(self, uuid: str, claims: Claims) -> None:
        """The claims are written."""
        self._told[uuid, claims.digest] = claims.told
        sent = self._sent.setdefault(uuid, set())
        sent.update(user for users in claims.at_home.values() for user in users)

    def forget(self, uuid: str) -> None:
        """Drop all that is known of a uuid's report."""
        for by_uuid in (self._claimed, self._sent, self._released):
            by_uuid.pop(uuid, None)
        for by_digest in (self._markers, self._told):
            for place in [place for place in by_digest if place[0] == uuid]:
                del by_digest[place]
        self._by_token = _without(uuid, self._by_token)
        self.loose -= {place for place in self.loose if place[0] == uuid}
        self.look.discard(uuid)
        self.due.discard(uuid)

    # --- what is told ---

    def silent(self, uuid: str) -> bool:
        """Whether nothing is told of a meeting any more: whoever knows what its report said knows
        more than we do."""
        return uuid in self._reports.forgotten

    def number(self, uuid: str) -> int:
        """The released read's number: part of every revision in that uuid, for it only grows."""
        released = self._released.get(uuid)
        return 0 if released is None else released.number

    def released(self, uuid: str) -> Confirmed | None:
        """The read whose rows count."""
        return self._released.get(uuid)

    def is_claimed(self, uuid: str, user_id: str) -> bool:
        """Whether a connection has that user_id."""
        return user_id in self._claimed.get(uuid, ())

    def reported(self, known: Known) -> Known:
        """The connection with what the released report says of it."""
        released = self._released.get(known.meeting_uuid)
        if released is None:
            return known
        rows = self._reports.rows(known.meeting_uuid, released.digest, _users(known))
        return self._with(known, rows)

    def ever_reported(self, known: Known) -> Known:
        """The connection with all that any confirmed read ever said of it."""
        report = self._reports.of.get(known.meeting_uuid)
        if report is None or not report.confirmed:
            return known
        rows = [
            row
            for digest in sorted({read.digest for read in report.confirmed})
            for row in self._reports.rows(known.meeting_uuid, digest, _users(known))
        ]
        return self._with(known, rows)

    def ever(self, known: Known) -> Identifiers:
        """Whom any confirmed read ever said the connection to be."""
        if known.meeting_uuid not in self._released:
            return Identifiers()
        return self._reports.ever(known.meeting_uuid, _users(known))

    def loose_legs(self, places: Iterable[tuple[str, str]]) -> Iterator[tuple[Known, bool, bool]]:
        """(leg, says something, taken by a connection for ever) of each row that was or is nobody's
        (rule I1)."""
        for uuid, user in sorted(places):
            released = self._released.get(uuid)
            if released is None:
                continue
            leg = self._book.stray(uuid, user) or Known(uuid, "", user)
            leg.number = leg.number or self._reports.of[uuid].number
            rows = self._reports.rows(uuid, released.digest, (user,))
            yield leg, bool(rows or leg.facts), self.is_claimed(uuid, user)

    def remember(self, leg: Known) -> None:
        """So that a late enrolment finds it (rule W8)."""
        place = leg.meeting_uuid, leg.key.partition("|~")[2]
        for token in leg.identifiers.tokens():
            self._by_token[token].add(place)

    def with_token(self, token: str) -> Iterable[tuple[str, str]]:
        """Rows that no connection has, by identifier."""
        return self._by_token.get(token, ())

    def of_numbers(self, numbers: Iterable[str]) -> list[str]:
        """Released uuids of these Zoom numbers."""
        return [u for u in self._reports.of_numbers(set(numbers)) if u in self._released]

    def spoken_of(self, uuid: str, *users: str) -> None:
        """Something was said of these user_ids: tell rows of our home anew."""
        if uuid in self._released:
            mine = {u for u in users if u and self._reports.home(uuid, u) == self._partition}
            self.loose |= {(uuid, user) for user in mine}

    def loosen(self, uuid: str) -> None:
        """Tell the uuid's rows anew: something around them changed."""
        homed = self._reports.homed(uuid, self._partition)
        self.loose |= {(uuid, user) for user in homed - self._claimed[uuid]}

    def applied(self, uuid: str) -> Iterator[dict[str, Any]]:
        """Bodies of `ReportAppliedV1`, as far as this partition goes."""
        report, released = self._reports.of.get(uuid), self._released.get(uuid)
        if report is None:
            return  # forgotten meanwhile
        place = {"meeting_uuid": uuid, "zoom_number": report.number,
                 "source": self._partition, "sources": self._partitions}  # fmt: skip
        nobody: tuple[str, ...] = ()
        if released is not None and released.digest != EMPTY:
            yield {**place, "digest": released.digest, "confirmed": True,
                   "participants": nobody, "revision": 0}  # fmt: skip
        if report.says_none:
            seen, revision = self._participants(uuid)
            sure = any(read.digest == EMPTY for read in report.confirmed)
            yield {**place, "digest": EMPTY, "confirmed": sure, "participants": seen,
                   "revision": revision}  # fmt: skip

    def _participants(self, uuid: str) -> tuple[tuple[str, ...], int]:
        """Up to two of those whom this partition saw (rule Z1), and how much it knows of them."""
        own = [self._book.own[key] for key in self._book.of_meeting(uuid)]
        own += [leg for leg, adopted in self._book.strays(uuid) if not adopted]
        seen = {next(iter(known.identifiers.tokens()), known.key) for known in own}
        return tuple(sorted(seen)[:2]), sum(known.revision for known in own)

    def _with(self, known: Known, rows: Iterable[Row]) -> Known:
        found = tuple(rows)
        facts: tuple[RowFact, ...] = tuple({row[:3] for row in found})
        number = self._reports.of[known.meeting_uuid].number
        return known.with_report(number, facts, identifiers(found))


def _pairs(sets: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    return [(key, one) for key, all_ in sets.items() for one in all_]


def _without(uuid: str, by_token: dict[str, set[tuple[str, str]]]
             ) -> defaultdict[str, set[tuple[str, str]]]:  # fmt: skip
    """The index of identifiers less the rows of one uuid."""
    left = {token: {p for p in places if p[0] != uuid} for token, places in by_token.items()}
    return defaultdict(set, {token: places for token, places in left.items() if places})


def _users(known: Known) -> frozenset[str]:
    """The user_ids by which a report may name it."""
    return known.user_ids - {""}
