"""The attendance api's view in Redis: webinars, enrolments, decisions, cases, certificates.

Also the worker's own progress, which is no view: it is overwritten every second and may be lost.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import redis

from services.attendance import rulings_view
from services.attendance.report_view import project_difference, project_report
from services.attendance.rulings_view import RulingsView
from services.attendance.scan_memory import project_scan
from services.attendance.shrunk import DECISION
from shared.keys import split_person_key
from shared.needed import parser_of
from shared.records import Record
from shared.settings import KafkaSettings, Settings
from shared.topics import (
    ATTENDANCE_AUDIT,
    CERTIFICATES,
    DECISIONS,
    DIFFERENCES,
    ENROLMENTS,
    REGISTRATION_AUDIT,
    REPORTS,
    REVIEWS,
    RULINGS,
    SCANS,
    WEBINARS,
)
from shared.views import View, connect
from shared.writes import Writes

TOPICS = (
    WEBINARS, ENROLMENTS, SCANS, DECISIONS, REVIEWS, CERTIFICATES, RULINGS, ATTENDANCE_AUDIT,
    REGISTRATION_AUDIT, REPORTS, DIFFERENCES,
)  # fmt: skip
NAME = "attendance"
parse_needed = parser_of({
    WEBINARS: ("webinar_id",),
    ENROLMENTS: ("webinar_id", "participant_id", "external_id", "status", "region_code", "mode"),
    DECISIONS: ("webinar_id", "participant_id", "verdict", "provisional", "goes_out"),
    CERTIFICATES: ("status",),
})  # fmt: skip


def project(view: View) -> Any:
    """Which absolute writes one record makes in the view."""
    by_topic = {
        WEBINARS.name: _webinar,
        ENROLMENTS.name: _enrolment,
        DECISIONS.name: _decision,
        REVIEWS.name: _review,
        SCANS.name: project_scan,
        CERTIFICATES.name: _certificate,
        RULINGS.name: rulings_view.ruling,
        REPORTS.name: project_report,
        DIFFERENCES.name: project_difference,
        ATTENDANCE_AUDIT.name: rulings_view.audit,
        REGISTRATION_AUDIT.name: rulings_view.audit,
    }

    def write(pipe: Writes, record: Record) -> None:
        by_topic[record.topic.name](view, pipe, record)

    return write


def _webinar(view: View, pipe: Writes, record: Record) -> None:
    if record.value is not None:
        pipe.hset(view.key("webinars"), record.key, record.value)


def _enrolment(view: View, pipe: Writes, record: Record) -> None:
    if record.event is None:
        return
    e = record.event
    pipe.hset(view.key("enrolments", e.webinar_id), e.participant_id,
              orjson.dumps([e.external_id, e.status, e.region_code, e.mode]))  # fmt: skip
    pipe.zadd(view.key("people", e.webinar_id), {e.participant_id: 0})


def _decision(view: View, pipe: Writes, record: Record) -> None:
    if record.value is None:
        return
    d = record.event
    kept = DECISION.pack(record.value)
    pipe.hset(view.key("decisions", d.webinar_id), d.participant_id, kept)
    pipe.zadd(view.key("people", d.webinar_id), {d.participant_id: 0})
    _member(pipe, view.key("final", d.webinar_id), d.participant_id, not d.provisional)
    certifiable = d.verdict == "eligible" and not d.provisional
    _member(pipe, view.key("certifiable", d.webinar_id), d.participant_id, certifiable)
    _member(pipe, view.key("due", d.webinar_id), d.participant_id, d.goes_out)


def _member(pipe: Writes, key: str, member: str, present: bool) -> None:
    (pipe.sadd if present else pipe.srem)(key, member)


def _review(view: View, pipe: Writes, record: Record) -> None:
    if record.event is None:
        return
    r = record.event
    pipe.hset(view.key("reviews", r.webinar_id), r.case_id, record.value)
    pipe.hset(view.key("cases"), r.case_id, r.webinar_id)
    _member(pipe, view.key("open-reviews", r.webinar_id), r.case_id, r.status == "open")


def _certificate(view: View, pipe: Writes, record: Record) -> None:
    webinar_id, participant_id = split_person_key(record.key)
    status = "" if record.event is None else record.event.status
    pipe.hset(view.key("certificates", webinar_id), participant_id, status)
    _member(pipe, view.key("certified", webinar_id), participant_id, bool(status))


class AttendanceView:
    """What the api reads."""

    def __init__(self, settings: Settings) -> None:
        self.view = View(settings, NAME, connect(settings))
        self._redis = self.view.client
        self.rulings = RulingsView(self.view)

    def webinar(self, webinar_id: str) -> dict[str, Any] | None:
        """The webinar's event as a dict."""
        raw: Any = self._redis.hget(self.view.key("webinars"), webinar_id)
        return orjson.loads(raw) if raw else None

    def webinars(self) -> list[dict[str, Any]]:
        """All webinars' events."""
        found: Any = self._redis.hvals(self.view.key("webinars"))
        return [orjson.loads(raw) for raw in found]

    def enrolments(self, webinar_id: str) -> int:
        """How many people are or were enrolled."""
        found: Any = self._redis.hlen(self.view.key("enrolments", webinar_id))
        return int(found)

    def enrolled(self, webinar_id: str, people: Iterable[str]) -> dict[str, list[str]]:
        """{participant_id: [external_id, status, region, mode]} of those who have an enrolment."""
        wanted = list(people)
        if not wanted:
            return {}
        found: Any = self._redis.hmget(self.view.key("enrolments", webinar_id), wanted)
        return {p: orjson.loads(raw) for p, raw in zip(wanted, found, strict=True) if raw}

    def people(self, webinar_id: str, after: str, limit: int) -> list[str]:
        """Participant ids in order, after a cursor."""
        low = f"({after}" if after else "-"
        found: Any = self._redis.zrangebylex(
            self.view.key("people", webinar_id), low, "+", 0, limit
        )
        return [p.decode() for p in found]

    def decisions(self, webinar_id: str, people: Iterable[str]) -> dict[str, dict[str, Any]]:
        """{participant_id: decision}."""
        wanted = list(people)
        if not wanted:
            return {}
        found: Any = self._redis.hmget(self.view.key("decisions", webinar_id), wanted)
        there = ((p, raw) for p, raw in zip(wanted, found, strict=True) if raw)
        return {p: orjson.loads(DECISION.unpack(raw)) for p, raw in there}

    def certificate_statuses(self, webinar_id: str, people: Iterable[str]) -> dict[str, str]:
        """{participant_id: status} of those who hold one."""
        wanted = list(people)
        if not wanted:
            return {}
        found: Any = self._redis.hmget(self.view.key("certificates", webinar_id), wanted)
        return {p: raw.decode() for p, raw in zip(wanted, found, strict=True) if raw}

    def reviews(self, webinar_id: str) -> list[dict[str, Any]]:
        """All cases, the open ones first."""
        found: Any = self._redis.hvals(self.view.key("reviews", webinar_id))
        return sorted((orjson.loads(r) for r in found), key=lambda r: (r["status"], r["case_id"]))

    def case(self, case_id: str) -> dict[str, Any] | None:
        """One case, wherever it is."""
        webinar: Any = self._redis.hget(self.view.key("cases"), case_id)
        raw: Any = webinar and self._redis.hget(self.view.key("reviews", webinar.decode()), case_id)
        return orjson.loads(raw) if raw else None

    def certifiable(self, webinar_id: str) -> list[str]:
        """Who is eligible and final now."""
        found: Any = self._redis.smembers(self.view.key("certifiable", webinar_id))
        return sorted(p.decode() for p in found)

    def counts(self, webinar_id: str) -> dict[str, int]:
        """How many there are of what, read at one instant."""
        v = self.view
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hlen(v.key("enrolments", webinar_id))
            pipe.hlen(v.key("decisions", webinar_id))
            pipe.scard(v.key("final", webinar_id))
            pipe.scard(v.key("certifiable", webinar_id))
            pipe.scard(v.key("certified", webinar_id))
            pipe.scard(v.key("open-reviews", webinar_id))
            enrolled, decided, final, certifiable, certified, cases = pipe.execute()
        return {"enrolled": enrolled, "decisions": decided, "final": final, "open_reviews": cases,
                "certifiable": certifiable, "certificates": certified}  # fmt: skip

    def awaits_certificates(self, webinar_id: str) -> bool:
        """Whether somebody to whom one goes out has none yet. Looks at everybody: ask last."""
        v = self.view
        found: Any = self._redis.sdiff([v.key("due", webinar_id), v.key("certified", webinar_id)])
        return bool(found)


