"""The load: signed webhooks by wrk (compiled, on the other core)."""

import hmac
import json
import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path
from typing import NamedTuple

CONNECTIONS, THREADS = 128, 2
BODIES = 4_000
SCRIPT = """
local requests = {{}}
local file = io.open("{file}")
for line in file:lines() do
  local stamp, signature, body = line:match("^(%d+)\\t(%S+)\\t(.*)$")
  requests[#requests + 1] = wrk.format("POST", "/v1/zoom/webhooks", {{
    ["content-type"] = "application/json", ["x-zm-request-timestamp"] = stamp,
    ["x-zm-signature"] = signature, ["x-zm-request-id"] = "bench_" .. #requests }}, body)
end
local at = math.random(#requests)
request = function()
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency, _)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %f\\n", summary.requests, summary.duration,
    e.status, e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


class NoGenerator(Exception):
    """wrk is not installed; the text says how to get it."""


class Load(NamedTuple):
    """What the generator saw; latencies in ms; `busy` is its own share of one core."""

    rate: float
    errors: int
    p50: float
    p99: float
    busy: float


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
    """The generator's script with its signed requests."""
    if shutil.which("wrk") is None:
        raise NoGenerator("wrk is needed as load generator (Debian: apt-get install wrk).")
    stamp = str(int(time.time()))
    lines = []
    for n in range(BODIES):
        raw = body(n)
        digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, "sha256").hexdigest()
        lines.append(b"\t".join((stamp.encode(), b"v0=" + digest.encode(), raw)))
    requests = folder / "requests.tsv"
    requests.write_bytes(b"\n".join(lines))
    script = folder / "load.lua"
    script.write_text(SCRIPT.format(file=requests))
    return script


def fire(script: Path, port: int, seconds: int, core: set[int]) -> Load:
    """Load for so many seconds.

    Raises:
        RuntimeError: the generator said nothing.
    """
    cpus = ",".join(map(str, sorted(core)))
    began = time.monotonic()
    words = (
        ["taskset", "-c", cpus, "/usr/bin/time", "-f", "CPU %U %S", "wrk"]
        if shutil.which("time")
        else ["taskset", "-c", cpus, "wrk"]
    )
    done = subprocess.run(
        [*words, "-t", str(THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s",
         "-s", str(script), f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, check=False, timeout=seconds + 60,
    )  # fmt: skip
    took = time.monotonic() - began
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk failed: {done.stderr[-300:]}")
    requests, micros, status, lost = (int(found[i]) for i in range(1, 5))
    cpu = re.search(r"CPU ([\d.]+) ([\d.]+)", done.stderr)
    busy = (float(cpu[1]) + float(cpu[2])) / took if cpu else 0.0
    return Load((requests - status) / (micros / 1e6), status + lost,
                float(found[5]) / 1000, float(found[6]) / 1000, busy)  # fmt: skip
