"""A webinar that runs at this very moment: one join or leave at a time, as it happens."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from deploy.simulator.system import System
from deploy.simulator.zoom import headers, iso
from shared.keys import participant_id_of

HOUR = 3600


class WebinarNow:
    """One session from ten minutes ago to an hour from now, in a hall and on Zoom."""

    def __init__(self, system: System, people: int, *, tag: str, number: str) -> None:
        self._system, self._tag, self._number = system, tag, number
        self.start = int(time.time()) // 60 * 60 - 600
        self._uuid = f"/{tag}+now=="
        programme = system.call("POST", f"{system.at.registration}/v1/programmes",
                                json={"year": 2098, "name": "Live", "targets": {}},
                                headers={"idempotency-key": "live-programme"}).json()  # fmt: skip
        webinar = system.call("POST", f"{system.at.registration}/v1/webinars",
                              json=self._webinar(programme)).json()  # fmt: skip
        self.webinar_id = str(webinar.get("id") or webinar["webinar_id"])
        self._enrol(people)

    def _webinar(self, programme: dict[str, Any]) -> dict[str, Any]:
        session = {
            "id": "s1", "start": iso(self.start), "end": iso(self.start + HOUR + 600),
            "zoom": {"number": self._number, "kind": "webinar"},
            "hall": {"name": "Aula", "capacity": 100},
        }  # fmt: skip
        signatory = {"name": "Nama Pejabat", "title": "Direktur"}
        programme_id = programme.get("id") or programme["programme_id"]
        return {"programme_id": programme_id, "title": "Webinar langsung", "jp": 4,
                "signatory": signatory, "sessions": [session]}  # fmt: skip

    def _enrol(self, people: int) -> None:
        url = f"{self._system.at.registration}/v1/webinars/{self.webinar_id}/participants:import"
        head = "external_id,name,category,region_code,zoom_number,registrant_id"
        for first in range(0, people, 2_500):
            rows = [f"{self.external(n)},Peserta {n},public,{15 + n % 2},{self._number},{self.registrant(n)}"
                    for n in range(first, min(people, first + 2_500))]  # fmt: skip
            self._system.call("POST", url, content="\n".join([head, *rows]).encode(),
                              headers={"content-type": "text/csv"})  # fmt: skip

    def external(self, n: int) -> str:
        """The caller's id of person n."""
        return f"{self._tag}-{n}"

    def participant_id(self, n: int) -> str:
        """Our id of person n."""
        return participant_id_of(self.external(n))

    def registrant(self, n: int) -> str:
        """Person n's personal link."""
        return f"{self._tag}-r{n}"

    def event(self, kind: str, n: int, at: float, *, user: int = 0, device: int = 0) -> bytes:
        """The body of `joined` or `left` of person n (Zoom cuts its times to seconds)."""
        time_of = {"joined": "join_time", "left": "leave_time"}[kind]
        participant = {
            "user_id": str(16_778_240 + 10 * n + user), "user_name": "Peserta", "id": "",
            "participant_uuid": str(UUID(int=10 * n + device)).upper(), "email": "",
            "registrant_id": self.registrant(n), "participant_user_id": "", time_of: iso(int(at)),
        }  # fmt: skip
        meeting = {
            "uuid": self._uuid, "id": self._number, "host_id": "h1", "topic": "Webinar langsung",
            "type": 9, "start_time": iso(self.start), "timezone": "Asia/Jakarta", "duration": 70,
            "participant": participant,
        }  # fmt: skip
        payload = {"account_id": "A1", "object": meeting}
        return orjson.dumps({"event": f"webinar.participant_{kind}", "event_ts": int(at * 1000),
                             "payload": payload})  # fmt: skip

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers with which Zoom would send it now."""
        secret = self._system.at.zoom_secret.encode()
        return headers(secret, int(time.time()), f"{self._tag}_{hash(body)}", body)

    def send(self, kind: str, n: int, at: float, *, user: int = 0, device: int = 0) -> None:
        """One webhook."""
        body = self.event(kind, n, at, user=user, device=device)
        url = f"{self._system.at.gateway}/v1/zoom/webhooks"
        self._system.call("POST", url, content=body, headers=self.signed(body))

    def scan(self, kind: str, n: int, at: float) -> None:
        """One scan at the door."""
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        scan = {"scan_id": f"{self._tag}-{kind}-{n}-{int(at)}", "session_id": "s1", "kind": kind,
                "gate": "A", "time": moment, "participant_id": self.participant_id(n)}  # fmt: skip
        url = f"{self._system.at.attendance}/v1/webinars/{self.webinar_id}/check-ins"
        self._system.call("POST", url, json={"scans": [scan], "scanner": {"id": "p1"}})

    def live(self) -> dict[str, Any]:
        """The live figures."""
        url = f"{self._system.at.attendance}/v1/webinars/{self.webinar_id}/live"
        found: dict[str, Any] = self._system.call("GET", url).json()
        return found
