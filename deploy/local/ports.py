"""TCP ports on 127.0.0.1: free ones, or fixed ones that are checked."""

import random
import socket
from collections.abc import Iterable

from deploy.local.errors import CannotStart

HOST = "127.0.0.1"
# Below every system's ephemeral range: a client that keeps calling a dead server there could
# otherwise be given that very port as its own and connect to itself.
FREE_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def free_ports(count: int) -> list[int]:
    """Distinct ports that nothing listens on."""
    candidates = random.SystemRandom().sample(FREE_RANGE, len(FREE_RANGE))
    free = (port for port in candidates if is_free(port))
    return [next(free) for _ in range(count)]


def fixed_ports(ports: Iterable[int]) -> list[int]:
    """The given ports.

    Raises:
        CannotStart: one of them is taken.
    """
    wanted = list(ports)
    taken = [port for port in wanted if not is_free(port)]
    if taken:
        raise CannotStart(
            f"Port {taken[0]} is already in use; set HADIR_PORT_BASE to another number,"
            " or to 0 for random free ports."
        )
    return wanted
