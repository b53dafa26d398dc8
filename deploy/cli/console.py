"""What the subcommands share: a console, machine-readable output, and being stopped."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console

STOPPERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def console() -> Console:
    """For people; sentences of progress go to stderr so that output can be piped."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """For programs, on stdout."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=str))


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Inside, the first SIGTERM, SIGHUP or Ctrl-C raises KeyboardInterrupt; later ones are ignored,
    so that stopping is not stopped half-way. The event tells that one came.
    """
    asked = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        if not asked.is_set():
            asked.set()
            raise KeyboardInterrupt

    before = {sig: signal.signal(sig, stop) for sig in STOPPERS}
    try:
        yield asked
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)
