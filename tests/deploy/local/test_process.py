"""Children are never left behind, however their parent ends."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.process import Process
from tests.support.wait import until

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
""",
]
WITH_CHILD = [
    sys.executable,
    "-c",
    """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.wait()
""",
]


def test_a_process_that_ignores_the_polite_word_is_killed(tmp_path: Path) -> None:
    process = Process("stubborn", STUBBORN, tmp_path / "log")
    process.start()
    until(lambda: "up" in process.last_lines())
    process.stop(timeout=0.3)
    assert process.exit_code == -signal.SIGKILL


def test_a_killed_process_takes_its_children_along(tmp_path: Path) -> None:
    process = Process("parent", WITH_CHILD, tmp_path / "log")
    process.start()
    until(lambda: process.last_lines().strip().isdigit())
    child = int(process.last_lines())
    process.kill()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")


def test_starting_it_twice_is_an_error(tmp_path: Path) -> None:
    process = Process("one", FOREVER, tmp_path / "log")
    process.start()
    try:
        with pytest.raises(RuntimeError, match="already running"):
            process.start()
    finally:
        process.kill()


def test_it_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    process = Process("one", FOREVER, tmp_path / "log")
    thread = threading.Thread(target=process.start)
    thread.start()
    thread.join()
    time.sleep(0.5)  # the kernel's signal would have come with the thread's end
    try:
        assert process.running
    finally:
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a child follow its parent")
def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from deploy.local.process import Process
        child = Process("child", [sys.executable, "-c", "import time; time.sleep(600)"],
                        Path(sys.argv[1]))
        child.start()
        print(child.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")
