"""Everybody leaves: a second-by-second account of who waits where, until the last decision.

Leaves are offered at an even rate. The gateway takes what its pods can; what would wait longer than
it may answers 503, and Zoom sends that again 5, 25 and 85 minutes after the first time.
What was taken waits for the attendance workers. Whole webhooks, no chance: the same input gives the
same account.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from deploy.capacity.measured import Measured
from deploy.capacity.model import Plan, per_webhook

RETRIES = (300, 1200, 3600)
"""Seconds from one try to the next."""
MAY_WAIT = 2.5
"""Seconds for which the gateway holds a delivery before it answers 503."""


@dataclass
class Account:
    """One burst. Lists hold a figure per second."""

    rate: int
    leaves: int
    at_gateway: list[int] = field(default_factory=list)
    at_workers: list[int] = field(default_factory=list)
    refused: int = 0
    given_up: int = 0
    accepted_after: int = 0
    decided_after: int = 0

    @property
    def longest_queue(self) -> int:
        """Webhooks that waited for the workers at the worst second."""
        return max(self.at_workers)


def capacities(plan: Plan, measured: Measured) -> tuple[int, int]:
    """Leaves a second that all gateways, and all workers, can take at full use of their cores."""
    gateway, worker = "attendance-gateway", "attendance-worker"
    return (
        int(plan.processes[gateway].pods / per_webhook(gateway, measured)),
        int(plan.processes[worker].pods / per_webhook(worker, measured)),
    )


def simulate(leaves: int, rate: int, gateway: int, workers: int) -> Account:
    """`gateway` and `workers` are capacities in leaves a second."""
    account = Account(rate, leaves)
    due: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for second in range(-(-leaves // rate)):
        due[second][0] = min(rate, leaves - second * rate)
    second = waiting = backlog = done = 0
    while done + account.given_up < leaves:
        waiting += _admitted(account, due, second, int(gateway * MAY_WAIT) + gateway - waiting)
        taken = min(waiting, gateway)
        waiting -= taken
        backlog += taken
        decided = min(backlog, workers)
        backlog -= decided
        done += decided
        account.at_gateway.append(waiting)
        account.at_workers.append(backlog)
        second += 1
        if taken:
            account.accepted_after = second
        if decided:
            account.decided_after = second
    return account


def _admitted(account: Account, due: dict[int, dict[int, int]], second: int, room: int) -> int:
    """How many of those due get in, the longest refused first (no chance); the others come again at
    Zoom's next try, or never."""
    admitted = 0
    for tried, count in sorted(due.pop(second, {}).items(), reverse=True):
        inside = min(count, room - admitted)
        admitted += inside
        if refused := count - inside:
            account.refused += refused
            if tried < len(RETRIES):
                due[second + RETRIES[tried]][tried + 1] += refused
            else:
                account.given_up += refused
    return admitted
