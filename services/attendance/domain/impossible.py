"""Times that cannot be: a delivery with one is no fact; it is set aside with the reason.

Its other fields are not used either: a join or leave without its time proves nothing, and a start or
end years off would move everybody's bounds for ever (rule F1: earliest start, latest end).
"""

from services.attendance.domain.webhook import Lifecycle, Participant

DAY = 86_400
"""Seconds by which an event's own time and its `event_ts` may differ: both say when it happened."""
YEAR = 366 * DAY
"""Seconds by which an event may lie after its arrival. Wide, for a computer whose clock was never
set must not refuse everything; a time that is off by less shows in `event_ts`."""

FIRST = 946_684_800
"""2000-01-01, in epoch seconds: what says that it was earlier has a clock that was never set."""


def impossible(event: Participant | Lifecycle, arrived: int) -> str | None:
    """Why the event cannot have happened at its time; None when it can. `arrived`: epoch second."""
    if event.event_ts > 0 and abs(event.at - event.event_ts // 1000) > DAY:
        return "impossible time: more than a day away from the event_ts of the same event"
    if event.at < FIRST:
        return "impossible time: it lies before the year 2000"
    if event.at > arrived + YEAR:
        return "impossible time: it lies in the future"
    return None
