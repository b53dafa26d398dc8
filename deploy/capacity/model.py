"""From the measured cost of a person to partitions, pods, brokers, memory, disk and hours.

Pure: the same need and figures give the same plan. The assumptions are in `words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from deploy.capacity.measured import Measured

PARTITIONS = (12, 24, 48, 96, 192, 384)
"""Counts that 2, 3, 4, 6 and 12 workers share evenly."""
PARTITIONS_A_WORKER = 4
"""At least: then a worker more or less, or a hot partition, moves the load by steps that are small."""
END_SHARE = 2 / 3
"""Of a person's cost in the attendance worker, what falls at the end: the leave and the decision."""
BROKER_END_SHARE = 1 / 2
"""Of a person's cost in the brokers: leaves, facts, decisions, numbers, certificates, counters."""
ROSTER_SHARE = 1 / 5
"""Of what a worker holds, what every one holds whole: the roster; the rest is shared out."""
MEMORY_ROOM, DISK_ROOM = 1.5, 0.7
BROKER_CORES, BROKER_MIB, LEAST_BROKERS = 4, 8192, 3
APIS = ("registration-api", "attendance-api", "certificates-api", "reporting-api")
ONE_COUNTS = "reporting-worker"
"""One of these works, the second stands by."""


@dataclass(frozen=True)
class Need:
    """What is asked for. Seconds; `busy` is the share of a core that may be used at the peak."""

    attendees: int
    end_burst: int
    decided_within: int = 60
    documents_within: int = 3600
    imported_within: int = 3600
    busy: float = 0.6
    replication: int = 3
    kept: int = 1_250_000
    hours: float = 8.0

    @property
    def peak(self) -> float:
        """Leaves a second while everybody goes."""
        return self.attendees / self.end_burst


class Size(NamedTuple):
    """Of one process: pods, cores and MiB of each."""

    pods: int
    cores: float
    mib: int


@dataclass(frozen=True)
class Plan:
    """What the need takes. `used` and `reserved` are per million attendances; disk is per broker."""

    need: Need
    partitions: int
    processes: Mapping[str, Size]
    brokers: Size
    disk_gib: int
    store: Size
    used_core_hours: float
    reserved_core_hours: float
    reserved_gib_hours: float
    disk_gib_per_million: float
    counters_after: float
    """Seconds of work for the one process that counts."""

    def cost(self, core_hour: float, gib_hour: float, disk_gib_month: float) -> float:
        """Money per million attendances by unit prices; disk for the 13 months of the facts."""
        return (self.reserved_core_hours * core_hour + self.reserved_gib_hours * gib_hour
                + self.disk_gib_per_million * disk_gib_month * 13)  # fmt: skip


def plan(need: Need, measured: Measured) -> Plan:
    """The sizes for a need."""
    processes = {name: _size(name, need, measured) for name in measured.processes
                 if name not in {"kafka", "store"}}  # fmt: skip
    workers = processes["attendance-worker"].pods
    partitions = next((p for p in PARTITIONS[2:] if p >= workers * PARTITIONS_A_WORKER), 384)
    brokers, store = _brokers(need, measured), _store(need, measured)
    disk = measured.disk_bytes * need.replication / 2**30
    scale, every = 1e6 / need.attendees, [*processes.values(), brokers, store]
    return Plan(
        need, partitions, processes, brokers,
        _round(disk * need.kept / brokers.pods / DISK_ROOM, 50), store,
        used_core_hours=_used(need, measured) / 3600,
        reserved_core_hours=sum(s.pods * s.cores for s in every) * need.hours * scale,
        reserved_gib_hours=sum(s.pods * s.mib for s in every) / 1024 * need.hours * scale,
        disk_gib_per_million=disk * 1e6,
        counters_after=_seconds(ONE_COUNTS, need, measured),
    )  # fmt: skip


def per_webhook(name: str, measured: Measured) -> float:
    """Seconds of a core for one leave at the end."""
    if name == "attendance-gateway":
        return 1 / measured.gateway_per_second
    return measured.processes[name].cpu_us / 1e6 * END_SHARE


def _seconds(name: str, need: Need, measured: Measured) -> float:
    """Of a core, for all people."""
    return need.attendees * measured.processes[name].cpu_us / 1e6


def _size(name: str, need: Need, measured: Measured) -> Size:
    pods = max(2, ceil(_cores(name, need, measured) / need.busy))
    if name == "attendance-gateway":
        pods += 1  # one may be away
    if name == ONE_COUNTS:
        pods = 2
    return Size(pods, 0.5 if name in APIS else 1.0, _mib(name, pods, need, measured))


def _cores(name: str, need: Need, measured: Measured) -> float:
    """That have to work at the same time."""
    everything = _seconds(name, need, measured)
    if name == "attendance-gateway":
        return need.peak * per_webhook(name, measured)
    if name == "attendance-worker":
        return everything * END_SHARE / (need.end_burst + need.decided_within)
    if name == "certificates-worker":
        documents = need.attendees / measured.documents_per_second
        return max(documents / need.documents_within, everything / need.documents_within)
    return everything / need.imported_within


def _mib(name: str, pods: int, need: Need, measured: Measured) -> int:
    """Of one pod. One of the owners of the partitions may be away."""
    cost = measured.processes[name]
    state = cost.mib_per_100k * need.attendees / 1e5
    if name in {"attendance-worker", "certificates-worker", "registration-worker"}:
        state *= ROSTER_SHARE + (1 - ROSTER_SHARE) / (pods - 1)
    elif name in {*APIS, "attendance-gateway"}:
        state = 0.0  # what they hold grows with what is asked at a time, not with people
    return _round(max(256, (cost.base_mib + state) * MEMORY_ROOM), 256)


def _brokers(need: Need, measured: Measured) -> Size:
    """A copy is taken to cost as much as the first write."""
    work = _seconds("kafka", need, measured) * BROKER_END_SHARE * need.replication
    cores = work / (need.end_burst + need.decided_within) / need.busy
    return Size(max(LEAST_BROKERS, ceil(cores / BROKER_CORES)), BROKER_CORES, BROKER_MIB)


def _store(need: Need, measured: Measured) -> Size:
    cost = measured.processes["store"]
    state = cost.base_mib + cost.mib_per_100k * max(need.attendees, need.kept) / 1e5
    return Size(1, 1.0, _round(state * MEMORY_ROOM, 512))


def _used(need: Need, measured: Measured) -> float:
    """Seconds of a core for a million attendances, copies of the broker included."""
    return sum(cost.cpu_us * (need.replication if name == "kafka" else 1)
               for name, cost in measured.processes.items())  # fmt: skip


def _round(value: float, step: int) -> int:
    return ceil(value / step) * step
