"""Request and answer bodies. Unknown fields are refused: a misspelt setting must not pass silently.

Fields that only answers have (`id`, `version`, …) may be sent back and are ignored.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.registration.domain.webinar import instant
from services.registration.routes.examples import ENROLMENT, PROGRAMME, WEBINAR
from shared.events.registration import (
    Link,
    RegionQuota,
)

Instant = Annotated[str, AfterValidator(instant)]
"""RFC 3339 with Z or an offset; kept in UTC and whole seconds."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProgrammeBody(Body):
    """A yearly programme; `targets` are people by category."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [PROGRAMME]}
    )
    year: int
    name: Text
    targets: dict[str, int] = {}
    quotas: list[RegionQuota] = Field(
        default=[], exclude=True, description="set by PUT …/quotas; ignored"
    )
    id: str = Field(default="", exclude=True, description="ignored")
    version: int = Field(default=0, exclude=True, description="ignored")


class BreakBody(Body):
    """A pause inside a session, half-open [start, end)."""

    start: Instant
    end: Instant


class ZoomBody(Body):
    """The Zoom number of a session."""

    number: Annotated[str, StringConstraints(strip_whitespace=True)]
    kind: Literal["meeting", "webinar"] = "webinar"


class HallBody(Body):
    """The room of a session."""

    name: Text
    capacity: int | None = None


class SessionBody(Body):
    """A part of a webinar; it needs `zoom`, `hall` or both."""

    id: str
    start: Instant
    end: Instant
    breaks: list[BreakBody] = []
    time_zone: str = "Asia/Jakarta"
    zoom: ZoomBody | None = None
    hall: HallBody | None = None


class RuleBody(Body):
    """`minimum_share` in basis points; `latest_join` in seconds after a session's start."""

    minimum_share: int = Field(default=8000, ge=0, le=10000)
    scope: Literal["all", "each_session"] = "all"
    minimum_sessions: int | None = None
    latest_join: int | None = None
    required_items: list[str] = []


class SignatoryBody(Body):
    """Whose name stands under the certificate."""

    name: Text
    title: Text


class WebinarBody(Body):
    """A webinar. `staff` are e-mail addresses or Zoom ids, which are kept as pseudonyms."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [WEBINAR]}
    )
    programme_id: str
    title: Text
    sessions: list[SessionBody]
    rule: RuleBody = RuleBody()
    host_down: Literal["exclude", "include"] = "exclude"
    check_out_expected: bool = False
    reconciliation: bool = False
    certificates: Literal["at_once", "after_reconciliation", "on_release"] = "at_once"
    grace_seconds: int = Field(default=120, ge=0)
    retry_window_seconds: int = Field(default=5700, ge=0)
    report_deadline_seconds: int = Field(default=86400, ge=0)
    report_reread_seconds: int = Field(default=60, ge=0)
    staff: list[str] = []
    jp: int = Field(default=0, ge=0, description="Jam Pelajaran")
    signatory: SignatoryBody | None = None
    state: Literal["open", "closed", "cancelled"] = "open"
    id: str = Field(default="", exclude=True, description="ignored")
    year: int = Field(default=0, exclude=True, description="ignored: the programme's")
    version: int = Field(default=0, exclude=True, description="ignored")
    rule_version: int = Field(default=0, exclude=True, description="ignored")


class EnrolmentBody(Body):
    """One person, like a row of an import. `links` replace those of the Zoom numbers they name."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [ENROLMENT]}
    )
    external_id: str
    name: str
    category: str
    region_code: str
    email: str | None = None
    nip: str | None = None
    agency: str | None = None
    mode: str | None = None
    zoom_number: str | None = Field(
        default=None, description="of `registrant_id`: one link without a list"
    )
    registrant_id: str | None = None
    links: list[Link] | None = None


class WalkInBody(Body):
    """Somebody who came without an enrolment. `walk_in_id` is made by the door page, once: said
    again with the same id it is the same person."""

    walk_in_id: UUID
    name: str
    category: str
    region_code: str
    email: str | None = None
    nip: str | None = None
    agency: str | None = None
