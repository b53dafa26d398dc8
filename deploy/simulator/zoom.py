"""Happenings as the bytes that Zoom would send, and the headers with which it would send them."""

import hmac
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from deploy.simulator.delivery import FIRST, RESENT, Happening, World
from deploy.simulator.people import digest, host_id
from deploy.simulator.timetable import Life, Meeting

USER_AGENT = "Zoom Marketplace/1.0a"
_TYPE = {"meeting": 8, "webinar": 9}
_LEFT = "{} left the meeting.<br>Reason: Left the meeting."


@lru_cache(maxsize=65_536)
def iso(second: int) -> str:
    """RFC 3339 in UTC with a Z."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """`x-zm-signature` over the raw bytes."""
    return "v0=" + hmac.digest(secret, b"v0:%s:%s" % (timestamp.encode(), body), "sha256").hex()


def headers(secret: bytes, timestamp: int, request_id: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery; `timestamp` is in Unix seconds."""
    stamp = str(timestamp)
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": USER_AGENT,
        "x-zm-request-timestamp": stamp,
        "x-zm-signature": signature(secret, stamp, body),
        "x-zm-request-id": request_id,
    }


def request_id(world: World, actor: int, ordinal: int, copy: int = FIRST) -> str:
    """Stays the same over retries; another subscription's delivery has another."""
    which = FIRST if copy == RESENT else copy
    text = digest("request", world.scenario.seed, actor, ordinal, which).hex()
    return "_".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Renderer:
    """Renders the happenings of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.meetings = [self._object(m) for m in world.timetable.meetings]
        self.account = "A" + digest("account", world.scenario.seed, size=10).hex()

    def _object(self, meeting: Meeting) -> dict[str, Any]:
        session = self.world.timetable.sessions[meeting.session]
        return {
            "uuid": meeting.uuid,
            "id": meeting.number,
            "host_id": host_id(self.world.scenario),
            "topic": self.world.scenario.topic,
            "type": _TYPE[meeting.kind],
            "start_time": iso(meeting.opened),
            "timezone": "Asia/Jakarta",
            "duration": (session.end - session.start) // 60,
        }

    def _body(self, name: str, meeting: int, at_ms: int, thing: dict[str, Any]) -> bytes:
        family = self.world.timetable.meetings[meeting].kind
        payload = {"account_id": self.account, "object": thing}
        return orjson.dumps({"event": f"{family}.{name}", "event_ts": at_ms, "payload": payload})

    def life(self, life: Life) -> bytes:
        """`started` or `ended`."""
        thing = dict(self.meetings[life.meeting])
        if life.name == "started":
            thing["start_time"] = iso(life.at)
        else:
            thing["end_time"] = iso(life.at)
            if self.world.timetable.meetings[life.meeting].kind == "webinar":
                thing["practice_session"] = life.practice
        return self._body(life.name, life.meeting, life.at * 1000 + 120, thing)

    def happening(self, actor: int, happening: Happening) -> bytes:
        """Any event about a person."""
        thing = dict(self.meetings[happening.meeting])
        if happening.name.startswith("registration_"):
            thing["id"] = int(thing["id"])
            thing["registrant"] = self._registrant(actor, happening)
        else:
            thing["participant"] = self._participant(actor, happening)
        if happening.numeric:
            thing["id"] = int(thing["id"])
        if happening.room and "breakout" in happening.name:
            thing["breakout_room_uuid"] = digest(thing["uuid"], happening.room).hex()[:22] + "=="
        at_ms = happening.at * 1000 + (actor * 37) % 1000
        return self._body(happening.name, happening.meeting, at_ms, thing)

    def display_name(self, actor: int) -> str:
        """As organisers ask for it: agency, underscore, name; a guest uses somebody's name."""
        people = self.world.scenario.participants
        if actor >= people:
            return f"Tamu_{self.world.person(actor % people).name}"
        one = self.world.person(actor)
        return f"{one.agency}_{one.name}" if one.agency else one.name

    def _registrant(self, actor: int, happening: Happening) -> dict[str, Any]:
        first, _, last = self.world.person(actor).name.partition(" ")
        return {
            "id": happening.registrant,
            "first_name": first,
            "last_name": last,
            "email": happening.email,
            "status": "approved",
            "join_url": f"https://zoom.example/w/{happening.registrant}",
        }

    def _participant(self, actor: int, happening: Happening) -> dict[str, Any]:
        name, at = happening.name, iso(happening.at)
        if name == "participant_jbh_waiting":
            return {"id": "", "user_name": self.display_name(actor), "customer_key": ""}
        found: dict[str, Any] = {
            "user_id": int(happening.user) if happening.numeric else happening.user,
            "user_name": self.display_name(actor),
            "id": happening.account,
            "participant_uuid": happening.connection,
            "email": happening.email,
            "registrant_id": happening.registrant,
            "participant_user_id": happening.account,
        }
        address = f"203.0.113.{actor % 254 + 1}"
        if name == "participant_joined":
            return found | {"join_time": at, "public_ip": address, **_phone(happening)}
        if name == "participant_left":
            reason = _LEFT.format(found["user_name"])
            left = {"leave_time": at, "leave_reason": reason, "public_ip": address}
            return found | left | _phone(happening)
        if name == "participant_bind":
            bound = {"bind_user_id": happening.other, "phone_number": happening.room}
            return found | bound | {"join_time": at}
        if "breakout" in name:
            return found | _breakout(happening, at)
        if name == "participant_role_changed":
            return found | {"date_time": at, "old_role": "attendee", "new_role": "co-host"}
        return found | {"date_time": at, "phone_number": ""}


def _phone(happening: Happening) -> dict[str, str]:
    return {"phone_number": happening.other} if happening.other else {}


def _breakout(happening: Happening, at: str) -> dict[str, str]:
    """In breakout events the user_id has the time glued on; `parent_user_id` is the real one."""
    glued = f"{happening.other}{at[:10]} {at[11:19]}:000"
    time = "join_time" if "joined" in happening.name else "leave_time"
    return {"user_id": glued, "parent_user_id": happening.other, time: at, "customer_key": ""}


def scan_id(world: World, actor: int, ordinal: int) -> str:
    """A scan's own id, made by the scanner."""
    return str(UUID(bytes=digest("scan", world.scenario.seed, actor, ordinal)))
