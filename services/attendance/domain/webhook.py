"""Zoom's deliveries: what does one say. A hot path: no model library, one pass over the decoded body."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

Family = Literal["meeting", "webinar"]


class Malformed(ValueError):
    """A body that is no webhook: the message says what is wrong, without any personal data."""


class Participant(NamedTuple):
    """Somebody joined or left. Absent texts are ''. `zoom_id` is a Zoom account's id."""

    kind: Literal["joined", "left"]
    family: Family
    meeting_uuid: str
    number: str
    host_id: str
    user_id: str
    participant_uuid: str
    at: int
    registrant_id: str
    email: str
    customer_key: str
    zoom_id: str
    participant_user_id: str
    phone_number: bool
    public_ip: str
    event_ts: int


class Lifecycle(NamedTuple):
    """A meeting uuid started or ended; `practice_session`: only its rehearsal did (rule I9)."""

    kind: Literal["started", "ended"]
    family: Family
    meeting_uuid: str
    number: str
    host_id: str
    at: int
    practice_session: bool
    event_ts: int


class Bound(NamedTuple):
    """A phone leg and an app leg belong together (rule W3)."""

    meeting_uuid: str
    number: str
    user_id: str
    bind_user_id: str
    participant_uuid: str
    bind_participant_uuid: str
    at: int


class Other(NamedTuple):
    """A valid event that is no evidence of presence (rule F3): kept and counted as such."""

    event: str
    meeting_uuid: str
    number: str
    event_ts: int


Webhook = Participant | Lifecycle | Bound | Other


def parse(body: Mapping[str, Any]) -> Webhook:
    """What a decoded body says.

    Raises:
        Malformed: it is not shaped as a webhook, or an event that is evidence lacks its time or
            what it is about.
    """
    event = body.get("event")
    if not isinstance(event, str) or not event:
        raise Malformed("event is missing")
    event_ts = body.get("event_ts")
    if type(event_ts) is not int:
        event_ts = 0
    build = _BUILDERS.get(event)
    if build is None:
        return _other(body, event, event_ts)
    meeting = _mapping(_mapping(body.get("payload"), "payload").get("object"), "payload.object")
    uuid = meeting.get("uuid")
    if not isinstance(uuid, str) or not uuid:
        raise Malformed("payload.object.uuid is missing")
    return build(meeting, uuid, event_ts)


def _participant(
    kind: Literal["joined", "left"], family: Family, field: str
) -> Callable[[Mapping[str, Any], str, int], Webhook]:
    def build(meeting: Mapping[str, Any], uuid: str, event_ts: int) -> Participant:
        who = _mapping(meeting.get("participant"), "payload.object.participant")
        get = who.get
        user_id = _text(get("user_id"))
        connection = _text(get("participant_uuid"))
        if not user_id and not connection:
            raise Malformed("participant has neither user_id nor participant_uuid")
        return Participant(
            kind,
            family,
            uuid,
            _text(meeting.get("id")),
            _text(meeting.get("host_id")),
            user_id,
            connection,
            _at(get(field), event_ts),
            _text(get("registrant_id")),
            _text(get("email")),
            _text(get("customer_key")),
            _text(get("id")),
            _text(get("participant_user_id")),
            bool(_text(get("phone_number"))),
            _text(get("public_ip")),
            event_ts,
        )

    return build


def _lifecycle(
    kind: Literal["started", "ended"], family: Family, field: str
) -> Callable[[Mapping[str, Any], str, int], Webhook]:
    def build(meeting: Mapping[str, Any], uuid: str, event_ts: int) -> Lifecycle:
        return Lifecycle(
            kind,
            family,
            uuid,
            _text(meeting.get("id")),
            _text(meeting.get("host_id")),
            _at(meeting.get(field), event_ts),
            meeting.get("practice_session") is True,
            event_ts,
        )

    return build


def _bound(meeting: Mapping[str, Any], uuid: str, event_ts: int) -> Bound:
    get = _mapping(meeting.get("participant"), "payload.object.participant").get
    ids = (
        _text(get("user_id")),
        _text(get("bind_user_id")),
        _text(get("participant_uuid")),
        _text(get("bind_participant_uuid")),
    )
    if not (ids[0] or ids[2]) or not (ids[1] or ids[3]):
        raise Malformed("participant_bind does not name two legs")
    at = _at(get("join_time") or get("date_time"), event_ts)
    return Bound(uuid, _text(meeting.get("id")), *ids, at)


def _other(body: Mapping[str, Any], event: str, event_ts: int) -> Other:
    payload = body.get("payload")
    meeting = payload.get("object") if isinstance(payload, Mapping) else None
    if not isinstance(meeting, Mapping):
        return Other(event, "", "", event_ts)
    uuid, number = meeting.get("uuid"), meeting.get("id")
    return Other(
        event,
        uuid if isinstance(uuid, str) else "",
        str(number) if isinstance(number, str | int) else "",
        event_ts,
    )


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if type(value) is dict or isinstance(value, Mapping):
        return value
    raise Malformed(f"{name} is missing")


def _text(value: object) -> str:
    """An id as text: Zoom sends numbers as int or str, and nothing as null, '' or no field."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    raise Malformed("an identifier is neither text nor a whole number")


def _at(value: object, event_ts: int) -> int:
    """Epoch second of an ISO time, fractions cut; of `event_ts` only where the field is missing."""
    if type(value) is str and value:
        return _seconds(value)
    if value or event_ts <= 0:
        raise Malformed("the time of the event is missing or is no text")
    return event_ts // 1000


@lru_cache(maxsize=4_096)  # of a crowd that leaves, thousands do so in the same second
def _seconds(text: str) -> int:
    if text[10:11] not in {"T", " "}:
        raise Malformed("the time of the event is not ISO 8601")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("the time of the event is not ISO 8601") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _SECOND


_BUILDERS: dict[str, Callable[[Mapping[str, Any], str, int], Webhook]] = {
    "meeting.participant_joined": _participant("joined", "meeting", "join_time"),
    "meeting.participant_left": _participant("left", "meeting", "leave_time"),
    "webinar.participant_joined": _participant("joined", "webinar", "join_time"),
    "webinar.participant_left": _participant("left", "webinar", "leave_time"),
    "meeting.started": _lifecycle("started", "meeting", "start_time"),
    "meeting.ended": _lifecycle("ended", "meeting", "end_time"),
    "webinar.started": _lifecycle("started", "webinar", "start_time"),
    "webinar.ended": _lifecycle("ended", "webinar", "end_time"),
    "meeting.participant_bind": _bound,
    "webinar.participant_bind": _bound,
}
