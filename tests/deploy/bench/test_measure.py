"""Who is measured is never left behind."""

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

from tests.support.wait import until


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a child follow its parent")
def test_a_contender_does_not_outlive_a_killed_benchmark() -> None:
    script = textwrap.dedent("""
        import time
        from deploy.bench.measure import cores, pinned, python
        with pinned(python("-c", "import time; time.sleep(600)"), {}, cores()[0]) as contender:
            print(contender.pid, flush=True)
            time.sleep(600)
    """)
    benchmark = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert benchmark.stdout is not None
    contender = psutil.Process(int(benchmark.stdout.readline()))
    os.kill(benchmark.pid, signal.SIGKILL)
    benchmark.communicate()
    until(lambda: not contender.is_running() or contender.status() == "zombie", within=10)
