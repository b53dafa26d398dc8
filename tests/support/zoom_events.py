"""Zoom's webhooks by hand, in the shapes of its documentation and with the emptiness of real ones.

Seconds are counted from `T0`; fields that Zoom fills but nobody needs are there all the same.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import orjson

T0 = datetime(2008, 3, 4, 2, 0, 0, tzinfo=UTC)
"""09.00 in Jakarta; a year that no other test counts in."""
Body = dict[str, Any]


def iso(second: float) -> str:
    """RFC 3339 of a second after T0; a fraction is written as Zoom would."""
    at = T0 + timedelta(seconds=second)
    whole = at.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at.microsecond // 1000:03d}Z" if at.microsecond else f"{whole}Z"


def millis(second: float) -> int:
    """`event_ts` of a second after T0."""
    return int((T0.timestamp() + second) * 1000)


class Room(NamedTuple):
    """One meeting uuid of a number."""

    uuid: str
    number: str
    kind: Literal["meeting", "webinar"] = "meeting"
    opened: float = -600

    def event(self, name: str, at: float, /, *, number: Any = None, **fields: Any) -> Body:
        """Any event of this uuid; `fields` are the object's own."""
        thing = {
            "uuid": self.uuid, "id": self.number if number is None else number, "host_id": "h1",
            "topic": "Pelatihan HAM – “Setara” 🤝", "type": 8 if self.kind == "meeting" else 9,
            "start_time": iso(self.opened), "timezone": "Asia/Jakarta", "duration": 60, **fields,
        }  # fmt: skip
        return {
            "event": f"{self.kind}.{name}", "event_ts": millis(at),
            "payload": {"account_id": "A1", "object": thing},
        }  # fmt: skip

    def started(self, at: float) -> Body:
        """The uuid began."""
        return self.event("started", at, start_time=iso(at))

    def ended(self, at: float, practice: bool | None = None) -> Body:
        """The uuid ended; `practice` as webinars say it. It is told 21 s later."""
        said = {} if practice is None else {"practice_session": practice}
        return self.event("ended", at + 21, end_time=iso(at), **said)

    def joined(self, at: float, user: Any, connection: str = "", /, **who: Any) -> Body:
        """Somebody came in; `who` are the participant's own fields."""
        return self.seen("joined", "join_time", at, user, connection, who)

    def left(self, at: float, user: Any, connection: str = "", /, **who: Any) -> Body:
        """Somebody went; as most leaves, it does not say who, unless `who` does."""
        reason = "Peserta left the meeting.<br>Reason: Left the meeting."
        who = {"leave_reason": reason, "private_ip": "10.0.0.7", **who}
        return self.seen("left", "leave_time", at, user, connection, who)

    def seen(
        self, kind: str, time: str, at: float, user: Any, connection: str, who: dict[str, Any]
    ) -> Body:
        """A join or leave with all of a participant's fields."""
        person = {
            "user_id": user, "user_name": "DINAS_Peserta", "id": "",
            "participant_uuid": connection, time: iso(at), "email": "", "registrant_id": "",
            "participant_user_id": "", "public_ip": "203.0.113.7", **who,
        }  # fmt: skip
        return self.event(f"participant_{kind}", at + 0.7, participant=person)

    def aside(self, name: str, at: float, user: str, connection: str, /, **who: Any) -> Body:
        """An event about somebody that is no evidence, with `date_time`."""
        person = {
            "user_id": user, "user_name": "DINAS_Peserta", "id": "", "participant_uuid": connection,
            "date_time": iso(at), "email": "", "phone_number": "", "participant_user_id": "",
            "customer_key": "", "registrant_id": "", **who,
        }  # fmt: skip
        return self.event(f"participant_{name}", at + 0.7, participant=person)

    def breakout(
        self, kind: Literal["joined", "left"], at: float, parent: str, connection: str
    ) -> Body:
        """Into or out of a breakout room: the user_id has the time glued on."""
        time = "join_time" if kind == "joined" else "leave_time"
        glued = f"{parent}{iso(at)[:10]} {iso(at)[11:19]}:000"
        person = {
            "user_id": glued, "parent_user_id": parent, "user_name": "Peserta", "id": "",
            "participant_uuid": connection, time: iso(at), "email": "", "registrant_id": "",
            "participant_user_id": "", "phone_number": "", "customer_key": "",
        }  # fmt: skip
        return self.event(
            f"participant_{kind}_breakout_room", at + 0.7,
            breakout_room_uuid="FkQbpP2UR028mDrwzEahqw==", participant=person,
        )  # fmt: skip

    def bind(self, at: float, phone: str, app: str, /, time: str = "join_time", **who: Any) -> Body:
        """A phone leg is told to be an app leg's."""
        person = {"user_id": phone, "bind_user_id": app, "phone_number": "62***01",
                  time: iso(at), **who}  # fmt: skip
        return self.event("participant_bind", at + 0.7, participant=person)

    def registration(self, what: str, at: float, registrant: str, email: str) -> Body:
        """A registration event: the number is a number here."""
        person = {
            "id": registrant, "first_name": "Sékar", "last_name": "Contoh", "email": email,
            "custom_questions": [{"title": "NIP", "value": ""}], "status": "approved",
            "join_url": f"https://zoom.example/w/{registrant}",
        }  # fmt: skip
        return self.event(
            f"registration_{what}", at, number=int(self.number), registrant=person,
            occurrences=[{"occurrence_id": "1562875200000", "start_time": iso(0)}],
        )  # fmt: skip


def raw(body: Body) -> bytes:
    """As it is sent."""
    return orjson.dumps(body)
