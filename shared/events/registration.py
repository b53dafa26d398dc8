"""What registration says: programmes with quotas, webinars, people, enrolments."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from shared.events import Event, Model, UtcTime


class Category(StrEnum):
    """Whom a place is for (contract: Import)."""

    ASN = "asn"
    TNI = "tni"
    POLRI = "polri"
    PROSECUTOR = "prosecutor"
    LEGISLATOR = "legislator"
    PUBLIC = "public"


class RegionQuota(Model):
    """People to be trained in a region; Kemendagri code of a province or a regency."""

    region_code: str
    category: Category
    quota: int = Field(ge=0)


class ProgrammeSetV1(Event):
    """A yearly programme as it stands; the highest version holds."""

    type: ClassVar[str] = "hadir.registration.programme-set.v1"
    programme_id: str
    version: int
    year: int
    name: str
    targets: dict[str, int] = {}
    quotas: tuple[RegionQuota, ...] = ()


class Break(Model):
    """A pause inside a session, half-open [start, end)."""

    start: UtcTime
    end: UtcTime


class ZoomRoom(Model):
    """The Zoom number in which a session is held."""

    number: str
    kind: Literal["meeting", "webinar"] = "webinar"


class Hall(Model):
    """The room in which a session is held."""

    name: str
    capacity: int | None = None


class SessionV1(Model):
    """A part of a webinar with its own official window."""

    id: str
    start: UtcTime
    end: UtcTime
    breaks: tuple[Break, ...] = ()
    time_zone: str = "Asia/Jakarta"
    zoom: ZoomRoom | None = None
    hall: Hall | None = None


class RuleV1(Model):
    """Rule D1: `minimum_share` in basis points, `latest_join` in seconds after a session's start."""

    minimum_share: int = Field(default=8000, ge=0, le=10000)
    scope: Literal["all", "each_session"] = "all"
    minimum_sessions: int | None = None
    latest_join: int | None = None
    required_items: tuple[str, ...] = ()


class Signatory(Model):
    """Whose name stands under the certificate."""

    name: str
    title: str


class WebinarSetV1(Event):
    """A webinar as it stands; the highest version holds. `rule_version` counts changes of rule.

    `staff` are pseudonyms (`crypto.identity_hmac`) of e-mail addresses and Zoom ids.
    """

    type: ClassVar[str] = "hadir.registration.webinar-set.v1"
    webinar_id: str
    version: int
    programme_id: str
    year: int
    title: str
    sessions: tuple[SessionV1, ...]
    rule: RuleV1 = RuleV1()
    rule_version: int = 1
    host_down: Literal["exclude", "include"] = "exclude"
    check_out_expected: bool = False
    reconciliation: bool = False
    certificates: Literal["at_once", "after_reconciliation", "on_release"] = "at_once"
    grace_seconds: int = Field(default=120, ge=0)
    retry_window_seconds: int = Field(default=5700, ge=0)
    report_deadline_seconds: int = Field(default=86400, ge=0)
    report_reread_seconds: int = Field(default=60, ge=0)
    staff: tuple[str, ...] = ()
    jp: int = Field(default=0, ge=0)
    signatory: Signatory | None = None
    state: Literal["open", "closed", "cancelled"] = "open"


class KeyWrappedV1(Event):
    """A person's data key, wrapped by the installation's key; a tombstone erases the person."""

    type: ClassVar[str] = "hadir.registration.key-wrapped.v1"
    participant_id: str
    wrapped: str


class ParticipantRegisteredV1(Event):
    """Who a person is; `sealed` is `PersonalData` under the person's data key."""

    type: ClassVar[str] = "hadir.registration.participant-registered.v1"
    participant_id: str
    version: int
    sealed: str


class PersonalData(Model):
    """What is inside `sealed`; it stands nowhere else."""

    external_id: str
    name: str
    email: str = ""
    nip: str = ""
    agency: str = ""


class Link(Model):
    """A personal Zoom registration."""

    zoom_number: str
    registrant_id: str


class EnrolledV1(Event):
    """A person's place in a webinar; `version` is the millisecond at which it was said.

    The `former_*` fields keep every identifier that this enrolment once had, so that a reader that
    missed the change still knows whose evidence must be taken back.
    """

    type: ClassVar[str] = "hadir.registration.enrolled.v1"
    webinar_id: str
    participant_id: str
    external_id: str
    version: int
    year: int
    region_code: str
    category: Category
    mode: Literal["online", "onsite", "either"] = "either"
    status: Literal["enrolled", "cancelled"] = "enrolled"
    links: tuple[Link, ...] = ()
    former_links: tuple[Link, ...] = ()
    email_hmac: str = ""
    former_email_hmacs: tuple[str, ...] = ()
    customer_key_hmac: str = ""
    taken_from: tuple[str, ...] = ()
