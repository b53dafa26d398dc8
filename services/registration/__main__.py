"""`python -m services.registration api|worker`."""

import sys

from services.registration import wiring
from shared.settings import stop_with

PROCESSES = {"api": wiring.run_api, "worker": wiring.run_worker}


def main() -> None:
    """Run the named process until SIGTERM."""
    process = PROCESSES.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if process is None:
        stop_with("Usage: python -m services.registration api|worker")
    process()


if __name__ == "__main__":
    main()
