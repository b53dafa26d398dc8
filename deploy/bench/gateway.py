"""Durable webhooks a second on one core: ours, a bare ASGI application, the usual twin."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.bench.load import Load, fire, prepare
from deploy.bench.measure import Row, cores, median, peak_mib, pinned, python, wait_http
from deploy.local.ports import free_ports
from shared.provision import provision
from shared.settings import KafkaSettings
from shared.topics import WEBHOOKS

SECRET = "bench-secret"  # noqa: S105 - of the load generator
PEERS = "tests/benchmarks/peers"


def run(kafka: str, *, runs: int, seconds: int, say: Callable[[str], None]) -> list[Row]:
    """Each contender by turns, so that all see the same machine."""
    settings = KafkaSettings(kafka=kafka, topic_prefix="bench-gateway.")
    provision(settings)
    found: dict[str, list[Load]] = {"bare": [], "ours": [], "fastapi": []}
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        script = prepare(Path(folder), SECRET)
        for turn in range(runs):
            for name, loads in found.items():
                with _server(name, settings) as (port, pid):
                    fire(script, port, 2, cores()[1])
                    load = fire(script, port, seconds, cores()[1])
                    loads.append(load)
                    if name == "ours":
                        memory.append(peak_mib(pid))
                say(f"{turn + 1}/{runs} {name}: {load.rate:,.0f}/s, p99 {load.p99:.0f} ms, "
                    f"{load.errors} errors, generator {load.busy:.0%} of a core")  # fmt: skip
    return _rows(found, memory)


def _rows(found: dict[str, list[Load]], memory: list[float]) -> list[Row]:
    rate = {name: [load.rate for load in loads] for name, loads in found.items()}
    ours = rate["ours"]
    return [
        Row("gateway_vs_bare", median(ours), median(rate["bare"]), "webhooks/s", ours),
        Row("gateway_vs_fastapi_aiokafka", median(ours), median(rate["fastapi"]), "webhooks/s", ours),
        Row("gateway_full_load_p99", median(x.p99 for x in found["ours"]), median(x.p99 for x in found["fastapi"]),
            "ms", [x.p99 for x in found["ours"]]),
        Row("gateway_full_load_mib", median(memory), None, "MiB peak", memory),
    ]  # fmt: skip


@contextmanager
def _server(name: str, settings: KafkaSettings) -> Iterator[tuple[int, int]]:
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
