"""Durable webhooks a second on one core: ours, a bare ASGI application, the usual twin."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.bench.load import Load, fire, prepare
from deploy.bench.measure import (
    Row,
    cores,
    cpu_seconds,
    median,
    peak_mib,
    pinned,
    python,
    wait_http,
)
from deploy.local.ports import free_ports
from shared.provision import provision
from shared.settings import KafkaSettings
from shared.topics import WEBHOOKS

SECRET = "bench-secret"  # noqa: S105 - of the load generator
PEERS = "tests/benchmarks/peers"
SHARE_OF_PEAK = 0.7
Say = Callable[[str], None]


class Turn(NamedTuple):
    """A server under as much load as it answers: what was seen, and its CPU a delivery."""

    load: Load
    cpu_us: float
    mib: float


def run(kafka: str, *, runs: int, seconds: int, say: Say) -> list[Row]:
    """Each contender by turns, so that all see the same machine."""
    settings = KafkaSettings(kafka=kafka, topic_prefix="bench-gateway.")
    provision(settings)
    found: dict[str, list[Turn]] = {"bare": [], "ours": [], "fastapi": []}
    with tempfile.TemporaryDirectory() as folder:
        requests = prepare(Path(folder), SECRET)
        for turn in range(runs):
            for name, turns in found.items():
                with server(name, settings) as (port, pid):
                    turns.append(_peak(requests, port, pid, seconds))
                say(f"{turn + 1}/{runs} {name}: {_said(turns[-1])}")
        rate = SHARE_OF_PEAK * median(turn.load.rate for turn in found["ours"])
        paced = [_paced(settings, requests, rate, seconds, say) for _ in range(runs)]
    return [*_rows(found), Row("gateway_p99_ms", median(paced), None, "ms", paced)]


def _peak(requests: Path, port: int, pid: int, seconds: float) -> Turn:
    fire(requests, port, 2, cores()[1])
    before = cpu_seconds(pid)
    load = fire(requests, port, seconds, cores()[1])
    return Turn(load, (cpu_seconds(pid) - before) / max(1, load.accepted) * 1e6, peak_mib(pid))


def _paced(settings: KafkaSettings, requests: Path, rate: float, seconds: float, say: Say) -> float:
    """The 99th percentile, in ms from when a delivery was due, at an even pace."""
    with server("ours", settings) as (port, _):
        fire(requests, port, 2, cores()[1], rate=rate)
        load = fire(requests, port, seconds, cores()[1], rate=rate)
    say(f"at {rate:,.0f}/s: {load.rate:,.0f}/s answered, p99 {load.p99:.0f} ms, worst {load.worst:.0f} ms, "
        f"{load.refused + load.errors + load.not_sent} others")  # fmt: skip
    return load.p99


def _said(turn: Turn) -> str:
    load = turn.load
    return (f"{load.rate:,.0f}/s, {turn.cpu_us:.0f} µs of CPU each, p99 {load.p99:.0f} ms, "
            f"{load.refused + load.errors} errors, generator {load.busy:.0%} of a core")  # fmt: skip


def _rows(found: dict[str, list[Turn]]) -> list[Row]:
    rate = {name: [turn.load.rate for turn in turns] for name, turns in found.items()}
    cpu = {name: [turn.cpu_us for turn in turns] for name, turns in found.items()}
    ours = rate["ours"]
    return [
        Row("gateway_vs_bare", median(ours), median(rate["bare"]), "webhooks/s", ours),
        Row("gateway_vs_fastapi_aiokafka", median(ours), median(rate["fastapi"]), "webhooks/s", ours),
        Row("gateway_cpu_us", median(cpu["ours"]), median(cpu["bare"]), "µs CPU/webhook", cpu["ours"]),
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
