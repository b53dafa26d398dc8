"""Which meetings' reports act, as one events partition has been told (rules Z1, Z2)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from services.attendance.domain.reports import EMPTY, lone


class AppliedReports:
    """The fold of `ReportAppliedV1`: a report acts once every webhooks partition has applied it."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, str, bool], set[int]] = defaultdict(set)
        self._seen: dict[str, dict[int, tuple[int, tuple[str, ...]]]] = defaultdict(dict)
        self.complete: frozenset[str] = frozenset()
        """Uuids whose report is complete, or not needed."""
        self.lone: frozenset[str] = frozenset()
        """Those of them that Zoom makes no report of, for one participant alone was there."""
        self.acting: frozenset[str] = frozenset()
        """Uuids of which no report is waited for: of both. One object while it says the same, for every
        decision has it in its standing."""

    def keep(self) -> dict[str, list[Any]]:
        """A copy of everything, as rows."""
        return {
            "report_sources": [(*place, sorted(told)) for place, told in self._sources.items()],
            "report_seen": [
                (uuid, source, revision, who)
                for uuid, of in self._seen.items()
                for source, (revision, who) in of.items()
            ],
            "report_complete": list(self.complete),
            "report_lone": list(self.lone),
        }

    def restore(self, rows: Mapping[str, list[Any]]) -> None:
        """What `keep` gave."""
        for uuid, digest, sure, sources in rows.get("report_sources", ()):
            self._sources[uuid, digest, sure] = set(sources)
        for uuid, source, revision, who in rows.get("report_seen", ()):
            self._seen[uuid][source] = revision, tuple(who)
        self.complete = frozenset(rows.get("report_complete", ()))
        self.lone = frozenset(rows.get("report_lone", ()))
        self.acting = self.complete | self.lone

    def take(self, body: dict[str, Any]) -> bool:
        """One record; whether another report acts now, or one acts no more."""
        uuid, source, sources = body["meeting_uuid"], body["source"], body["sources"]
        place = uuid, body["digest"], body["confirmed"]
        self._sources[place].add(source)
        before = self.complete, self.lone
        if body["confirmed"] and len(self._sources[place]) == sources:
            self.complete |= {uuid}
        if body["digest"] == EMPTY:
            told = body["revision"], tuple(body["participants"])
            self._seen[uuid][source] = max(told, self._seen[uuid].get(source, told))
            alone = lone({s: who for s, (_, who) in self._seen[uuid].items()}, sources)
            self.lone = self.lone | {uuid} if alone else self.lone - {uuid}
        if (self.complete, self.lone) == before:
            return False
        self.acting = self.complete | self.lone
        return True
