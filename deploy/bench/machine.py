"""What was measured on, in one line: figures of two machines are not compared."""

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("aiokafka", "faust-streaming", "uvicorn", "uvloop", "orjson")


def description(build: str) -> str:
    """Processor, cores that may be used, memory, kernel, Python, Kafka and the packages that count;
    `build`: whether our modules ran compiled."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"{name} {metadata.version(name)}" for name in PACKAGES]
    return ", ".join((
        _processor(), f"{len(os.sched_getaffinity(0))} cores", f"{gib:.0f} GiB",
        f"{platform.system()} {platform.release()}", f"Python {platform.python_version()}", build,
        f"Kafka {_kafka()}", *versions,
    ))  # fmt: skip


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _kafka() -> str:
    from deploy.local.jars import KAFKA

    return KAFKA.rpartition(":")[2]
