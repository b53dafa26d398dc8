"""One webinar of an hour on a running system, and what an operator does about it."""

import hmac
import time
from typing import Any

import httpx
import orjson

from deploy.simulator.setup import CLOCKS_HELD
from deploy.simulator.system import System
from shared.keys import participant_id_of
from tests.support.flow import GRACE, RETRY, Running
from tests.support.zoom_events import T0, Room, iso, raw

HOUR = 3600
COLUMNS = "external_id,name,email,category,region_code,zoom_number,registrant_id"
MERGE = {"content-type": "application/merge-patch+json"}


class Operator:
    """One webinar of an hour, and what an operator does about it."""

    def __init__(self, system: Running, client: System, number: str, people: list[str],
                 **settings: Any) -> None:  # fmt: skip
        self.client, self._system, self.number = client, system, number
        self.room = Room(f"{number}-uuid==", number)
        programme = self._post(client.at.registration, "/v1/programmes", {
            "year": T0.year, "name": "Petugas (contoh)"})["id"]  # fmt: skip
        session = {"id": "s1", "start": iso(0), "end": iso(HOUR), "time_zone": "Asia/Jakarta",
                   "zoom": {"number": number, "kind": "meeting"}}  # fmt: skip
        body = {"programme_id": programme, "title": f"Webinar petugas {number}",
                "sessions": [session], **CLOCKS_HELD, **settings}  # fmt: skip
        self.id = self._post(client.at.registration, "/v1/webinars", body)["id"]
        rows = [f"{self.external(w)},Peserta Contoh,{w}{number}@contoh.example,public,15,{number},"
                f"_{w}{number}" for w in people]  # fmt: skip
        client.call("POST", f"{client.at.registration}/v1/webinars/{self.id}/participants:import",
                    content="\n".join([COLUMNS, *rows]), headers={"content-type": "text/csv"})  # fmt: skip

    def external(self, who: str) -> str:
        return f"{who}-{self.number}"

    def person(self, who: str) -> str:
        return participant_id_of(self.external(who))

    def _post(self, base: str, path: str, body: Any) -> Any:
        return self.client.call("POST", base + path, json=body).json()

    def said(self, path: str, body: Any, **more: Any) -> Any:
        """A command that must succeed."""
        url = f"{self.client.at.attendance}{path}"
        return self.client.call("POST", url, json=body, **more).json()

    def refused(self, path: str, body: Any, **more: str) -> tuple[int, str]:
        """(status, problem) of a command that is refused."""
        headers = {"authorization": f"Bearer {self._system.addresses.token}", **more}
        answer = httpx.post(
            self.client.at.attendance + path, json=body, headers=headers, trust_env=False
        )
        return answer.status_code, answer.json()["type"].removeprefix("urn:hadir:problem:")

    def got(self, path: str, **query: Any) -> Any:
        return self.client.call("GET", f"{self.client.at.attendance}{path}", params=query).json()

    def play(self, *events: dict[str, Any]) -> None:
        """Webhooks as Zoom sends them; then the clocks run, and all of it is worked off."""
        secret = self._system.card["zoom_secret"].encode()
        for event in events:
            body, stamp = raw(event), str(int(time.time()))
            signed = hmac.digest(secret, f"v0:{stamp}:".encode() + body, "sha256").hex()
            headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": "v0=" + signed}
            url = self._system.card["gateway"] + "/v1/zoom/webhooks"
            assert httpx.post(url, content=body, headers=headers, trust_env=False).is_success
        change = orjson.dumps({"grace_seconds": GRACE, "retry_window_seconds": RETRY})
        at = f"{self.client.at.registration}/v1/webinars/{self.id}"
        self.client.call("PATCH", at, content=change, headers=MERGE)
        self.settled()

    def settled(self) -> None:
        """Until all that was said is worked off. An open case may keep people provisional."""
        until = time.monotonic() + 60
        while True:
            found = self.client.progress(self.id)
            awaited = found["lag"] or found["pending_clocks"]
            if not awaited and found["decisions"] == found["enrolled"]:
                return
            assert time.monotonic() < until, found
            time.sleep(0.2)

    def wait_certified(self, *people: str) -> None:
        """Until these, and nobody else, hold a certificate, and everything is final."""
        self.client.wait_settled(self.id, 60)
        assert self.certified() == {self.person(who) for who in people}

    def decision(self, who: str) -> Any:
        return self.got(f"/v1/webinars/{self.id}/attendance/{self.person(who)}")

    def certified(self) -> set[str]:
        """Who holds a certificate that is valid."""
        people = {c["participant_id"]: c["status"] for c in self.client.certificates(self.id)}
        return {p for p, status in people.items() if status == "issued"}
