"""Which scan a scan id stands for (rule F: the same id with other content is refused).

The record is the topic `attendance.scans.v1`; Redis holds its projection. A lost store therefore
forgets no id. Claims bridge the moment until a scan's record is projected; they may be lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from services.attendance.domain.facts import Scan
from shared.records import Record
from shared.views import View
from shared.writes import Writes


class Taken(NamedTuple):
    """A scan as it was taken, of whom, and by which scanner."""

    participant_id: str
    scan: Scan
    scanner_id: str = ""


def project_scan(view: View, pipe: Writes, record: Record) -> None:
    """What a record of the topic writes in the view."""
    if record.event is None:
        return
    e = record.event
    scan = (e.scan_id, e.session_id, e.kind, e.gate, e.at)
    value = orjson.dumps([e.participant_id, scan, e.scanner_id])
    pipe.hset(view.key("scans", e.webinar_id), e.scan_id, value)
    pipe.zadd(view.key("scans-by-person", e.webinar_id), {f"{e.participant_id}|{e.scan_id}": 0})


class ScanMemory:
    """Reads what is known, and claims what is new."""

    def __init__(self, view: View) -> None:
        self._view, self._redis = view, view.client

    def known(self, webinar_id: str, scan_ids: Sequence[str]) -> dict[str, Taken]:
        """{scan_id: what it stands for} of those that were recorded."""
        if not scan_ids:
            return {}
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._view.key("scans", webinar_id), list(scan_ids))
            pipe.hmget(self._claims(webinar_id), list(scan_ids))
            projected, claimed = pipe.execute()
        known = {}
        for scan_id, raw, claim in zip(scan_ids, projected, claimed, strict=True):
            if raw:
                known[scan_id] = _taken(raw)
            elif claim and orjson.loads(claim)[2]:
                known[scan_id] = _claimed(claim)
        return known

    def claim(self, webinar_id: str, wanted: Mapping[str, Taken]) -> set[str]:
        """Of these new scans, the ids that another request has claimed for other content.

        A claim that is the same is no obstacle: whoever made it may have ended before the record.
        """
        if not wanted:
            return set()
        key = self._claims(webinar_id)
        with self._redis.pipeline(transaction=False) as pipe:
            for scan_id, taken in wanted.items():
                pipe.hsetnx(key, scan_id, _claim(taken, recorded=False))
            pipe.hmget(key, list(wanted))
            *_, first = pipe.execute()
        return {i for (i, taken), raw in zip(wanted.items(), first, strict=True)
                if _claimed(raw)[:2] != taken[:2]}  # fmt: skip

    def recorded(self, webinar_id: str, taken: Mapping[str, Taken]) -> None:
        """These are on the topic now."""
        with self._redis.pipeline(transaction=False) as pipe:
            for scan_id, one in taken.items():
                pipe.hset(self._claims(webinar_id), scan_id, _claim(one, recorded=True))
            pipe.execute()

    def of(self, webinar_id: str, people: Iterable[str]) -> list[Taken]:
        """Everything that was scanned of these people, as far as it is projected."""
        key = self._view.key("scans-by-person", webinar_id)
        with self._redis.pipeline(transaction=False) as pipe:
            for person in sorted(set(people)):
                pipe.zrangebylex(key, f"[{person}|", f"({person}}}")  # "}" follows "|"
            found = pipe.execute()
        ids = [member.decode().partition("|")[2] for members in found for member in members]
        return list(self.known(webinar_id, ids).values())

    def all(self, webinar_id: str) -> list[Taken]:
        """Everything that was scanned in a webinar, as far as it is projected."""
        found: Any = self._redis.hvals(self._view.key("scans", webinar_id))
        return [_taken(raw) for raw in found]

    def _claims(self, webinar_id: str) -> str:
        return self._view.key("scan-claims", webinar_id)


def _taken(raw: bytes) -> Taken:
    participant_id, scan, scanner_id = orjson.loads(raw)
    return Taken(participant_id, Scan(*scan), scanner_id)


def _claim(taken: Taken, *, recorded: bool) -> bytes:
    return orjson.dumps([taken.participant_id, tuple(taken.scan), recorded])


def _claimed(raw: bytes) -> Taken:
    participant_id, scan, _ = orjson.loads(raw)
    return Taken(participant_id, Scan(*scan))
