"""Logs as JSON lines, and every metric in one list: name, unit, meaning. No personal data in either."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

WEBHOOKS = Counter(
    "hadir_gateway_webhooks_total", "Deliveries answered, by status code", ["status"]
)
WEBHOOK_SECONDS = Histogram(
    "hadir_gateway_seconds", "From the first byte of a delivery to its answer",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)  # fmt: skip
GATEWAY_WAITING = Gauge("hadir_gateway_waiting_bytes", "Bytes accepted but not yet on the broker")
OLD_SECRET = Counter("hadir_gateway_old_secret_total", "Deliveries signed with an older secret")
CRC = Counter(
    "hadir_gateway_crc_total", "Zoom's endpoint validations (every 72 h), by outcome", ["outcome"]
)
EVENTS = Counter(
    "hadir_attendance_events_total", "Events folded, by stage and kind", ["stage", "kind"]
)
NOT_EVIDENCE = Counter(
    "hadir_attendance_not_evidence_total", "Valid Zoom events kept that are no evidence", ["event"]
)
POSITION = Gauge("hadir_position", "Next offset whose effects are written", ["stage", "partition"])
LAG = Gauge("hadir_lag", "Records between position and end of log", ["stage"])
DECISIONS = Counter("hadir_decisions_total", "Decision versions published, by verdict", ["verdict"])
DEAD_LETTERS = Counter("hadir_dead_letters_total", "Records set aside, by topic", ["topic"])
CERTIFICATES = Counter("hadir_certificates_issued_total", "Certificates issued")
DOCUMENTS_WAITING = Gauge("hadir_documents_waiting", "Certificates whose document is not made yet")
QUOTA_CELLS = Counter("hadir_quota_cells_published_total", "Quota cell versions published")

_SECRET = re.compile(r"\b\d{16}(?:\d{2})?\b|[\w.+-]+@[\w-]+\.[\w.-]+|\+?62\d{8,12}")


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what looks like NIP, NIK, e-mail or phone, wherever it slipped in."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _SECRET.sub("***", value)
    return event


def configure(process: str, level: int = logging.INFO) -> None:
    """JSON lines on stdout for our own and every library's log records; call once at start."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # kafka-python warns of every 100 ms that another process had the core
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)
