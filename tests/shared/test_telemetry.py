"""Logs: one JSON object a line, of our own code and of libraries, and nobody's data in them."""

import json
import subprocess
import sys
from typing import Any

import pytest
from prometheus_client import Counter, Gauge, Histogram

from shared import telemetry

# Synthetic, in the shapes of the real ones.
SECRETS = {
    "NIP": "199001012020121001",
    "NIP as printed": "19900101 202012 1 001",
    "NIK": "1571010101900001",
    "e-mail": "some.one+tag@example.go.id",
    "phone": "+6281234567890",
    "phone without plus": "6281234567890",
    "local phone": "081234567890",
    "phone as printed": "0812-3456-7890",
    "landline": "+62 21 345 6789",
}
HARMLESS = [
    "6f2d1c8e-6a51-5e0c-9f0e-0a3d1b7c4e55",
    "2026-01-09T01:00:00.123Z",
    "93201235621",  # a Zoom number
    "hadir.attendance.events.v1",
    "sha256:" + "ab12" * 16,
]


def masked(value: Any) -> str:
    return json.dumps(telemetry.mask(None, "info", {"event": "e", "field": value}))


@pytest.mark.parametrize("kind", SECRETS)
def test_it_is_hidden_however_deep_it_lies(kind: str) -> None:
    secret = SECRETS[kind]
    carriers: list[Any] = [
        secret, f"row 3: {secret}.", f"nip={secret}", [secret], (secret, 1), {secret},
        {"a": {"b": [{"c": secret}]}}, {secret: 1}, ValueError(f"bad {secret}"), secret.encode(),
    ]  # fmt: skip
    for carrier in carriers:
        line = masked(carrier)
        assert secret not in line, carrier
        assert "***" in line


@pytest.mark.parametrize("number", [199001012020121001, 1571010101900001, 6281234567890])
def test_it_is_hidden_when_it_is_a_number(number: int) -> None:
    assert str(number) not in masked({"row": [number]})


@pytest.mark.parametrize("value", HARMLESS)
def test_what_is_nobody_s_is_left_readable(value: str) -> None:
    assert value in masked({"in": [value]})


@pytest.mark.parametrize("value", [0, 12, 1_767_931_200, 1_767_931_200_123, True, None, 0.5])
def test_numbers_stay_numbers(value: Any) -> None:
    assert telemetry.mask(None, "info", {"n": value}) == {"n": value}


PROGRAM = """
import logging, threading, structlog
from shared import telemetry
telemetry.configure("attendance.worker")
log = structlog.get_logger()
log.info("imported", rows=[{"email": "some.one@example.go.id"}], count=3)
try:
    raise ValueError("no such person: some.one@example.go.id")
except ValueError:
    log.exception("failed")
    logging.getLogger("library").exception("library failed for %s", "1571010101900001")
logging.getLogger("library").warning("nested", extra={"who": "some.one@example.go.id"})
logging.getLogger("library").info("not wanted")
log.debug("not wanted")
thread = threading.Thread(target=lambda: log.info("from_a_thread", at=1))
thread.start()
thread.join()
"""


def test_every_line_is_json_names_its_process_and_holds_nobody_s_data() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stderr == ""
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["event"] for line in lines] == [
        "imported", "failed", "library failed for ***", "nested", "from_a_thread",
    ]  # fmt: skip
    assert {line["process"] for line in lines} == {"attendance.worker"}
    assert all(line["timestamp"].endswith("Z") and line["level"] for line in lines)
    assert lines[0]["rows"] == [{"email": "***"}]
    assert "no such person: ***" in lines[1]["exception"]
    assert "@example" not in run.stdout
    assert "1571010101900001" not in run.stdout


def test_every_metric_is_ours_has_a_meaning_and_names_no_person() -> None:
    metrics = [m for m in vars(telemetry).values() if isinstance(m, Counter | Gauge | Histogram)]
    assert len(metrics) >= 10
    for metric in metrics:
        assert metric._name.startswith("hadir_")
        assert len(metric._documentation) > 10
        assert not {"participant", "participant_id", "email", "name", "ip"} & set(
            metric._labelnames
        )
