"""Where Zoom's report and its webhooks differ, as events of the list (rule Z3)."""

from collections.abc import Iterator

from services.attendance.domain.reported import differences
from services.attendance.knowledge import Knowledge
from services.attendance.person import Person
from shared.events.reports import ReportDifferedV1, ReportDifference

LISTED = {"owner", "unresolved"}
"""Whoever is only a candidate has no part in the list: the connection's own key has."""


def differing(
    knowledge: Knowledge, webinar_id: str, participant_id: str, person: Person | None
) -> Iterator[ReportDifferedV1]:
    """What the list must say of a person's connections and does not say yet."""
    for seen in () if person is None else person.seen.values():
        connection = seen.connection
        if not (connection.reported or knowledge.differences):
            continue  # the usual case
        found = (
            differences(connection.facts, connection.rows)
            if connection.reported and seen.role in LISTED
            else ()
        )
        known = knowledge.differences.get((webinar_id, participant_id, connection.connection_id))
        if not found and known is None:
            continue
        event = ReportDifferedV1(
            webinar_id=webinar_id,
            participant_id=participant_id,
            connection_id=connection.connection_id,
            meeting_uuid=connection.meeting_uuid,
            differences=tuple(ReportDifference(**one._asdict()) for one in found),
        )
        if event != known:
            yield event


def differed_key(event: ReportDifferedV1) -> str:
    """The record's key."""
    return f"{event.webinar_id}|{event.participant_id}|{event.connection_id}"
