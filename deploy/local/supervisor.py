"""Brings back what died: a process that nobody stopped is started again, later each time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from deploy.local.say import Say

LOOK_EVERY = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds before a restart; doubled at each crash
CALM_AFTER = 20.0  # seconds of life after which a crash counts as the first one again


class Supervised(Protocol):
    """What is watched: something that runs and can be started."""

    @property
    def running(self) -> bool:
        """Whether it runs."""
        ...

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        ...


@dataclass(slots=True)
class _Watch:
    process: Supervised
    restart: Callable[[], None]
    pause: float = FIRST_PAUSE
    started: float = field(default_factory=time.monotonic)
    due: float | None = None


class Supervisor:
    """Watches in a thread of its own from `start` until `stop`; `restarted` is told each name."""

    def __init__(self, say: Say, restarted: Callable[[str], None]) -> None:
        self._say, self._restarted = say, restarted
        self._watched: dict[str, _Watch] = {}
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.restarts = 0

    def watch(self, name: str, process: Supervised, restart: Callable[[], None]) -> None:
        """Bring this one back from now on."""
        with self._lock:
            self._watched[name] = _Watch(process, restart)

    def forget(self, name: str) -> None:
        """It may end now. When this returns, no restart of it is under way."""
        with self._lock:
            self._watched.pop(name, None)

    def start(self) -> None:
        """Begin to watch."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let everything end. When this returns, nothing is started any more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            with self._lock:
                for name, watch in self._watched.items():
                    self._look(name, watch)

    def _look(self, name: str, watch: _Watch) -> None:
        now = time.monotonic()
        if watch.process.running:
            return
        if watch.due is None:
            if now - watch.started > CALM_AFTER:
                watch.pause = FIRST_PAUSE
            watch.due = now + watch.pause
            watch.pause = min(watch.pause * 2, LONGEST_PAUSE)
            self._say(f"{name} ended ({_how(watch.process.exit_code)}); it is started again")
        elif now >= watch.due:
            watch.restart()
            watch.started, watch.due = time.monotonic(), None
            self.restarts += 1
            self._restarted(name)


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit code {exit_code}"
