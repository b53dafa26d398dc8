"""What people did: who, when, what, why, before and after. One event per service, one meaning."""

from typing import Any, ClassVar

from shared.events import Event, UtcTime


class Audited(Event):
    """A write by a person, or a look that must be known. No value of personal data stands in it:
    people are named by participant_id, callers by the subject of their token.

    `action` is a word such as `correction-made`; `subject` the id of what it was done to; `before`
    and `after` are figures, states and versions.
    """

    type: ClassVar[str] = ""
    audit_id: str
    at: UtcTime
    who: str
    action: str
    subject: str
    webinar_id: str | None = None
    reason: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class AttendanceAuditedV1(Audited):
    """Something was done in attendance."""

    type: ClassVar[str] = "hadir.attendance.audited.v1"


class RegistrationAuditedV1(Audited):
    """Something was done in registration."""

    type: ClassVar[str] = "hadir.registration.audited.v1"
