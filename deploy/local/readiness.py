"""Asking processes whether they are ready, all at once."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from deploy.local.ports import HOST

ASK_EVERY = 0.1


def missing(port: int, timeout: float = 2.0) -> str | None:
    """None when /readyz says 200, else what is missing, in words."""
    line = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as problem:
        return f"does not answer ({type(problem).__name__})"
    finally:
        line.close()
    return None if answer.status == 200 else _words(body)


def _words(body: bytes) -> str:
    try:
        return "; ".join(json.loads(body)["missing"]) or "not ready"
    except (ValueError, KeyError, TypeError):
        return "not ready"


def all_missing(ports: Mapping[str, int]) -> dict[str, str | None]:
    """For each name what is missing, asked in parallel."""
    with ThreadPoolExecutor(max(1, len(ports))) as pool:
        return dict(zip(ports, pool.map(missing, ports.values()), strict=True))


def wait_ready(
    ports: Mapping[str, int], *, timeout: float, alive: Callable[[str], bool]
) -> dict[str, str]:
    """Wait until all are ready; what is still missing when one died or time was up."""
    until = time.monotonic() + timeout
    waiting = dict(ports)
    while True:
        lacks = {name: lack for name, lack in all_missing(waiting).items() if lack is not None}
        dead = {name: lack for name, lack in lacks.items() if not alive(name)}
        if not lacks or dead or time.monotonic() > until:
            return dead or lacks
        waiting = {name: ports[name] for name in lacks}
        time.sleep(ASK_EVERY)
