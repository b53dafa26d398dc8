"""Which partitions of the webhooks topic need a delivery."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from services.attendance.domain.webhook import Other, Participant, Webhook, parse

_PARTICIPANTS = frozenset(
    f"{family}.participant_{kind}"
    for family in ("meeting", "webinar")
    for kind in ("joined", "left")
)


class One(NamedTuple):
    """To the one partition of this key."""

    key: bytes


class Every(Enum):
    """To every partition: a meeting's life, and what cannot yet be tied to one connection."""

    EVERY = "every"


EVERY = Every.EVERY
Route = One | Every


def routing(webhook: Webhook) -> Route:
    """Where it must go so that each connection's events meet in one place (rule I1).

    Events that cannot yet be tied to a connection go everywhere: whoever holds a related connection
    adopts them.
    """
    if type(webhook) is Participant:
        if webhook.participant_uuid and not webhook.phone_number:
            return One(f"{webhook.meeting_uuid}|{webhook.participant_uuid}".encode())
        return EVERY
    if type(webhook) is Other:
        return One(f"{webhook.meeting_uuid}|{webhook.event}".encode())
    return EVERY


def route(body: Mapping[str, Any]) -> Route:
    """`routing(parse(body))`, reading only what says where a join or leave must go.

    The gateway needs no more of the hottest events; the worker, which parses them whole, sets aside
    what turns out to be malformed.

    Raises:
        Malformed: it is not shaped as a webhook.
    """
    try:
        if body["event"] in _PARTICIPANTS:
            meeting = body["payload"]["object"]
            who = meeting["participant"]
            uuid, connection = meeting["uuid"], who["participant_uuid"]
            named = type(uuid) is str and type(connection) is str and uuid and connection
            if named and who.get("phone_number") in {None, ""}:
                return One(f"{uuid}|{connection}".encode())
    except (KeyError, TypeError, AttributeError):
        pass  # an unusual one: it is read whole
    return routing(parse(body))
