"""THE list of topics, in the order of the flow. Who writes, who reads, how long it is kept, why.

Names get the installation's prefix (`settings.topic(...)`). Topics with `co_partitioned` are joined
with each other by key and must have the same partition count.
"""

from dataclasses import dataclass
from typing import Literal

from shared.events import (
    Event,
    attendance,
    audit,
    certificates,
    registration,
    reporting,
    reports,
    rulings,
)

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """One topic's card. Each is there once: it equals itself alone, so that it is found quickly."""

    name: str
    key: str
    cleanup: Literal["delete", "compact"]
    writer: str
    readers: tuple[str, ...]
    why: str
    events: tuple[type[Event], ...] = ()
    retention_days: int | None = None  # None = for ever
    single_partition: bool = False
    batched: bool = False  # records may hold several events (shared/batch.py)
    personal: bool = False  # holds personal data: tools print sizes, never values
    erasable: bool = False  # compaction must not delay an erasure
    cut: bool = False  # its writer deletes what it has outdated

    @property
    def dead_letters(self) -> str:
        """Where records of this topic go that nobody could read."""
        return f"{self.name}.dlq"


PROGRAMMES = Topic(
    "registration.programmes.v1", "programme_id", "compact", "registration api",
    ("registration", "reporting", "certificates"), "year, targets and quotas of a programme",
    (registration.ProgrammeSetV1,),
)  # fmt: skip
WEBINARS = Topic(
    "registration.webinars.v1", "webinar_id", "compact", "registration api",
    ("registration", "attendance", "certificates", "reporting"),
    "sessions, Zoom numbers, rule, settings, signatory", (registration.WebinarSetV1,),
)  # fmt: skip
KEYS = Topic(
    "registration.keys.v1", "participant_id", "compact", "registration api",
    ("registration", "certificates"), "a person's data key, wrapped; a tombstone erases the person",
    (registration.KeyWrappedV1,), personal=True, erasable=True,
)  # fmt: skip
PARTICIPANTS = Topic(
    "registration.participants.v1", "participant_id", "compact", "registration api",
    ("registration", "certificates"), "who a person is, encrypted under the person's data key",
    (registration.ParticipantRegisteredV1,), personal=True, erasable=True,
)  # fmt: skip
ENROLMENTS = Topic(
    "registration.enrolments.v1", "webinar_id|participant_id", "compact", "registration api",
    ("registration", "attendance", "reporting", "certificates"),
    "who takes part in what, from which region; Zoom links to recognise them by",
    (registration.EnrolledV1,),
)  # fmt: skip
REGISTRATION_AUDIT = Topic(
    "registration.audit.v1", "webinar_id or subject", "delete", "registration api",
    ("attendance",), "what people did in registration: who, when, what, why, before, after",
    (audit.RegistrationAuditedV1,), retention_days=3650,
)  # fmt: skip
WEBHOOKS = Topic(
    "attendance.zoom-webhooks.v1", "meeting uuid|participant_uuid", "delete",
    "attendance gateway and worker", ("attendance",),
    "the bytes as Zoom sent them; from the worker, what other partitions must know of legs",
    (attendance.LegSeenV1, reports.ReportClaimsV1), retention_days=28, batched=True,
    personal=True,
)  # fmt: skip
REPORTS = Topic(
    "attendance.reports.v1", "meeting uuid", "delete", "attendance reconciler and api",
    ("attendance",), "what Zoom's report says of a meeting, read by read; and who asked for a read",
    (reports.ReportPageV1, reports.ReportReadV1, reports.ReportAskedV1),
    retention_days=28,
)  # fmt: skip
EVENTS = Topic(
    "attendance.events.v1", "webinar_id|participant_id", "delete", "attendance api and worker",
    ("attendance",), "the facts about a person in a webinar: the record behind every decision",
    (attendance.ConnectionSeenV1, attendance.MeetingSeenV1, attendance.ClockPassedV1,
     attendance.CheckedInV1, attendance.ItemPassedV1, reports.ReportAppliedV1),
    retention_days=400, batched=True,
)  # fmt: skip
SCANS = Topic(
    "attendance.scans.v1", "webinar_id|scan_id", "compact", "attendance api", ("attendance",),
    "which scan a scan id stands for: an id used again for another scan is refused",
    (attendance.ScanTakenV1,),
)  # fmt: skip
RULINGS = Topic(
    "attendance.rulings.v1", "webinar_id", "delete", "attendance api", ("attendance",),
    "operators' words: assigned, corrected, settled, closed, released, listed, withdrawn",
    (rulings.ConnectionAssignedV1, rulings.TimeCorrectedV1, rulings.VerdictSettledV1,
     rulings.BaseSettledV1, rulings.CasesClosedV1, rulings.CertificatesReleasedV1,
     rulings.PeopleListedV1, rulings.RulingWithdrawnV1),
    retention_days=400,
)  # fmt: skip
REVIEWS = Topic(
    "attendance.reviews.v1", "case id", "compact", "attendance worker", ("attendance",),
    "connections that nobody could be credited with, until they are settled",
    (attendance.ReviewCaseV1,),
)  # fmt: skip
DIFFERENCES = Topic(
    "attendance.differences.v1", "webinar_id|participant_id|connection", "compact",
    "attendance worker", ("attendance",), "where Zoom's report and its webhooks differ",
    (reports.ReportDifferedV1,),
)  # fmt: skip
DECISIONS = Topic(
    "attendance.decisions.v1", "webinar_id|participant_id", "compact", "attendance worker",
    ("attendance", "certificates", "reporting"), "who is eligible and why, versioned",
    (attendance.EligibilityDecidedV1,),
)  # fmt: skip
ATTENDANCE_AUDIT = Topic(
    "attendance.audit.v1", "webinar_id or subject", "delete", "attendance api",
    ("attendance",), "what people did in attendance: who, when, what, why, before, after",
    (audit.AttendanceAuditedV1,), retention_days=3650,
)  # fmt: skip
WEBHOOKS_STATE = Topic(
    "attendance.webhooks-state.v1", "the webhooks' partition", "delete", "attendance worker",
    ("attendance",), "checkpoints of what a webhooks partition's log folds to; for a quick restart",
    retention_days=28, cut=True,
)  # fmt: skip
EVENTS_STATE = Topic(
    "attendance.events-state.v1", "the events' partition", "delete", "attendance worker",
    ("attendance",), "checkpoints of what an events partition's log folds to; for a quick restart",
    retention_days=28, cut=True,
)  # fmt: skip
NUMBERS = Topic(
    "certificates.numbers.v1", "series", "delete", "certificates worker", ("certificates",),
    "the order of this one log gives certificate numbers without gaps under many workers",
    (certificates.NumberTakenV1,), single_partition=True, personal=True,
)  # fmt: skip
CERTIFICATES = Topic(
    "certificates.certificates.v1", "webinar_id|participant_id", "compact", "certificates worker",
    ("certificates", "reporting", "attendance"),
    "the one certificate of a person in a webinar, its number, status and frozen content",
    (certificates.CertificateIssuedV1, certificates.CertificateSupersededV1,
     certificates.CertificateRevokedV1),
    personal=True,
)  # fmt: skip
QUOTAS = Topic(
    "reporting.quotas.v1", "year|region|category", "compact", "reporting worker",
    ("other services",), "absolute counters against quotas; public, no person in it",
    (reporting.QuotaCellCountedV1,),
)  # fmt: skip

FLOW: tuple[Topic, ...] = (
    PROGRAMMES, WEBINARS, KEYS, PARTICIPANTS, ENROLMENTS, REGISTRATION_AUDIT,
    WEBHOOKS, REPORTS, EVENTS, SCANS, RULINGS, REVIEWS, DIFFERENCES, DECISIONS, ATTENDANCE_AUDIT,
    WEBHOOKS_STATE, EVENTS_STATE,
    NUMBERS, CERTIFICATES, QUOTAS,
)  # fmt: skip
BY_NAME = {topic.name: topic for topic in FLOW}
EVENT_TYPES: dict[str, type[Event]] = {e.type: e for topic in FLOW for e in topic.events}
