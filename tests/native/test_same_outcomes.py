"""Compiled and interpreted make the same of the same records, also of spoilt ones; only by `make test-native`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.attendance import decide
from tests.support.builds import compiled

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not compiled(decide), reason="compares with the compiled build")


def played(seed: int, **env: str) -> dict[str, Any]:
    """What a build makes of a seed's records, with sets in one order."""
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "tests/native/played.py"), str(seed)],
        env={**os.environ, "PYTHONHASHSEED": "0", **env}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_both_builds_tell_decide_and_set_aside_the_same_and_keep_the_same_bytes(seed: int) -> None:
    """So a worker of one build goes on from a checkpoint of the other's."""
    ours, interpreted = played(seed), played(seed, PYTHONPATH=str(ROOT))
    assert ours.pop("compiled")
    assert not interpreted.pop("compiled")
    for what, found in interpreted.items():
        assert ours[what] == found, what
    assert len(interpreted["dead"]) > 50
