"""A running system as its clients see it: only the public HTTP interfaces, one bearer token."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from deploy.simulator import setup
from deploy.simulator.delivery import World
from deploy.simulator.people import csv_text, digest
from deploy.simulator.play import Target

PEOPLE_AT_ONCE = 2500
"""Well under the 10,000 rows from which an import is answered later."""
PAGE = 1000
PATIENCE = 60.0


class RefusedBySystem(Exception):
    """An interface answered something else than the contract says; the text tells what."""


@dataclass(frozen=True)
class Addresses:
    """Base URLs, secret and token, as `hadir up --json` writes them."""

    gateway: str
    registration: str
    attendance: str
    certificates: str
    reporting: str
    zoom_secret: str
    token: str

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Addresses":
        """From the card; further keys are left alone."""
        return cls(**{name: card[name] for name in cls.__dataclass_fields__})

    def target(self, webinar_id: str) -> Target:
        """Where a player sends this webinar."""
        return Target(self.gateway, self.zoom_secret, self.attendance, self.token, webinar_id)


class System:
    """Calls the interfaces; 503 and lost connections are tried again for a minute."""

    def __init__(self, addresses: Addresses, timeout: float = 60.0) -> None:
        self.at = addresses
        headers = {"authorization": f"Bearer {addresses.token}"}
        self._http = httpx.Client(headers=headers, timeout=timeout, trust_env=False)

    def __enter__(self) -> "System":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One call that must succeed.

        Raises:
            RefusedBySystem: the answer is an error.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._http.request(method, url, **options)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)
                continue
            if answer.status_code != 503 or time.monotonic() > until:
                break
            time.sleep(min(2.0, float(answer.headers.get("retry-after", "1"))))
        if answer.is_error:
            path = urlsplit(url).path
            raise RefusedBySystem(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer

    # --- setting up -------------------------------------------------------------------------

    def create_programme(self, world: World) -> str:
        """The scenario's programme with the example quotas of 38 provinces; its id."""
        url = f"{self.at.registration}/v1/programmes"
        body = setup.programme_body(world)
        key = digest("programme", body["year"]).hex()
        made = self.call("POST", url, json=body, headers={"idempotency-key": key})
        programme_id = _id(made.json(), "programme_id")
        self.call("PUT", f"{url}/{programme_id}/quotas", json=setup.quotas_body())
        return programme_id

    def create_webinar(self, world: World, programme_id: str) -> str:
        """The scenario's webinar; its id. Its clocks stand still until `start_clocks`."""
        body = setup.webinar_body(world, programme_id) | setup.CLOCKS_HELD
        url = f"{self.at.registration}/v1/webinars"
        return _id(self.call("POST", url, json=body).json(), "webinar_id")

    def start_clocks(self, world: World, webinar_id: str) -> None:
        """The clocks as the scenario has them: call it when everything was sent.

        A webinar of the past is over before its first webhook comes, so its clocks would pass at
        once, and people would be decided on while they are still coming in.
        """
        url = f"{self.at.registration}/v1/webinars/{webinar_id}"
        headers = {"content-type": "application/merge-patch+json"}
        body = orjson.dumps(setup.clocks(world.scenario))
        self.call("PATCH", url, content=body, headers=headers)

    def import_people(
        self, world: World, webinar_id: str, observer: Callable[[int], None] | None = None
    ) -> None:
        """Everybody of the scenario, by CSV, some thousands at a time.

        Raises:
            RefusedBySystem: a row was rejected.
        """
        url = f"{self.at.registration}/v1/webinars/{webinar_id}/participants:import"
        people = world.scenario.participants
        for first in range(0, people, PEOPLE_AT_ONCE):
            last = min(people, first + PEOPLE_AT_ONCE)
            text = csv_text(world.scenario, first, last)
            headers = {"content-type": "text/csv; charset=utf-8"}
            answer = self.call("POST", url, content=text.encode(), headers=headers).json()
            if answer["rejected"]:
                raise RefusedBySystem(f"the import rejected {answer['rejected'][:3]}")
            if observer is not None:
                observer(last)

    # --- reading ----------------------------------------------------------------------------

    def progress(self, webinar_id: str) -> dict[str, Any]:
        """How far a webinar is (contract: Settled)."""
        url = f"{self.at.attendance}/v1/webinars/{webinar_id}/progress"
        found: dict[str, Any] = self.call("GET", url).json()
        return found

    def wait_settled(
        self,
        webinar_id: str,
        timeout: float = 120.0,
        observer: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Until nothing that is known is still under way.

        Raises:
            TimeoutError: it is not settled in time; the text holds the last progress.
        """
        until = time.monotonic() + timeout
        while True:
            found = self.progress(webinar_id)
            if observer is not None:
                observer(found)
            if found["settled"]:
                return found
            if time.monotonic() > until:
                raise TimeoutError(f"not settled within {timeout:.0f} s: {found}")
            time.sleep(0.25)

    def attendance(self, webinar_id: str) -> Iterator[dict[str, Any]]:
        """Every person's decision, flat: the decision's fields and `external_id`."""
        url = f"{self.at.attendance}/v1/webinars/{webinar_id}/attendance"
        for item in self._pages(url, {}):
            yield {**item, **(item.get("decision") or {})}

    def certificates(self, webinar_id: str) -> Iterator[dict[str, Any]]:
        """Every certificate of a webinar."""
        url = f"{self.at.certificates}/v1/webinars/{webinar_id}/certificates"
        yield from self._pages(url, {})

    def quotas(self, year: int) -> list[dict[str, Any]]:
        """All quota cells of a year."""
        return list(self._pages(f"{self.at.reporting}/v1/quotas", {"year": str(year)}))

    def _pages(self, url: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            answer = self.call("GET", url, params={**query, **more, "limit": str(PAGE)})
            body = answer.json()
            yield from body["items"]
            cursor = body.get("next")


def _id(body: Mapping[str, Any], name: str) -> str:
    return str(body.get("id") or body[name])
