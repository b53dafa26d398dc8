"""The load: signed webhooks by a compiled generator on the other core."""

import hmac
import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from deploy.bench.generator import program

CONNECTIONS, BODIES = 128, 4_000
ALL_OF_A_CORE = 0.9
STALLED = 500.0
"""Milliseconds for which the generator may look at nothing; what was answered meanwhile seems as late."""
PATH = "/v1/zoom/webhooks"


class GeneratorWasTheLimit(Exception):
    """The generator needed its whole core, or was kept from it: the figures would be its own."""


class Load(NamedTuple):
    """What the generator saw. Rates are answers 200 a second; latencies in ms, with a pace counted
    from when a request was due; `busy` is the generator's own share of one core, `stall` its longest
    time without a look at anything, `first` when the first 200 came (0 if none did), both in ms."""

    rate: float
    accepted: int
    refused: int  # 503
    errors: int  # any other answer, or none
    not_sent: int  # due, but every connection still waited for an answer
    p50: float
    p99: float
    worst: float
    busy: float
    stall: float = 0.0
    first: float = 0.0


def body(n: int) -> bytes:
    """A join of 541 bytes or so, of a connection of its own."""
    participant = {
        "user_id": str(16778240 + n), "user_name": "Dinas_Peserta", "id": "",
        "participant_uuid": str(uuid.UUID(int=n)).upper(), "join_time": "2026-02-02T02:00:03Z",
        "email": "", "registrant_id": f"bench-{n:016d}", "participant_user_id": "",
        "public_ip": "203.0.113.7",
    }  # fmt: skip
    meeting = {
        "uuid": "/bench//c+d==", "id": "93201235621", "host_id": "h1", "topic": "Pelatihan ASN",
        "type": 5, "start_time": "2026-02-02T02:00:00Z", "timezone": "Asia/Jakarta",
        "duration": 120, "participant": participant,
    }  # fmt: skip
    event = {"event": "webinar.participant_joined", "event_ts": 1769997603512,
             "payload": {"account_id": "A1", "object": meeting}}  # fmt: skip
    return json.dumps(event, separators=(",", ":")).encode()


def prepare(folder: Path, secret: str) -> Path:
    """A file of signed requests, as the generator reads them."""
    stamp = str(int(time.time()))
    file = folder / "requests"
    with file.open("wb") as out:
        for n in range(BODIES):
            request = _request(body(n), stamp, secret, n)
            out.write(b"%d\n%b" % (len(request), request))
    return file


def _request(raw: bytes, stamp: str, secret: str, n: int) -> bytes:
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, "sha256").hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"x-zm-request-timestamp: {stamp}\r\nx-zm-signature: v0={digest}\r\n"
        f"x-zm-request-id: bench_{n}\r\ncontent-length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def fire(requests: Path, port: int, seconds: float, core: set[int], *, rate: float = 0,
         connections: int = CONNECTIONS) -> Load:  # fmt: skip
    """Load for so many seconds: as much as is answered, or `rate` requests a second at an even pace.

    Raises:
        GeneratorWasTheLimit: it needed its core for itself, and again when repeated.
        RuntimeError: the generator failed.
    """
    return measured(lambda: once(requests, port, seconds, core, rate, connections))


def measured(once: Callable[[], Load]) -> Load:
    """A run in which the generator was the limit is void and repeated, once."""
    try:
        return believed(once())
    except GeneratorWasTheLimit:
        return believed(once())


def believed(load: Load) -> Load:
    """A run in which the generator was not the limit.

    Raises:
        GeneratorWasTheLimit: it was.
    """
    if load.busy < ALL_OF_A_CORE and load.stall < STALLED:
        return load
    raise GeneratorWasTheLimit(
        f"The load generator used {load.busy:.0%} of its core, and looked at nothing for up to "
        f"{load.stall:.0f} ms: what was measured is the generator."
    )


def once(
    requests: Path, port: int, seconds: float, core: set[int], rate: float, connections: int
) -> Load:
    """As `fire`, not repeated and not judged."""
    words = (program(), requests, port, seconds, connections, rate)
    done = subprocess.run(
        [*map(str, words)], capture_output=True, text=True, timeout=seconds + 60,
        preexec_fn=lambda: os.sched_setaffinity(0, core),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr[-300:]}")
    said = json.loads(done.stdout)
    return Load(
        said["accepted"] / said["seconds"], said["accepted"], said["busy"],
        said["other"] + said["lost"], said["not_sent"], said["p50"], said["p99"], said["max"],
        said["cpu"], said["stall"], said["first"],
    )  # fmt: skip
