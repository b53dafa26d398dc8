"""Logs as JSON lines, and every metric in one list: name, unit, meaning. No personal data in either."""

import logging
import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping, MutableMapping
from itertools import accumulate
from typing import Any

import structlog
from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class Answers(Collector):
    """Deliveries by status, and how long they took: plain numbers of one thread, made into metrics
    when they are read. A metric object's locks would cost each delivery more than parsing it."""

    BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)

    def __init__(self) -> None:
        self._by_status: dict[str, int] = {}
        self._within = [0] * (len(self.BOUNDS) + 1)
        self._seconds = 0.0
        REGISTRY.register(self)

    def add(self, status: str, seconds: float) -> None:
        """One answered delivery."""
        self._by_status[status] = self._by_status.get(status, 0) + 1
        self._within[bisect_left(self.BOUNDS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        counted = CounterMetricFamily(
            "hadir_gateway_webhooks", "Deliveries answered, by status code", labels=["status"]
        )
        for status, count in list(self._by_status.items()):
            counted.add_metric([status], count)
        yield counted
        names = [*map(str, self.BOUNDS), "+Inf"]
        yield HistogramMetricFamily(
            "hadir_gateway_seconds", "From the first byte of a delivery to its answer",
            buckets=list(zip(names, accumulate(self._within), strict=True)),
            sum_value=self._seconds,
        )  # fmt: skip


ANSWERS = Answers()
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
REPORT_READS = Counter(
    "hadir_report_reads_total", "Readings of Zoom reports, by outcome", ["outcome"]
)
REPORT_ROWS = Counter("hadir_report_rows_total", "Rows of Zoom reports that were read")
QUOTA_CELLS = Counter("hadir_quota_cells_published_total", "Quota cell versions published")


def count_folded(stage: str, kinds: dict[str, int]) -> None:
    """Count what a record held, once per kind, and empty the tally."""
    for kind, many in kinds.items():
        EVENTS.labels(stage=stage, kind=kind).inc(many)
    kinds.clear()


_NIP = r"(?<!\d)\d{8}[ .]?\d{6}[ .]?\d[ .]?\d{3}(?!\d)"  # also as it is printed: 8 6 1 3 digits
_NIK = r"(?<!\d)\d{16}(?!\d)"
_EMAIL = r"[\w.+-]+@[\w-]+\.[\w.-]+"
_PHONE = r"(?<!\w)(?:\+?62|0)[ -]?[2-9](?:[ -]?\d){7,11}(?!\w)"
_PERSONAL = re.compile(f"{_NIP}|{_NIK}|{_EMAIL}|{_PHONE}")


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what looks like NIP, NIK, e-mail or phone, wherever and however deep it slipped in."""
    for name, value in event.items():
        event[name] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return "***" if _PERSONAL.search(str(value)) else value
    if isinstance(value, Mapping):
        return {_masked(str(name)): _masked(inside) for name, inside in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inside) for inside in value]
    # whatever JSON does not know (an exception, bytes, a model) would be written as its repr
    return _PERSONAL.sub("***", value if isinstance(value, str) else repr(value))


def configure(process: str, level: int = logging.INFO) -> None:
    """JSON lines on stdout for our own and every library's log records; call once at start."""

    def name_process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, mask, structlog.processors.JSONRenderer()],
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
