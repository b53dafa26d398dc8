"""The whole line: one realistic webinar over HTTP through all processes, against its truth."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deploy.bench.measure import Row, peak_mib
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from deploy.simulator.delivery import World
from deploy.simulator.run import run as play
from deploy.simulator.scenario import PRESETS
from deploy.simulator.system import Addresses


def run(*, people: int, say: Callable[[str], None]) -> list[Row]:
    """Participants a second from the import to the last counter, and peak memory per process."""
    start = (int(time.time()) // 86_400 - 1) * 86_400 + 2 * 3600
    world = World(PRESETS["realistic"](participants=people, seed=1, start=start, grace_seconds=2,
                                       retry_window_seconds=4))  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(LocalSettings(data_dir=Path(folder), port_base=0)) as stack,
    ):
        card = stack.describe()
        began = time.monotonic()
        ran = play(world, Addresses.of(card))
        took = time.monotonic() - began
        memory = {n: peak_mib(e["pid"]) for n, e in card["processes"].items()}
    say(f"{people} people, {ran.report.webhooks_sent} webhooks in {took:.1f} s, "
        f"{ran.findings.mismatches} differences")  # fmt: skip
    return [
        Row("line_participants", people / took, None, "participants/s", [people / took]),
        Row("line_mismatches", ran.findings.mismatches, None, "people or cells"),
        *(Row(f"memory_{name}", mib, None, "MiB peak") for name, mib in memory.items()),
    ]
