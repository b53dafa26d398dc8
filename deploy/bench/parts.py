"""The attendance step part by part, in one process: our modules as they are measured beside the same
ones interpreted, by turns. Processor time, so a busy machine disturbs it little.

What each part is stands in `tests/benchmarks/parts.py`: `fold` parses, identifies and folds webhooks,
`tell` makes facts of them, `facts` folds these, `decide` measures, decides and explains; `step` is
their sum, `limit` the least, a parse into a dict (`tests/benchmarks/peers/limit.py`).
"""

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Callable

from deploy.bench.measure import ROOT, python
from deploy.bench.row import Row, paired

UNIT = "µs CPU/event"
PARTS = ("fold", "tell", "facts", "decide", "step", "limit")
PEOPLE = 3_000
FIXED = {
    "PYTHONHASHSEED": "0",  # the order of sets moves the figures
    "PYTHONSAFEPATH": "1",
}


def run(runs: int, say: Callable[[str], None]) -> list[Row]:
    """Medians; the other is the interpreted build.

    Raises:
        subprocess.CalledProcessError: a part does not run, or decides what is not true.
    """
    builds = {"ours": os.environ.get("PYTHONPATH", str(ROOT)), "interpreted": str(ROOT)}
    found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in builds}
    for turn in range(runs):
        for name, path in builds.items():
            took = _once(path)
            say(f"{turn + 1}/{runs} {name}: {took['step']:.1f} {UNIT}")
            for part in PARTS:
                found[name][part].append(took[part])
    ours, other = found.values()
    return [paired(f"part_{p}_us", ours[p], other[p], UNIT) for p in PARTS]


def _once(path: str) -> dict[str, float]:
    env = {**os.environ, **FIXED, "PYTHONPATH": path}
    command = python("-m", "tests.benchmarks.parts", str(PEOPLE))
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True)
    took: dict[str, float] = json.loads(done.stdout)
    return took
