"""Where the attendance worker's processor time goes while it drains the step's backlog.

py-spy looks at its main thread's stack, waiting left out, and each look counts for one part: the first
of `PARTS` that stands on it. Functions of the compiled modules are C symbols there (`CPyDef_…`).
"""

import re
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from deploy.bench.measure import confine, cores
from deploy.bench.peers_env import peers_python
from deploy.bench.row import Row
from deploy.bench.step import Field
from deploy.local.errors import CannotStart
from shared.settings import KafkaSettings

PARTS = {
    "write": r"aiokafka|RecordWriter|_all_that_waits|Outcomes\._publish|____publish(_differences)?_Outcomes",
    "tick": r"\._tick\b|\._report\b|LiveTold|[Kk]eeper|checkpoints",
    "tell": r"IdentifyStage\.flush|flush_IdentifyStage",
    "fold": r"IdentifyStage(\.|___)fold",
    "decide": r"DecideStage\.flush|flush_DecideStage",
    "facts": r"DecideStage(\.|___)fold",
    "libraries": r"Runner\.fold|StreamWorker\._flush",
}
"""Of the stack of either build. C libraries hide which compiled function called them: what is seen of
that is `libraries`. What is none of these is `rest`: event loop, Kafka's reader, side topics."""
WAITING = re.compile(r"(epoll_wait|select_epoll_poll|pthread_cond_\w*wait)[^;]*(;[^;]*libc[^;]*)?$")
LOOKS = 50
"""A second. Each holds the worker while its native stack is unwound: where that takes several milliseconds,
250 a second held it so long that it was put out of its group."""


def run(kafka: str, redis: str, *, people: int, say: Callable[[str], None]) -> list[Row]:
    """The shares of one run, in % of all looks, largest first.

    Raises:
        CannotStart: py-spy cannot be had, or may not look into a process that it did not start.
    """
    spy = peers_python(say).with_name("py-spy")
    settings = KafkaSettings(kafka=kafka, topic_prefix=f"bench-profile-{uuid4().hex[:6]}.")
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder, "stacks")
        ran = Field(settings, people, {}).run("ours", redis, lambda pid: _looking(spy, pid, seen))
        found = shares(seen.read_text().splitlines())
    say(f"{ran.cpu_rate:,.0f} events per CPU second, looked at")
    return [Row(f"share_{part}", share, None, "% of its looks") for part, share in found]


def shares(stacks: Iterable[str]) -> list[tuple[str, float]]:
    """Each part with its share in %, largest first. A stack's line ends in how often it was seen."""
    counts = Counter[str]()
    for line in stacks:
        stack, _, often = line.rpartition(" ")
        if "MainThread" in stack and not WAITING.search(stack):
            counts[_part(stack)] += int(often)
    return [(part, 100 * count / counts.total()) for part, count in counts.most_common()]


def _part(stack: str) -> str:
    return next((part for part, mark in PARTS.items() if re.search(mark, stack)), "rest")


@contextmanager
def _looking(spy: Path, pid: int, to: Path) -> Iterator[None]:
    command = [str(spy), "record", "--native", "--threads", "--pid", str(pid), "--rate", str(LOOKS),
               "--format", "raw", "--output", str(to)]  # fmt: skip
    looking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert looking.stdout is not None  # noqa: S101 - it is a pipe
    confine(looking.pid, cores()[1])
    said = ""
    while "Sampling" not in said and looking.poll() is None:
        said = looking.stdout.readline()
    if looking.poll() is not None:
        raise CannotStart(f"py-spy may not look into another process here: {said.strip()}")
    try:
        yield
    finally:
        looking.send_signal(signal.SIGINT)  # then it writes what it has seen
        looking.communicate(timeout=60)
