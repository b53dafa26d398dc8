"""What a running `hadir up` leaves in its data folder for `status` and `down`: a lock and a card."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from deploy.local.errors import CannotStart

LOCK, CARD = "up.lock", "up.json"


@contextmanager
def holding(data: Path) -> Iterator[None]:
    """Be the one system that runs on this data folder.

    Raises:
        CannotStart: another one already does.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("a+") as lock:
        if not _try_lock(lock.fileno()):
            raise CannotStart(f"A system already runs on {data}; stop it with `hadir down`.")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            (data / CARD).unlink(missing_ok=True)
            lock.truncate(0)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def holder(data: Path) -> int | None:
    """The process id of the system that runs on this data folder; None when none does."""
    try:
        with (data / LOCK).open("r+") as lock:
            if _try_lock(lock.fileno()):
                return None
            return int(lock.read() or 0) or None
    except FileNotFoundError:
        return None


def write_card(path: Path, description: Mapping[str, Any]) -> None:
    """Write the description whole or not at all, readable by its owner only (it holds a token)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(description, file, indent=1)
        file.write("\n")
    draft.replace(path)


def read_card(data: Path) -> dict[str, Any] | None:
    """The description of the system that runs on this data folder and is ready; else None."""
    if holder(data) is None:
        return None
    try:
        card: dict[str, Any] = json.loads((data / CARD).read_text())
    except FileNotFoundError:
        return None
    return card


def stop(data: Path, timeout: float = 60.0) -> bool:
    """Ask the running system to stop and wait until it has; False when none was running.

    Raises:
        TimeoutError: it has not stopped in time.
    """
    pid = holder(data)
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + timeout
    while holder(data) == pid:
        if time.monotonic() > until:
            raise TimeoutError(f"process {pid} has not stopped within {timeout:.0f} s")
        time.sleep(0.1)
    return True
