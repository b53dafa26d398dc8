"""Run a command that the kernel kills when the process that asked for it dies (Linux).

Used as `python -I -S tether.py PARENT_PID COMMAND…`: the wish survives `exec`, so this interpreter
is gone before the command begins. Elsewhere than on Linux the command merely runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie ourselves to the parent, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the wish was made
            raise SystemExit(1)
    os.execvp(command[0], command)  # noqa: S606 - replaces this process, no shell


if __name__ == "__main__":
    main()
