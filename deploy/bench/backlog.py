"""The backlog of the step's benchmark: one webinar, its people, their webhooks in order of time, and
what is true of each person by construction.

Most people come early and stay, with one connection. Every tenth changes the device in the middle
of the webinar: two connections, whose webhooks lie in different partitions, and only both together
reach the rule's share. Every fifth leaves too early.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from shared.batch import frame
from shared.crypto import identity_hmac
from shared.events.registration import EnrolledV1, Link, SessionV1, WebinarSetV1, ZoomRoom
from shared.keys import home_of, participant_id_of

IDENTITY_KEY = b"k" * 32
WEBINAR = "5d0f6f0e-52a5-5c44-9e0c-0a1f0f4b7a11"
NUMBER, MEETING = "93201235621", "/bench//c+d=="
START = 1_769_997_600  # 2026-02-02T02:00:00Z
LENGTH = 7_200
REQUIRED = LENGTH * 8 // 10
HELD = 1_000_000_000
"""Seconds: clocks of the first version of the webinar, so that none passes before its webhooks."""
PER_RECORD = 100
Visit = tuple[int, int]
"""(join, leave)"""


class Webhook(NamedTuple):
    """One delivery: when it happened, its partition key, its bytes."""

    at: int
    key: bytes
    body: bytes


class Outcome(NamedTuple):
    """What a decision must say."""

    verdict: str
    present_seconds: int


def visits(n: int) -> list[Visit]:
    """The connections of person `n`, in order."""
    early, late = START - 600 + n % 540, START + LENGTH - 300 + n % 600
    if n % 10 == 0:
        half = START + 3_600 + n % 60
        return [(early, half), (half + 20, late)]
    return [(early, START + 4_800 + n % 300 if n % 5 == 1 else late)]


def outcome(n: int) -> Outcome:
    """What is true of person `n`."""
    clipped = ((max(a, START), min(b, START + LENGTH)) for a, b in visits(n))
    present = sum(b - a for a, b in clipped)
    return Outcome("eligible" if present >= REQUIRED else "not_eligible", present)


def webinar(version: int, clocks: int) -> WebinarSetV1:
    """The webinar; `clocks`: seconds until its clocks pass."""
    session = SessionV1(id="s1", start=_iso(START), end=_iso(START + LENGTH),
                        zoom=ZoomRoom(number=NUMBER))  # fmt: skip
    return WebinarSetV1(webinar_id=WEBINAR, version=version, programme_id=WEBINAR, year=2026,
                        title="Bench", sessions=(session,), grace_seconds=clocks,
                        retry_window_seconds=clocks)  # fmt: skip


def enrolment(n: int) -> EnrolledV1:
    """Person `n`, known by link and e-mail address."""
    return EnrolledV1(
        webinar_id=WEBINAR, participant_id=participant(n), external_id=str(n), version=1, year=2026,
        region_code="15", category="asn", email_hmac=identity_hmac(IDENTITY_KEY, _email(n)),
        links=(Link(zoom_number=NUMBER, registrant_id=_registrant(n)),),
    )  # fmt: skip


def participant(n: int) -> str:
    """The id of person `n`."""
    return participant_id_of(str(n))


def count(people: int) -> int:
    """How many joins and leaves the first so many people have."""
    return sum(2 * len(visits(n)) for n in range(people))


def webhooks(first: int, last: int) -> list[Webhook]:
    """All joins and leaves of people `first` ≤ n < `last`, in order of time."""
    found = (one for n in range(first, last) for one in _of_person(n))
    return sorted(found, key=lambda one: one.at)


def _of_person(n: int) -> Iterator[Webhook]:
    for place, (join, leave) in enumerate(visits(n)):
        connection = str(UUID(int=n * 2 + place)).upper()
        key = f"{MEETING}|{connection}".encode()
        user_id = str(16_778_240 + n * 2 + place)
        yield Webhook(join, key, _body(n, "joined", connection, user_id, join))
        yield Webhook(leave, key, _body(n, "left", connection, user_id, leave))


def _body(n: int, kind: str, connection: str, user_id: str, at: int) -> bytes:
    """As Zoom sends it, 600 bytes or so."""
    who: dict[str, object] = {
        "user_id": user_id, "user_name": "Dinas_Peserta", "id": "", "participant_uuid": connection,
        "email": _email(n), "registrant_id": _registrant(n), "participant_user_id": "",
        "join_time" if kind == "joined" else "leave_time": _iso(at), "public_ip": "203.0.113.7",
    }  # fmt: skip
    meeting = {
        "uuid": MEETING, "id": NUMBER, "host_id": "h1", "topic": "Pelatihan ASN", "type": 5,
        "start_time": _iso(START), "timezone": "Asia/Jakarta", "duration": 120, "participant": who,
    }  # fmt: skip
    return orjson.dumps({"event": f"webinar.participant_{kind}", "event_ts": at * 1000 + 512,
                         "payload": {"account_id": "A1", "object": meeting}})  # fmt: skip


def lifecycle(kind: str, at: int) -> bytes:
    """The meeting started or ended."""
    field = "start_time" if kind == "started" else "end_time"
    meeting = {"uuid": MEETING, "id": NUMBER, "host_id": "h1", "type": 5, field: _iso(at)}
    return orjson.dumps({"event": f"webinar.{kind}", "event_ts": at * 1000,
                         "payload": {"account_id": "A1", "object": meeting}})  # fmt: skip


class Records:
    """Record values with their partitions, as the gateway groups webhooks."""

    def __init__(self, partitions: int, per_record: int = PER_RECORD) -> None:
        self._partitions, self._per_record = partitions, per_record
        self._waiting: dict[int, list[bytes]] = {}
        self.made: list[tuple[int, bytes]] = []

    def add(self, webhooks: list[Webhook]) -> None:
        """Each to the partition of its connection."""
        for one in webhooks:
            self._put(home_of(one.key, self._partitions), one.key.decode(), one.at, one.body)

    def everywhere(self, body: bytes, at: int) -> None:
        """What concerns a meeting goes to every partition."""
        for partition in range(self._partitions):
            self._put(partition, MEETING, at, body)

    def _put(self, partition: int, key: str, at: int, body: bytes) -> None:
        header = {"received_ms": at * 1000 + 900, "key": key, "ce_type": "us.zoom.webhook.v0"}
        waiting = self._waiting.setdefault(partition, [])
        waiting.append(frame(orjson.dumps(header), body))
        if len(waiting) >= self._per_record:
            self.made.append((partition, b"".join(self._waiting.pop(partition))))

    def done(self) -> list[tuple[int, bytes]]:
        """All records, the last ones shorter."""
        self.made += [(place, b"".join(frames)) for place, frames in self._waiting.items()]
        self._waiting.clear()
        return self.made


def _email(n: int) -> str:
    return f"peserta-{n}@contoh.example"


def _registrant(n: int) -> str:
    return f"bench-{n:016d}"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
