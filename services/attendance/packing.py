"""What the stages know of a connection, a person or a decision, as bytes and back (`PackedMap`)."""

from collections.abc import Iterable
from typing import Any

import orjson

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.connections import Known, Seen
from services.attendance.domain.facts import ClockPassed
from services.attendance.domain.identity import Identifiers


def dumps(value: Any) -> bytes:
    """JSON of plain values, tuples of any kind and sets (in order). Copied, for orjson's own bytes
    keep the room of their buffer; in two parts, since a whole is no copy."""
    raw = orjson.dumps(value, default=_plain)
    return raw[:-1] + raw[-1:]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


def tuples(rows: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Lists of lists, as JSON has them, as the tuples that they were."""
    return tuple([tuple(row) for row in rows])


def identifiers(told: list[Any]) -> Identifiers:
    """As they were."""
    registrants, emails, customers, zoom_ids, host = told
    return Identifiers(
        tuple(registrants), tuple(emails), tuple(customers), tuple(zoom_ids), bool(host)
    )


def pack_known(known: Known) -> bytes:
    """A connection that has a participant_uuid; its key says which."""
    return dumps((len(known.meeting_uuid), known.number, known.facts, tuple(known.identifiers),
                  known.ip_tags, known.phone))  # fmt: skip


def unpack_known(key: str, raw: bytes) -> Known:
    """The connection."""
    length, number, facts, who, ip_tags, phone = orjson.loads(raw)
    known = Known(key[:length], key[length + 1 :], key=key)
    known.number, known.phone = number, phone
    known.facts = tuples(facts)
    known.identifiers, known.ip_tags = identifiers(who), tuple(ip_tags)
    return known


def meeting_of(key: str, raw: bytes) -> str:
    """The meeting uuid of a packed connection. A million at a restart, so only its beginning is read."""
    return key[: int(raw[1 : raw.index(b",")])]


def leg_row(leg: Known) -> tuple[Any, ...]:
    """What another partition told of a connection, as a row."""
    return (leg.meeting_uuid, leg.participant_uuid, leg.key, leg.number, leg.phone, leg.facts,
            leg.identifiers)  # fmt: skip


def leg_of(row: list[Any]) -> Known:
    """The connection again."""
    uuid, participant_uuid, key, number, phone, facts, who = row
    leg = Known(uuid, participant_uuid)
    leg.key, leg.number, leg.phone = key, number, phone
    leg.facts, leg.identifiers = tuples(facts), identifiers(who)
    return leg


def seen_of(row: list[Any]) -> Seen:
    """A join or leave that names no connection, from its row."""
    uuid, number, participant_uuid, fact, who, ip_tag, phone = row
    return Seen(uuid, number, participant_uuid, tuple(fact), identifiers(who), ip_tag, phone)


def clock_of(row: list[Any]) -> ClockPassed:
    """A clock, from its row."""
    webinar_id, session_id, official_end, kind = row
    return ClockPassed(webinar_id, session_id, official_end, ClockKind(kind))
