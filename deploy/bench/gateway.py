"""Durable webhooks a second on one core: ours, a bare ASGI application, the usual twin."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.bench.load import Load, fire, prepare
from deploy.bench.measure import (
    Row,
    core_seconds,
    cores,
    cpu_seconds,
    median,
    paired,
    peak_mib,
    pinned,
    python,
    wait_http,
)
from deploy.local.ports import free_ports
from shared.provision import provision
from shared.settings import KafkaSettings
from shared.topics import WEBHOOKS

SECRET = secrets.token_hex()  # what the generator signs with
PEERS = "tests/benchmarks/peers"
SHARE_OF_PEAK = 0.7
TURN = 2  # seconds
CONTENDERS = ("bare", "ours", "fastapi")
Say = Callable[[str], None]


class Turn(NamedTuple):
    """A server under as much load as it answers: what was seen, and its CPU a delivery. `idle`: the
    share of time in which it waited for others, its broker above all; `broker`: cores this one used."""

    load: Load
    cpu_us: float
    mib: float
    idle: float
    broker: float


def run(kafka: str, broker: int, *, runs: int, seconds: int, say: Say) -> list[Row]:
    """Contenders run by short turns, `runs` × `seconds` each in all, so that what else the machine does
    meets all of them alike. `broker`: its process."""
    settings = KafkaSettings(kafka=kafka, topic_prefix="bench-gateway.")
    provision(settings)
    with tempfile.TemporaryDirectory() as folder:
        requests = prepare(Path(folder), SECRET)
        found = _by_turns(requests, settings, broker, max(1, runs * seconds // TURN))
        for name, turns in found.items():
            say(f"{name}: {_said(turns)}")
        rate = SHARE_OF_PEAK * median(turn.load.rate for turn in found["ours"])
        paced = [_paced(settings, requests, rate, seconds, say) for _ in range(runs)]
    return [*_rows(found), Row("gateway_p99_ms", median(paced), None, "ms", paced)]


def _by_turns(
    requests: Path, settings: KafkaSettings, broker: int, turns: int
) -> dict[str, list[Turn]]:
    with ExitStack() as stack:
        up = {name: stack.enter_context(server(name, settings)) for name in CONTENDERS}
        for port, _ in up.values():
            fire(requests, port, TURN, cores()[1])
        found: dict[str, list[Turn]] = {name: [] for name in up}
        for _ in range(turns):
            for name, (port, pid) in up.items():
                found[name].append(_peak(requests, port, pid, broker))
    return found


def _peak(requests: Path, port: int, pid: int, broker: int) -> Turn:
    began, before = time.monotonic(), (cpu_seconds(pid), cpu_seconds(broker), *core_seconds(pid))
    load = fire(requests, port, TURN, cores()[1])
    took, after = (
        time.monotonic() - began,
        (cpu_seconds(pid), cpu_seconds(broker), *core_seconds(pid)),
    )
    own, brokers, on_core, ready = (b - a for a, b in zip(before, after, strict=True))
    return Turn(load, own / max(1, load.accepted) * 1e6, peak_mib(pid),
                max(0.0, 1 - (on_core + ready) / took), brokers / took)  # fmt: skip


def _paced(settings: KafkaSettings, requests: Path, rate: float, seconds: float, say: Say) -> float:
    """The 99th percentile, in ms from when a delivery was due, at an even pace."""
    with server("ours", settings) as (port, _):
        fire(requests, port, 2, cores()[1], rate=rate)
        load = fire(requests, port, seconds, cores()[1], rate=rate)
    say(f"at {rate:,.0f}/s: {load.rate:,.0f}/s answered, p99 {load.p99:.0f} ms, worst {load.worst:.0f} ms, "
        f"{load.refused + load.errors + load.not_sent} others")  # fmt: skip
    return load.p99


def _said(turns: list[Turn]) -> str:
    loads = [turn.load for turn in turns]
    others = sum(load.refused + load.errors for load in loads)
    return (f"{median(load.rate for load in loads):,.0f}/s, {median(t.cpu_us for t in turns):.0f} µs of "
            f"CPU each, p99 {median(load.p99 for load in loads):.0f} ms, {others} others, idle "
            f"{median(t.idle for t in turns):.0%}; of the other core generator "
            f"{median(load.busy for load in loads):.0%}, broker "
            f"{median(t.broker for t in turns):.0%}")  # fmt: skip


def _rows(found: dict[str, list[Turn]]) -> list[Row]:
    rate = {name: [turn.load.rate for turn in turns] for name, turns in found.items()}
    cpu = {name: [turn.cpu_us for turn in turns] for name, turns in found.items()}
    ours = rate["ours"]
    return [
        paired("gateway_vs_bare", ours, rate["bare"], "webhooks/s"),
        paired("gateway_vs_fastapi_aiokafka", ours, rate["fastapi"], "webhooks/s"),
        paired("gateway_cpu_us", cpu["ours"], cpu["bare"], "µs CPU/webhook"),
        Row("gateway_idle", median(t.idle for t in found["ours"]), None, "of its core, at its peak"),
        Row("gateway_full_load_mib", max(t.mib for t in found["ours"]), None, "MiB peak"),
    ]  # fmt: skip


@contextmanager
def server(name: str, settings: KafkaSettings) -> Iterator[tuple[int, int]]:
    """A contender (ours, bare, fastapi) on a core of its own: (port, pid)."""
    (port,) = free_ports(1)
    env = {
        "HADIR_KAFKA": settings.kafka, "HADIR_TOPIC_PREFIX": settings.topic_prefix,
        "HADIR_ZOOM_SECRETS": SECRET, "HADIR_HTTP_PORT": str(port), "BENCH_SECRET": SECRET,
        "BENCH_KAFKA": settings.kafka, "BENCH_TOPIC": settings.topic(WEBHOOKS),
    }  # fmt: skip
    command = {
        "bare": python(f"{PEERS}/bare_asgi.py", str(port)),
        "ours": python("-m", "services.attendance", "gateway"),
        "fastapi": python(f"{PEERS}/fastapi_aiokafka.py", str(port)),
    }[name]
    with ExitStack() as stack:
        process = stack.enter_context(pinned(command, env, cores()[0]))
        wait_http(f"http://127.0.0.1:{port}/livez")
        yield port, process.pid
