"""A world whose deliveries and truth are made once, for webinars too large to make them twice.

One pass over the people writes every delivery to a file of its second and keeps a row of some
twenty bytes per person. Playing then costs reading files: memory is that of one second's deliveries,
and the sender's processor time is the same per delivery for ten thousand people and for a million.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from deploy.simulator.delivery import World
from deploy.simulator.scenario import Scenario
from deploy.simulator.stream import Arrivals, Scan, Webhook
from deploy.simulator.totals import Totals, judge
from deploy.simulator.truth import Outcome, SessionFigures

BUCKET_MS = 1_000
BUFFERED = 64 * 1024 * 1024
"""Bytes of deliveries that are held before they are appended to their files."""
STEP = 10_000
"""People whose deliveries are made before their records are forgotten."""
VERDICTS = ("not_eligible", "eligible", "needs_review")
_FRAME = struct.Struct(">QBHI")  # arrival in ms, what it is, bytes of its request id, of its body
_REPEAT, _SCAN = 1, 2


class Deliveries:
    """Everything that arrives, in order, from a folder of files, one a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[int, list[bytes]] = {}
        self._size = 0
        self.webhooks = self.scans = 0

    def add(self, item: Webhook | Scan) -> None:
        """Keep one, in any order."""
        if isinstance(item, Webhook):
            self.webhooks += 1
            what, name, body = _REPEAT * item.repeat, item.request_id.encode(), item.body
        else:
            self.scans += 1
            what, name, body = _SCAN, b"", orjson.dumps(tuple(item))
        frame = _FRAME.pack(item.at_ms, what, len(name), len(body)) + name + body
        self._held.setdefault(item.at_ms // BUCKET_MS, []).append(frame)
        self._size += len(frame)
        if self._size > BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Append what is held to the files."""
        for bucket, frames in self._held.items():
            with self._file(bucket).open("ab") as out:
                out.writelines(frames)
        self._held, self._size = {}, 0

    def _file(self, bucket: int) -> Path:
        return self._folder / f"{bucket:012d}"

    def between(self, first_ms: int, end_ms: int) -> Iterator[Webhook | Scan]:
        """What arrives from `first_ms` on and before `end_ms`; both whole seconds."""
        for path in sorted(self._folder.iterdir()):
            if first_ms <= int(path.name) * BUCKET_MS < end_ms:
                yield from sorted(_read(path.read_bytes()), key=_when)


def _when(item: Webhook | Scan) -> int:
    return item.at_ms


def _read(data: bytes) -> Iterator[Webhook | Scan]:
    at = 0
    while at < len(data):
        at_ms, what, name, body = _FRAME.unpack_from(data, at)
        begin = at + _FRAME.size + name
        at = begin + body
        if what & _SCAN:
            yield Scan(*orjson.loads(data[begin:at]))
        else:
            yield Webhook(at_ms, data[begin - name : begin].decode(), data[begin:at], bool(what))


class Table:
    """Everybody's outcome, packed."""

    def __init__(self, scenario: Scenario) -> None:
        self._sessions = len(scenario.session_seconds)
        self._row = struct.Struct(f">BIIII{self._sessions * 3}I")
        self._rows = bytearray(self._row.size * scenario.participants)

    def put(self, index: int, outcome: Outcome) -> None:
        """Keep one."""
        figures = [n for row in outcome.sessions for n in row[1:]]
        self._row.pack_into(
            self._rows, index * self._row.size, VERDICTS.index(outcome.verdict),
            *outcome[1:4], outcome.unresolved, *figures,
        )  # fmt: skip

    def get(self, index: int, ids: tuple[str, ...]) -> Outcome:
        """What was kept; `ids` are the sessions'."""
        verdict, present, base, required, unresolved, *figures = self._row.unpack_from(
            self._rows, index * self._row.size
        )
        sessions = tuple(
            SessionFigures(id_, *figures[3 * n : 3 * n + 3]) for n, id_ in enumerate(ids)
        )
        return Outcome(VERDICTS[verdict], present, base, required, sessions, unresolved)


@dataclass(frozen=True, kw_only=True)
class Prepared(World):
    """A world that looks outcomes up."""

    deliveries: Deliveries
    table: Table
    totals: Totals

    def outcome(self, index: int) -> Outcome:
        """The truth about a participant."""
        return self.table.get(index, tuple(s.id for s in self.timetable.sessions))


def prepare(
    scenario: Scenario, folder: Path, observe: Callable[[int], None] = lambda _: None
) -> Prepared:
    """Make all deliveries and all truth; `observe` is told after how many people."""
    world = World(scenario)
    deliveries, table = Deliveries(folder), Table(scenario)
    totals = Totals(scenario.participants)
    for first in range(0, world.actors, STEP):
        actors = range(first, min(world.actors, first + STEP))
        for item in Arrivals(world, actors):
            deliveries.add(item)
        for index in actors:
            outcome = judge(world, index, totals)
            if outcome is not None and index < scenario.participants:
                table.put(index, outcome)
        observe(actors.stop)
    deliveries.flush()
    return Prepared(scenario, deliveries=deliveries, table=table, totals=totals)
