"""What Zoom's reports say of a meeting, what came of them, and where they differ from webhooks."""

from typing import ClassVar, Literal

from shared.events import Event, Model

ReportRow = tuple[str, int | None, int | None, str, str, str, str]


class ReportPageV1(Event):
    """A page of Zoom's participant report of one meeting uuid; names are dropped.

    `rows` are [user_id, join, leave, status, registrant_id, email_hmac, customer_key_hmac], status
    `in_meeting`, `in_waiting_room`, or why the row is no evidence (`no_user_id`, …). `read` is the
    millisecond at which the reading began.
    """

    type: ClassVar[str] = "hadir.attendance.report-page.v1"
    meeting_uuid: str
    zoom_number: str
    read: int
    page: int
    rows: tuple[ReportRow, ...]


class ReportReadV1(Event):
    """A reading of a report is over: how many rows came, of how many, and their digest, which says
    nothing of their order. `refused`: rows that are no evidence. `problem`: why it broke off.
    `first`: the `read` of the uuid's first reading; 0 where it is this one.
    """

    type: ClassVar[str] = "hadir.attendance.report-read.v1"
    meeting_uuid: str
    zoom_number: str
    read: int
    at: int
    total_records: int
    rows: int
    refused: int = 0
    digest: str
    problem: str = ""
    first: int = 0


class ReportAskedV1(Event):
    """Somebody asked for a reading now: of one meeting uuid, or of all of a webinar."""

    type: ClassVar[str] = "hadir.attendance.report-asked.v1"
    asked_ms: int
    asked_by: str
    reason: str
    webinar_id: str | None = None
    meeting_uuid: str | None = None


class ReportClaimsV1(Event):
    """Webhooks partition `source` of `sources` has told which user_ids of a reported meeting uuid
    its connections have; `users` are those whose home is the partition that this record is on.
    `told` counts those of all partitions.
    """

    type: ClassVar[str] = "hadir.attendance.report-claims.v1"
    meeting_uuid: str
    digest: str
    source: int
    sources: int
    users: tuple[str, ...] = ()
    told: int


class ReportAppliedV1(Event):
    """Webhooks partition `source` has told everybody what a report says of them (rule Z2).

    `confirmed` is false for a read that says that there is no report: it suffices if all sources
    together saw at most one participant. `participants`: up to two pseudonyms, as of `revision`.
    """

    type: ClassVar[str] = "hadir.attendance.report-applied.v1"
    meeting_uuid: str
    zoom_number: str
    digest: str
    confirmed: bool
    source: int
    sources: int
    participants: tuple[str, ...] = ()
    revision: int = 0


class ReportDifference(Model):
    """One user_id on which webhooks and report differ; sides are [first join, last leave]."""

    user_id: str
    kind: Literal["lost", "closed", "differs", "unreported"]
    webhook: tuple[int | None, int | None]
    report: tuple[int | None, int | None]


class ReportDifferedV1(Event):
    """Where Zoom's report and webhooks differ on one connection, as one person's (or, unresolved,
    its own) evidence; no differences: they no longer do (rule Z3)."""

    type: ClassVar[str] = "hadir.attendance.report-differed.v1"
    webinar_id: str
    participant_id: str
    connection_id: str
    meeting_uuid: str
    differences: tuple[ReportDifference, ...] = ()
