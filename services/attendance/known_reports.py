"""What every worker knows of Zoom's reports, read whole from their topic (rules Z1, Z2); no I/O.

Only whole reads' rows are kept: those of every confirmed digest, and of the last one that may still
be confirmed. Rows are kept by the partition that is home to their user_id (rule I1: an event that
names no connection is one of its user_id), so that a partition finds its own without a search.
"""

from collections.abc import Container, Iterable
from typing import NamedTuple

from services.attendance.domain.connections import connection_id
from services.attendance.domain.identity import Identifiers
from services.attendance.domain.reading_plan import ACTS
from services.attendance.domain.reports import Confirmed, Read, Row, confirmed, root, says_none
from services.attendance.packed_rows import PackedRows, pack, unpack
from shared.events.reports import ReportPageV1, ReportReadV1
from shared.keys import home_of

PENDING = 4
"""Readings under way of one uuid whose pages are kept; there is one, unless a reader came to life
again after another took over."""
Homes = tuple[PackedRows, ...]
"""Per home partition: the rows of its user_ids."""


class Page(NamedTuple):
    """A page of a reading under way: how many rows it has, and those that are evidence."""

    rows: int
    evidence: tuple[bytes, ...]


class Report:
    """The reads of one meeting uuid."""

    __slots__ = ("confirmed", "first", "number", "pending", "reads", "rows", "says_none")

    def __init__(self, number: str) -> None:
        self.number = number
        self.first = 0
        """The millisecond at which the uuid's first reading began, as far as anybody said."""
        self.reads: dict[int, Read] = {}
        self.pending: dict[int, dict[int, Page]] = {}
        self.rows: dict[str, Homes] = {}
        self.confirmed: tuple[Confirmed, ...] = ()
        self.says_none = False


class Found(NamedTuple):
    """What a confirmed read says of some user_ids."""

    rows: tuple[Row, ...]
    identifiers: Identifiers


class KnownReports:
    """Takes pages and reads; answers what a confirmed report says."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.of: dict[str, Report] = {}
        self.forgotten: set[str] = set()
        """Uuids whose reports are too old: nothing is told of their connections any more."""

    def page(self, event: ReportPageV1) -> None:
        """Keep a page until its reading is over."""
        report = self._report(event.meeting_uuid, event.zoom_number, event.read)
        if report is None or event.read in report.reads:
            return
        evidence = tuple(
            pack(Row(user_id, join, leave, *who))
            for user_id, join, leave, status, *who in event.rows
            if status == "in_meeting" and join is not None and leave is not None
        )
        report.pending.setdefault(event.read, {})[event.page] = Page(len(event.rows), evidence)
        for old in sorted(report.pending)[:-PENDING]:
            del report.pending[old]

    def read(self, event: ReportReadV1) -> None:
        """A reading is over: its rows are kept if they are all there."""
        first = event.first or event.read
        report = self._report(event.meeting_uuid, event.zoom_number, first)
        if report is None:
            return
        pages = report.pending.pop(event.read, {})
        if event.read in report.reads:
            return
        read = Read(event.read, event.at, event.total_records, event.rows, event.digest,
                    event.problem)  # fmt: skip
        if read.whole and event.digest not in report.rows:
            if sum(page.rows for page in pages.values()) != event.rows:
                # pages are missing: a foreign record, or a zombie's
                read = read._replace(problem="pages_missing")
            else:
                report.rows[event.digest] = self._homes(event.meeting_uuid, pages.values())
        report.reads[event.read] = read

    def confirm(self, uuid: str, reread_seconds: int) -> bool:
        """Look again which reads are confirmed; whether that changed anything."""
        report = self.of[uuid]
        before = report.confirmed, report.says_none
        report.confirmed = confirmed(report.reads.values(), reread_seconds)
        report.says_none = says_none(report.reads.values())
        last = max((r for r in report.reads.values() if r.whole), default=None)
        keep = {one.digest for one in report.confirmed} | ({last.digest} if last else set())
        for digest in set(report.rows) - keep:
            del report.rows[digest]
        return (report.confirmed, report.says_none) != before

    def of_numbers(self, numbers: Container[str]) -> list[str]:
        """Every uuid with a read, of these Zoom numbers."""
        return [uuid for uuid, report in self.of.items() if report.number in numbers]

    def rows(self, uuid: str, digest: str, users: Iterable[str]) -> tuple[Row, ...]:
        """The rows of some user_ids."""
        homes = self.of[uuid].rows.get(digest)
        if homes is None:
            return ()
        return tuple(row for user in users for row in homes[self.home(uuid, user)].of(user))

    def homed(self, uuid: str, partition: int) -> frozenset[str]:
        """Every user_id of that home partition that any confirmed read has a row of."""
        report = self.of[uuid]
        digests = {one.digest for one in report.confirmed}
        return frozenset(user for d in digests for user in report.rows[d][partition].users())

    def ever(self, uuid: str, users: Iterable[str]) -> Identifiers:
        """Whom any confirmed read ever said these user_ids to be."""
        wanted, report = list(users), self.of[uuid]
        digests = sorted({one.digest for one in report.confirmed})
        return identifiers(row for d in digests for row in self.rows(uuid, d, wanted))

    def home(self, uuid: str, user_id: str) -> int:
        """The partition that tells of a user_id which no connection has."""
        return home_of(connection_id(uuid, "", user_id).encode(), self._partitions)

    def old(self, now: float) -> list[str]:
        """Uuids whose reports act no more: their rows' webhooks and claims are about to be gone."""
        before = int((now - ACTS) * 1000)
        return [uuid for uuid, report in self.of.items() if report.first < before]

    def forget(self, uuid: str) -> None:
        """Drop all reads of a uuid, and whatever is still to come of it."""
        self.forgotten.add(uuid)
        self.of.pop(uuid, None)

    def _report(self, uuid: str, number: str, first: int) -> Report | None:
        """None where it is forgotten."""
        if uuid in self.forgotten:
            return None
        report = self.of.get(uuid)
        if report is None:
            report = self.of[uuid] = Report(number)
        report.first = min(report.first or first, first)
        return report

    def _homes(self, uuid: str, pages: Iterable[Page]) -> Homes:
        homes: list[list[bytes]] = [[] for _ in range(self._partitions)]
        for page in pages:
            for raw in page.evidence:
                homes[self.home(uuid, root(unpack(raw).user_id))].append(raw)
        return tuple(map(PackedRows, homes))


def identifiers(rows: Iterable[Row]) -> Identifiers:
    """All that rows say about who it is (rule F1)."""
    known = list(rows)
    return Identifiers(
        tuple(sorted({row.registrant_id for row in known} - {""})),
        tuple(sorted({row.email for row in known} - {""})),
        tuple(sorted({row.customer_key for row in known} - {""})),
    )
