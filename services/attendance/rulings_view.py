"""Operators' words and the audit trail in the attendance api's view (Redis)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from shared.events.rulings import (
    ConnectionAssignedV1,
    PeopleListedV1,
    RulingWithdrawnV1,
    TimeCorrectedV1,
)
from shared.records import Record
from shared.views import View
from shared.writes import Writes

KIND = "hadir.attendance."


class Page(NamedTuple):
    """Items and, while there are more, the cursor of the next page."""

    items: list[dict[str, Any]]
    cursor: str | None


# --- projections: absolute writes only ---


def ruling(view: View, pipe: Writes, record: Record) -> None:
    """A word under its id; of two records with one id the first stands."""
    said = record.event
    if said is None:
        return
    kind = said.type.removeprefix(KIND).removesuffix(".v1")
    value = orjson.dumps({"type": kind, **orjson.loads(record.value or b"{}")})
    pipe.hsetnx(view.key("rulings", said.webinar_id), said.ruling_id, value)
    pipe.hsetnx(view.key("ruling-webinars"), said.ruling_id, said.webinar_id)
    if isinstance(said, RulingWithdrawnV1):
        pipe.hset(view.key("withdrawn", said.webinar_id), said.withdraws, said.ruling_id)
    elif isinstance(said, TimeCorrectedV1):
        member = f"{said.participant_id}|{said.ruling_id}"
        pipe.zadd(view.key("corrections", said.webinar_id), {member: 0})
    elif isinstance(said, ConnectionAssignedV1):
        pipe.sadd(view.key("assigned", said.webinar_id, said.meeting_uuid), said.ruling_id)
    elif isinstance(said, PeopleListedV1):
        version = f"{said.session_id}|{said.list_id}|{said.version:09d}"
        pipe.hset(view.key("lists", said.webinar_id), version, said.ruling_id)


def audit(view: View, pipe: Writes, record: Record) -> None:
    """An audit record in the order of time: in its webinar's trail, and in everybody's."""
    event = record.event
    if event is None:
        return
    pipe.hset(view.key("audit-records"), event.audit_id, record.value or b"")
    member = f"{event.at}|{event.audit_id}"
    for trail in {"", event.webinar_id or ""}:
        pipe.zadd(view.key("audit", trail), {member: 0})


class RulingsView:
    """What the api reads of them."""

    def __init__(self, view: View) -> None:
        self._view, self._redis = view, view.client

    def ruling(self, ruling_id: str) -> dict[str, Any] | None:
        """A word with `withdrawn_by`, wherever it was said."""
        webinar: Any = self._redis.hget(self._view.key("ruling-webinars"), ruling_id)
        found = self._rulings(webinar.decode(), [ruling_id]) if webinar else []
        return found[0] if found else None

    def of_webinar(self, webinar_id: str) -> list[dict[str, Any]]:
        """All words on a webinar, in the order in which they apply."""
        ids: Any = self._redis.hkeys(self._view.key("rulings", webinar_id))
        return self._rulings(webinar_id, [i.decode() for i in ids])

    def assigned(self, webinar_id: str, meeting_uuid: str) -> list[dict[str, Any]]:
        """All words on connections of a meeting."""
        ids: Any = self._redis.smembers(self._view.key("assigned", webinar_id, meeting_uuid))
        return self._rulings(webinar_id, [i.decode() for i in ids])

    def corrections(self, webinar_id: str, participant_id: str, after: str, limit: int) -> Page:
        """Corrections by person; of one person when `participant_id` is not ''."""
        key = self._view.key("corrections", webinar_id)
        low = f"({after}" if after else (f"[{participant_id}|" if participant_id else "-")
        high = f"({participant_id}}}" if participant_id else "+"  # } comes right after |
        found: Any = self._redis.zrangebylex(key, low, high, 0, limit + 1)
        members = [m.decode() for m in found]
        ids = [m.rpartition("|")[2] for m in members[:limit]]
        more = members[limit - 1] if len(members) > limit else None
        return Page(self._rulings(webinar_id, ids), more)

    def lists(self, webinar_id: str) -> list[dict[str, Any]]:
        """The highest version of every proctor's list, withdrawn ones too."""
        found: Any = self._redis.hgetall(self._view.key("lists", webinar_id))
        highest: dict[str, str] = {}
        for version, ruling_id in sorted(found.items()):
            highest[version.decode().rpartition("|")[0]] = ruling_id.decode()
        return self._rulings(webinar_id, highest.values())

    def audit(self, webinar_id: str, after: str, limit: int) -> Page:
        """The trail of one webinar, or ('') of everything, newest first."""
        high = f"({after}" if after else "+"
        found: Any = self._redis.zrevrangebylex(
            self._view.key("audit", webinar_id), high, "-", 0, limit + 1
        )
        members = [m.decode() for m in found]
        ids = [m.rpartition("|")[2] for m in members[:limit]]
        raw: Any = self._redis.hmget(self._view.key("audit-records"), ids) if ids else []
        more = members[limit - 1] if len(members) > limit else None
        return Page([orjson.loads(one) for one in raw if one], more)

    def _rulings(self, webinar_id: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        wanted = list(ids)
        if not wanted:
            return []
        said: Any = self._redis.hmget(self._view.key("rulings", webinar_id), wanted)
        gone: Any = self._redis.hmget(self._view.key("withdrawn", webinar_id), wanted)
        found = [
            {**orjson.loads(raw), "withdrawn_by": by.decode() if by else None}
            for raw, by in zip(said, gone, strict=True)
            if raw
        ]
        return sorted(found, key=lambda r: (r["made_at"], r["ruling_id"]))
