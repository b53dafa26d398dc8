"""The audit trail: one record for every write by a person, published together with what it tells of.

Each service has a topic of its own (one owner per topic) with the same fields, so a reader of all of
them has one trail. Publish the record in the same call as the write: when the call fails, the caller
says it again, and both are there, or neither was confirmed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from shared.envelope import rfc3339
from shared.events.audit import AttendanceAuditedV1, Audited, RegistrationAuditedV1
from shared.http import Caller
from shared.publish import Outgoing
from shared.topics import ATTENDANCE_AUDIT, REGISTRATION_AUDIT, Topic

_EVENTS: Mapping[str, type[Audited]] = {
    ATTENDANCE_AUDIT.name: AttendanceAuditedV1,
    REGISTRATION_AUDIT.name: RegistrationAuditedV1,
}


def audited(
    topic: Topic, caller: Caller, action: str, subject: str, *, webinar_id: str | None = None,
    reason: str = "", before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None, at: datetime | None = None, audit_id: str = "",
) -> Outgoing:  # fmt: skip
    """The record, ready to be published. `before` and `after` hold no personal data.

    `audit_id` names what is said again under one Idempotency-Key; by default it is new.

    Raises:
        KeyError: the topic is no audit topic.
    """
    moment = at or datetime.now(UTC)
    event = _EVENTS[topic.name](
        audit_id=audit_id or str(uuid4()), at=rfc3339(moment), who=caller.subject, action=action,
        subject=subject, webinar_id=webinar_id, reason=reason,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
    )  # fmt: skip
    return Outgoing(topic, webinar_id or subject, event, moment)
