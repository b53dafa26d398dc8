"""The regression gate's ratios as rows: what CI compares, measured now."""

import json
import subprocess

from deploy.bench.measure import ROOT, python
from deploy.bench.row import Row

UNIT = "× a fixed work, CPU time"


def run() -> list[Row]:
    """Each hot path beside its committed ratio.

    Raises:
        subprocess.CalledProcessError: the gate did not run; it is part of the tests.
    """
    command = python("-m", "tests.benchmarks.gate")
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(done.stdout)
    return [
        Row(f"gate_{name}", at, said["committed"][name], UNIT) for name, at in said["found"].items()
    ]
