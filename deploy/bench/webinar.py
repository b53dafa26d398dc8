"""One national webinar through the whole line, and what it cost: the measuring behind `line`.

In order: everybody is imported; people come in and go as fast as the gateway accepts it; what a real
webinar does in the hours before its end (the line catches up) is awaited; then the meeting ends, all
leave, and the clocks are started. Seconds are counted from the answer to the last webhook until the
last decision is final, every certificate has its number and every quota cell its figures. Documents
come behind; their backlog and rate are read afterwards.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.bench.measure import cpu_seconds, peak_mib
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from deploy.simulator.compare import Findings, cells_of, compare_cells, compare_people
from deploy.simulator.play import Pace, Player, PlayReport
from deploy.simulator.prepared import Prepared, prepare
from deploy.simulator.scenario import PRESETS
from deploy.simulator.setup import programme_body
from deploy.simulator.stream import Scan, Webhook
from deploy.simulator.system import Addresses, System

Say = Callable[[str], None]
LAST_MINUTE = 61
POLL = 1.0
DOCUMENTS_FOR = 20.0
"""Seconds over which the rate of documents is measured."""
GAUGE_SECONDS = 3.0
"""The worker says every two seconds how many wait."""
STUCK = 300.0
"""Seconds without any progress after which a run fails."""
INFRASTRUCTURE = ("kafka", "store")


@dataclass
class Played:
    """What a run showed. Times in seconds, memory in MiB, `cpu` in seconds by process."""

    people: int
    webhooks: int = 0
    mismatches: int = 0
    phases: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    sender_cpu: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)
    disk_mib: float = 0.0
    documents_waiting: float = 0.0
    documents_a_second: float = 0.0

    @property
    def after_end(self) -> float:
        """Seconds from the last webhook to the last figure in place."""
        return self.phases["after the end"]

    @property
    def seconds(self) -> float:
        """From the first imported row to the last figure."""
        return sum(self.phases.values())

    @property
    def services_mib(self) -> float:
        """Peaks of our processes; broker and store are reported beside."""
        return sum(mib for name, mib in self.memory.items() if name not in INFRASTRUCTURE)


def run(people: int, say: Say, folder: Path | None = None) -> Played:
    """Play a webinar of so many people; raises TimeoutError when the line stands still."""
    start = (int(time.time()) // 86_400 - 1) * 86_400 + 2 * 3600
    scenario = PRESETS["national"](
        participants=people, start=start, grace_seconds=2, retry_window_seconds=4
    )
    with tempfile.TemporaryDirectory(dir=folder) as name:
        deliveries, data = Path(name, "deliveries"), Path(name, "data")
        deliveries.mkdir()
        world = prepare(scenario, deliveries, _now_and_then(say, "people prepared", people))
        with Stack(LocalSettings(data_dir=data, port_base=0)) as stack:
            return _Run(world, stack.describe(), data, say).played()


class _Run:
    def __init__(self, world: Prepared, card: dict[str, Any], data: Path, say: Say) -> None:
        self.world, self.card, self.data, self.say = world, card, data, say
        self.found = Played(world.scenario.participants)

    def played(self) -> Played:
        addresses = Addresses.of(self.card)
        before, own = self._cpu(), time.process_time()
        with System(addresses) as system:
            self._play(system, addresses)
            self.found.cpu = {name: at - before[name] for name, at in self._cpu().items()}
            self.found.sender_cpu = time.process_time() - own
            self._measure_documents()
            self._compare(system)
        self.found.memory = {n: peak_mib(e["pid"]) for n, e in self.card["processes"].items()}
        self.found.disk_mib = _disk_mib(self.data)
        return self.found

    def _play(self, system: System, addresses: Addresses) -> None:
        people, deliveries = self.found.people, self.world.deliveries
        cut = (self.world.timetable.meetings[-1].closed - LAST_MINUTE) * 1000
        with self._phase("import"):
            self.webinar = system.create_webinar(self.world, system.create_programme(self.world))
            observe = _now_and_then(self.say, "people imported", people)
            system.import_people(self.world, self.webinar, observe)
        with self._phase("import absorbed"):
            self._until(system, lambda p: p["lag"] == 0 and p["enrolled"] >= people)
        with self._phase("before the end"):
            self._send(addresses, deliveries.between(0, cut))
        with self._phase("caught up"):
            self._until(system, lambda p: p["lag"] == 0)
        with self._phase("the end"):
            self._send(addresses, deliveries.between(cut, 1 << 62))
        with self._phase("after the end"):
            system.start_clocks(self.world, self.webinar)
            self._until(system, lambda p: p["settled"])
            self._until_counted(system)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.found.phases[name] = time.monotonic() - began
        self.say(f"  {name}: {self.found.phases[name]:.1f} s")

    def _send(self, addresses: Addresses, items: Iterable[Webhook | Scan]) -> None:
        watch = _now_and_then(self.say, "webhooks accepted", self.world.deliveries.webhooks)
        player = Player(addresses.target(self.webinar), Pace(), lambda done, _: watch(done))
        report: PlayReport = asyncio.run(player.play(items))
        if not report.complete:
            raise RuntimeError(f"not everything was accepted: {report}")
        self.found.webhooks += report.webhooks_sent

    def _until(self, system: System, reached: Callable[[dict[str, Any]], bool]) -> None:
        last, since = None, time.monotonic()
        while not reached(now := system.progress(self.webinar)):
            if now != last:
                last, since = now, time.monotonic()
            if time.monotonic() - since > STUCK:
                raise TimeoutError(f"no progress for {STUCK:.0f} s: {now}")
            self.say(f"    {_short(now)}")
            time.sleep(POLL)

    def _until_counted(self, system: System) -> None:
        """The year's cells; it expects that this is the year's only webinar."""
        year, until = programme_body(self.world)["year"], time.monotonic() + STUCK
        while (shown := cells_of(system.quotas(year))) != self.world.totals.cells:
            if time.monotonic() > until:
                findings = Findings()
                compare_cells(self.world.totals.cells, shown, findings)
                raise TimeoutError(f"the counters differ: {findings.listed[:3]}")
            time.sleep(POLL / 2)

    def _measure_documents(self) -> None:
        time.sleep(GAUGE_SECONDS)
        begun = self._waiting()
        self.found.documents_waiting = begun
        until = time.monotonic() + DOCUMENTS_FOR
        while self._waiting() and time.monotonic() < until:
            time.sleep(POLL)
        took = time.monotonic() - (until - DOCUMENTS_FOR)
        self.found.documents_a_second = (begun - self._waiting()) / took

    def _waiting(self) -> float:
        url = self.card["processes"]["certificates-worker"]["url"] + "/metrics"
        for line in httpx.get(url, timeout=30).text.splitlines():
            if line.startswith("hadir_documents_waiting "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def _compare(self, system: System) -> None:
        findings = Findings()
        people = _told(system.attendance(self.webinar), self.say, self.found.people)
        compare_people(self.world, people, system.certificates(self.webinar), findings)
        doubled = findings.certificates - len(findings.numbers)
        self.found.mismatches = findings.mismatches + doubled
        for mismatch in findings.listed[:10]:
            self.say(f"  {mismatch}")

    def _cpu(self) -> dict[str, float]:
        return {n: cpu_seconds(e["pid"]) for n, e in self.card["processes"].items()}


def _told(items: Iterable[Any], say: Say, people: int) -> Iterator[Any]:
    watch = _now_and_then(say, "people compared", people)
    for done, item in enumerate(items, 1):
        watch(done)
        yield item


def _short(progress: dict[str, Any]) -> str:
    names = ("facts_seen", "lag", "decisions", "final", "certificates")
    return ", ".join(f"{name} {progress[name]}" for name in names)


def _now_and_then(say: Say, what: str, of: int) -> Callable[[int], None]:
    """Says how far it is every ten seconds."""
    said = time.monotonic()

    def observe(done: int) -> None:
        nonlocal said
        if time.monotonic() - said > 10:
            said = time.monotonic()
            say(f"    {what}: {done} of {of}")

    return observe


def _disk_mib(folder: Path) -> float:
    """What the files really occupy."""
    blocks = sum(path.lstat().st_blocks for path in folder.rglob("*") if path.is_file())
    return blocks * 512 / 2**20
