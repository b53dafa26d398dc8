"""`python -m services.attendance gateway|api|worker|reconciler`"""

import sys

from services.attendance import wiring
from shared.settings import stop_with

PROCESSES = {
    "gateway": wiring.run_gateway,
    "api": wiring.run_api,
    "worker": wiring.run_worker,
    "reconciler": wiring.run_reconciler,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PROCESSES:
        stop_with(f"Say which process to run: {', '.join(PROCESSES)}.")
    PROCESSES[sys.argv[1]]()
