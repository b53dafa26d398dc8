"""Clocks as facts (rule L2): which are due, and which are still to come."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed, MeetingTimes, Session, Webinar
from services.attendance.domain.intervals import FOREVER
from services.attendance.domain.meetings import life
from services.attendance.domain.plan import overlapping, windows_of


class Pending(NamedTuple):
    """A clock that has not been written; it is due at `at`, if no further webhook comes."""

    at: int
    clock: ClockPassed


def due(
    webinar: Webinar,
    meetings: Sequence[MeetingTimes],
    passed: Collection[ClockPassed],
    now: int,
    last_arrival: Mapping[str, int],
    others: Sequence[Session] = (),
) -> tuple[list[ClockPassed], int]:
    """The clocks that must be written now, and when the next one is due, if nothing else is heard
    (`FOREVER`: none is left).

    `last_arrival`: per meeting uuid, when its last webhook *arrived* (epoch seconds). `others`:
    other webinars' sessions in the same Zoom numbers, as for `plan`.
    """
    found = _all(webinar, meetings, last_arrival, others)
    waiting = [one for one in found if one.clock not in passed]
    later = min((one.at for one in waiting if one.at > now), default=FOREVER)
    return [one.clock for one in waiting if one.at <= now], later


def pending(
    webinar: Webinar,
    passed: Collection[ClockPassed],
    meetings: Sequence[MeetingTimes] = (),
    last_arrival: Mapping[str, int] | None = None,
    others: Sequence[Session] = (),
) -> list[Pending]:
    """The clocks that decisions still wait for, soonest first; not those of the archive.

    Without `meetings` and `last_arrival` the clocks are right, their instants the earliest possible.
    """
    found = _all(webinar, meetings, last_arrival or {}, others)
    waited = {ClockKind.GRACE, ClockKind.RETRY_WINDOW, ClockKind.REPORT_DEADLINE}
    return sorted(one for one in found if one.clock.kind in waited and one.clock not in passed)


def is_archived(webinar: Webinar, passed: Collection[ClockPassed]) -> bool:
    """Whether the webinar makes no new versions any more: every session's archive clock passed."""
    return all(
        ClockPassed(webinar.id, session.id, session.end, ClockKind.ARCHIVED) in passed
        for session in webinar.sessions
    )


def _all(
    webinar: Webinar,
    meetings: Sequence[MeetingTimes],
    last_arrival: Mapping[str, int],
    others: Sequence[Session],
) -> Iterator[Pending]:
    windows = windows_of(webinar, meetings, others)
    for session in webinar.sessions:
        held = overlapping(session, meetings, windows[session.number]) if session.number else []
        ends = [end for times in held if (end := life(times).end) is not None]
        over = max([session.end, *ends])
        arrived = max((last_arrival.get(times.uuid, 0) for times in held), default=0)
        for kind, instant, length in _lengths(webinar, session.end, over):
            clock = ClockPassed(webinar.id, session.id, session.end, kind)
            yield Pending(max(instant, arrived) + length, clock)


def _lengths(webinar: Webinar, end: int, over: int) -> Iterator[tuple[ClockKind, int, int]]:
    """(kind, the rule's instant, length); only the clock that decisions wait for (rule D6)."""
    yield ClockKind.GRACE, end, webinar.grace_seconds
    if webinar.reconciliation:
        yield ClockKind.REPORT_DEADLINE, over, webinar.report_deadline_seconds
    else:
        yield ClockKind.RETRY_WINDOW, over, webinar.retry_window_seconds
    yield ClockKind.IDENTITY_FROZEN, over, webinar.identity_seconds
    yield ClockKind.ARCHIVED, over, webinar.archive_seconds
