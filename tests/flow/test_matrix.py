"""The running system equals the brute force: seeds × orders of arrival, as webinars side by side."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from deploy.simulator.play import Pace, Player
from deploy.simulator.setup import CLOCKS_HELD
from deploy.simulator.stream import Scan, Webhook
from deploy.simulator.system import System
from shared.keys import participant_id_of
from tests.support.flow import GRACE, RETRY, Running
from tests.support.matrix import ORDERS, Case, Person, case_of

YEAR = 2011
MERGE = {"content-type": "application/merge-patch+json"}
COLUMNS = "external_id,name,email,category,region_code,zoom_number,registrant_id"
SEEDS, PEOPLE = (300, 301), 30
SOAK = range(400, 400 + int(os.environ.get("HADIR_SEEDS", "20")))


class Stream:
    """A case's deliveries in one order, then its scans, as the player takes them."""

    def __init__(self, case: Case, order: str) -> None:
        self._bodies, self._scans = case.deliveries(order), case.scans

    def __iter__(self) -> Iterator[Webhook | Scan]:
        for n, body in enumerate(self._bodies):
            yield Webhook(n, f"matrix_{n}", body, False)
        yield from self._scans


class Played:
    """One case in one order on the running system."""

    def __init__(self, client: System, case: Case, order: str) -> None:
        self._client, self.case, self.order = client, case, order
        self._at = f"{client.at.registration}/v1/webinars"

    def run(self, programme_id: str) -> list[Any]:
        """Everything is sent; what differs from the brute force when it has settled."""
        first = {**self.case.webinar, **CLOCKS_HELD, "programme_id": programme_id,
                 "sessions": self.case.sessions_at_first()}  # fmt: skip
        self.webinar_id = self._client.call("POST", self._at, json=first).json()["id"]
        self._enrol([p for p in self.case.people if not p.late])
        target = self._client.at.target(self.webinar_id)
        report = asyncio.run(
            Player(target, Pace(connections=8)).play(Stream(self.case, self.order))
        )
        assert (
            report.webhooks_accepted
            == report.webhooks_sent
            == len(self.case.deliveries(self.order))
        )
        assert report.scans_otherwise.keys() <= {"parked"}  # of who is enrolled later
        self._change(sessions=self.case.webinar["sessions"])
        self._enrol([p for p in self.case.people if p.late])
        self._change(grace_seconds=GRACE, retry_window_seconds=RETRY)
        return self._settled()

    def _enrol(self, people: list[Person]) -> None:
        rows = [
            f"{p.external_id},Peserta Contoh,{p.email},public,15,{number},{registrant}"
            for p in people
            for number, registrant in p.links
        ]
        at = f"{self._at}/{self.webinar_id}"
        self._client.call("POST", f"{at}/participants:import", content="\n".join([COLUMNS, *rows]),
                          headers={"content-type": "text/csv"})  # fmt: skip
        for person in people:
            if person.cancelled:
                who = participant_id_of(person.external_id)
                self._client.call(
                    "POST", f"{at}/enrolments/{who}:cancel", json={"reason": "contoh"}
                )

    def _change(self, **what: Any) -> None:
        at = f"{self._at}/{self.webinar_id}"
        self._client.call("PATCH", at, content=orjson.dumps(what), headers=MERGE)

    def _settled(self) -> list[Any]:
        until, wrong = time.monotonic() + 60 + len(self.case.people) / 2, list[Any]()
        while time.monotonic() < until:
            wrong = self.case.differences(self._found())
            if not wrong:
                return wrong
            time.sleep(1)
        return wrong

    def _found(self) -> dict[str, tuple[Any, ...]]:
        names = ("verdict", "present_seconds", "base_seconds", "required_seconds")
        return {
            participant_id_of(item["external_id"]): tuple(item.get(name) for name in names)
            for item in self._client.attendance(self.webinar_id)
        }


def check(system: Running, seeds: Any, people: int) -> None:
    """Every seed in every order at once."""
    cases = [case_of(seed, people, YEAR) for seed in seeds]
    with System(system.addresses) as client, ThreadPoolExecutor(len(ORDERS)) as pool:
        at = f"{client.at.registration}/v1/programmes"
        said = {"year": YEAR, "name": "Matriks (contoh)"}
        programme_id = client.call("POST", at, json=said).json()["id"]
        played = [
            Played(client, case.elsewhere(n), order)
            for case in cases
            for n, order in enumerate(ORDERS)
        ]
        wrong = list(pool.map(lambda one: one.run(programme_id), played))
    assert [(one.order, w[:3]) for one, w in zip(played, wrong, strict=True) if w] == []


def test_every_verdict_and_second_is_the_brute_force_in_every_order(system: Running) -> None:
    check(system, SEEDS, PEOPLE)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", SOAK)
def test_twenty_seeds_of_500_people_side_by_side(system: Running, seed: int) -> None:
    check(system, [seed], 500)
