"""`python -m services.certificates api|worker`"""

import sys

from services.certificates import wiring
from shared.settings import stop_with

PROCESSES = {"api": wiring.run_api, "worker": wiring.run_worker}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PROCESSES:
        stop_with(f"Say which process to run: {', '.join(PROCESSES)}.")
    PROCESSES[sys.argv[1]]()
