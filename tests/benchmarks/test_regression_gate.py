"""No path became much slower against a fixed work on the same machine (tests/benchmarks/gate.py)."""

import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.gate import COMMITTED, MARGIN, too_slow

ROOT = Path(__file__).parents[2]


def _measured() -> dict[str, float]:
    """In a process of its own: what other tests left in memory is not measured."""
    command = [sys.executable, "-m", "tests.benchmarks.gate"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)["found"]
    return found


def test_the_hot_paths_cost_no_more_than_was_committed() -> None:
    slow: list[str] = []
    for _ in range(3):  # a neighbour's noise does not last, a slowdown does
        slow = too_slow(_measured())
        if not slow:
            break
    assert not slow, f"{'; '.join(slow)} (see the head of tests/benchmarks/gate.py)"


def test_a_path_beyond_the_margin_is_named_and_one_within_it_is_not() -> None:
    committed = json.loads(COMMITTED.read_text())
    found = committed | {"gateway": committed["gateway"] * MARGIN * 1.01}
    (sentence,) = too_slow(found)
    assert sentence.startswith("gateway takes ")
    assert too_slow({name: at * MARGIN * 0.99 for name, at in committed.items()}) == []