class WorkerProgress:
    """How far the worker is: positions per input partition, and each webinar's state per partition.

    Of a year's webinars nearly all stand still: a state is written where it differs from the last
    one. Each write leaves a mark per partition. Where the next one finds another (the store was
    emptied or set back, another worker wrote), the one after it writes everything.
    """

    def __init__(self, settings: KafkaSettings, client: "redis.Redis") -> None:
        self._redis = client
        self._positions = f"{settings.topic_prefix}attendance-progress:positions"
        self._webinar = f"{settings.topic_prefix}attendance-progress:webinar:"
        self._addresses = f"{settings.topic_prefix}attendance-progress:addresses"
        self._marks = f"{settings.topic_prefix}attendance-progress:marks"
        self._mark = b""
        self._last: Mapping[str, Mapping[str, bytes]] = {}
        """What the store certainly holds of webinars, if nobody else wrote there."""

    def write(self, positions: Mapping[str, int], webinars: Mapping[str, Mapping[str, bytes]],
              addresses: Mapping[str, str]) -> None:  # fmt: skip
        """Overwrite what this worker knows, in one go. `addresses`: of its events partitions."""
        last, self._last = self._last, {}  # of a write that fails nobody knows what came of it
        mark = secrets.token_bytes(8)
        with self._redis.pipeline(transaction=True) as pipe:
            if addresses:
                pipe.hmget(self._marks, list(addresses))
                pipe.hset(self._marks, mapping=dict.fromkeys(addresses, mark))
                pipe.hset(self._addresses, mapping=dict(addresses.items()))
            if positions:
                pipe.hset(self._positions, mapping=dict(positions.items()))
            for webinar_id, fields in webinars.items():
                if new := _other(fields, last.get(webinar_id, {})):
                    pipe.hset(self._webinar + webinar_id, mapping=new)
            answers = pipe.execute()
        if addresses and all(found == self._mark for found in answers[0]):
            self._last = webinars
        self._mark = mark

    def addresses(self) -> dict[int, str]:
        """Which worker holds an events partition, as it said itself last."""
        found: Any = self._redis.hgetall(self._addresses)
        return {int(p): at.decode() for p, at in found.items()}

    def read(self, webinar_id: str) -> tuple[dict[str, int], list[dict[str, Any]]]:
        """(positions by topic/partition, one state per events partition)."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(self._positions)
            pipe.hvals(self._webinar + webinar_id)
            positions, states = pipe.execute()
        return {k.decode(): int(v) for k, v in positions.items()}, [orjson.loads(s) for s in states]


def _other(now: Mapping[str, bytes], last: Mapping[str, bytes]) -> dict[Any, Any]:
    return {place: state for place, state in now.items() if last.get(place) != state}
