"""Answer bodies."""

from typing import Any, Literal

from pydantic import BaseModel

from shared.events.registration import (
    Category,
    Hall,
    Link,
    ProgrammeSetV1,
    RegionQuota,
    RuleV1,
    Signatory,
    WebinarSetV1,
    ZoomRoom,
)


class Programme(BaseModel):
    """A programme as it stands."""

    id: str
    version: int
    year: int
    name: str
    targets: dict[str, int]
    quotas: list[RegionQuota]


class Session(BaseModel):
    """A part of a webinar with its own official window."""

    id: str
    start: str
    end: str
    breaks: list[dict[str, str]]
    time_zone: str
    zoom: ZoomRoom | None
    hall: Hall | None


class Webinar(BaseModel):
    """A webinar as it stands; `rule_version` counts changes of the rule."""

    id: str
    version: int
    programme_id: str
    year: int
    title: str
    sessions: list[Session]
    rule: RuleV1
    rule_version: int
    host_down: str
    check_out_expected: bool
    reconciliation: bool
    certificates: str
    grace_seconds: int
    retry_window_seconds: int
    report_deadline_seconds: int
    report_reread_seconds: int
    staff: list[str]
    jp: int
    signatory: Signatory | None
    state: str


class Enrolment(BaseModel):
    """A person's place in a webinar, without personal data."""

    participant_id: str
    external_id: str
    region_code: str
    category: Category
    mode: str
    status: Literal["enrolled", "cancelled"]
    links: list[Link]
    version: int


class Enrolled(Enrolment):
    """What has become of one person."""

    outcome: Literal["created", "updated", "unchanged"]


class Participant(BaseModel):
    """Who a person is: personal data."""

    participant_id: str
    external_id: str
    name: str
    email: str
    nip: str
    agency: str


class Issue(BaseModel):
    """One problem of one cell; rows as a spreadsheet counts them, the header is row 1."""

    row: int
    column: str
    code: str
    message: str


class ImportResult(BaseModel):
    """`rows` without the header; created, updated and unchanged count people."""

    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: list[Issue]
    rejected_rows: int
    warnings: list[Issue]
    ignored_columns: list[str]


class ImportJob(ImportResult):
    """A large import. Interrupted = upload the same file again, nothing is written twice."""

    id: str
    webinar_id: str
    state: Literal["running", "done", "interrupted"]
    people_done: int
    note: str | None


class Pages(BaseModel):
    """A page of a list; `next` null = the last one."""

    next: str | None


class Programmes(Pages):
    """Programmes."""

    items: list[Programme]


class Webinars(Pages):
    """Webinars."""

    items: list[Webinar]


class Enrolments(Pages):
    """Enrolments in the order of participant ids."""

    items: list[Enrolment]


def programme_dict(event: dict[str, Any]) -> dict[str, Any]:
    """A programme's event as the resource."""
    return {"id": event["programme_id"], **{k: v for k, v in event.items() if k != "programme_id"}}


def webinar_dict(event: dict[str, Any]) -> dict[str, Any]:
    """A webinar's event as the resource."""
    return {"id": event["webinar_id"], **{k: v for k, v in event.items() if k != "webinar_id"}}


def programme_of(event: ProgrammeSetV1) -> dict[str, Any]:
    """A programme as the resource."""
    return programme_dict(event.model_dump(mode="json"))


def webinar_of(event: WebinarSetV1) -> dict[str, Any]:
    """A webinar as the resource."""
    return webinar_dict(event.model_dump(mode="json"))
