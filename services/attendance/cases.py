"""Review cases: connections that are nobody's, and evidence that gives 0 s (rules W6, I5, I10, I11)."""

from collections.abc import Collection, Iterator

from services.attendance.domain.facts import Connection
from services.attendance.domain.plan import Plan
from services.attendance.domain.presence import Measured, at_stake
from services.attendance.domain.reports import root
from services.attendance.person import Seen
from shared.events.attendance import ReviewCaseV1
from shared.keys import derived_id


def connection_case(the_plan: Plan, seen: Seen) -> ReviewCaseV1:
    """The case of a parked connection: open while it is unresolved and has a second in a base."""
    connection, webinar_id = seen.connection, the_plan.webinar.id
    seconds, times = at_stake(the_plan, connection)
    unresolved = seen.role == "unresolved" and seconds > 0
    return ReviewCaseV1(
        case_id=derived_id("case", webinar_id, connection.connection_id),
        webinar_id=webinar_id,
        connection_id=connection.connection_id,
        meeting_uuid=connection.meeting_uuid,
        problem=seen.problem or "unknown",
        status="open" if unresolved else "settled",
        seconds=seconds,
        candidates=seen.candidates,
        zoom_number=connection.number,
        user_ids=tuple(sorted(_user_ids(connection))),
        times=times,
        alike=seen.alike,
    )


def _user_ids(connection: Connection) -> set[str]:
    """Of webhooks and of the report's rows: an operator's word names the connection by one."""
    reported = {root(user_id) for user_id, _, _ in connection.rows}
    return {user_id for _, user_id, _ in connection.facts} | reported


def astray_cases(
    the_plan: Plan, participant_id: str, measured: Measured, known: Collection[str]
) -> Iterator[ReviewCaseV1]:
    """One case for each piece of a person's evidence that gives 0 s; known ones that no longer
    are so, settled."""
    webinar_id = the_plan.webinar.id
    found: dict[str, tuple[str, str]] = {}
    for astray in measured.astray:
        source = f"@{participant_id}|{astray.problem.value}|{astray.source}"
        found[derived_id("case", webinar_id, source)] = (source, astray.problem.value)
    for case_id in sorted({*found, *known}):
        source, problem = found.get(case_id, (f"@{participant_id}", "settled"))
        yield ReviewCaseV1(
            case_id=case_id,
            webinar_id=webinar_id,
            connection_id=source,
            meeting_uuid="",
            problem=problem,
            status="open" if case_id in found else "settled",
            seconds=0,
            candidates=(participant_id,),
        )
