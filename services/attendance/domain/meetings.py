"""A meeting uuid's life: what its lifecycle facts add up to (rules F1, I7–I9)."""

from collections.abc import Callable
from typing import NamedTuple

from services.attendance.domain.facts import MeetingTimes
from services.attendance.domain.webhook import Lifecycle, Participant

REHEARSAL_TAIL = 120
"""Seconds after a practice end in which a leave or an end still belongs to it (rule I9)."""


class Life(NamedTuple):
    """How one uuid bounds the visits in it.

    `start` and `end` are None when unknown; `seen` is then when it was first seen. All before
    `floor` is void (rule I9). `rehearsal`: nothing followed the practice end, so nothing of it
    counts.
    """

    start: int | None = None
    end: int | None = None
    floor: int | None = None
    rehearsal: bool = False
    seen: int | None = None


UNKNOWN = Life()


def life(times: MeetingTimes) -> Life:
    """The life of a uuid by rule I9; void facts before a practice end are left out."""
    practice = times.practice_ended
    if practice is None:
        return Life(times.started, times.ended, seen=times.first_seen)
    if not went_on(times, practice):
        return Life(None, practice, practice, rehearsal=True)
    start = None if times.started is None else max(times.started, practice)
    end = times.ended if times.ended is not None and times.ended > practice else None
    seen = None if times.first_seen is None else max(times.first_seen, practice)
    return Life(start, end, practice, seen=seen)


def went_on(times: MeetingTimes, practice_end: int) -> bool:
    """Whether the uuid went on after its practice end (rule I9)."""
    begun = (times.started, times.last_start, times.last_join)
    over = (times.ended, times.last_leave)
    return any(at is not None and at > practice_end for at in begun) or any(
        at is not None and at > practice_end + REHEARSAL_TAIL for at in over
    )


def of_lifecycle(event: Lifecycle) -> MeetingTimes:
    """What one lifecycle event says; `merge` adds it to what is known."""
    if event.kind == "started":
        return MeetingTimes(event.meeting_uuid, event.number, started=event.at, last_start=event.at)
    if event.practice_session:
        return MeetingTimes(event.meeting_uuid, event.number, practice_ended=event.at)
    return MeetingTimes(event.meeting_uuid, event.number, ended=event.at)


def of_participant(event: Participant) -> MeetingTimes:
    """What somebody's join or leave says about the uuid itself (rule I9)."""
    joined = event.kind == "joined"
    return MeetingTimes(
        event.meeting_uuid,
        event.number,
        last_join=event.at if joined else None,
        last_leave=None if joined else event.at,
        first_seen=event.at,
    )


def merge(one: MeetingTimes, other: MeetingTimes) -> MeetingTimes:
    """Both, in any order: the earliest start, the latest of all else (rule F1)."""
    return MeetingTimes(
        one.uuid,
        min(filter(None, (one.number, other.number)), default=""),
        _known(min, one.started, other.started),
        _known(max, one.ended, other.ended),
        _known(max, one.practice_ended, other.practice_ended),
        _known(max, one.last_start, other.last_start),
        _known(max, one.last_join, other.last_join),
        _known(max, one.last_leave, other.last_leave),
        _known(min, one.first_seen, other.first_seen),
    )


def instants(times: MeetingTimes) -> list[int]:
    """Every second at which the uuid is known to have been there."""
    seen = (times.started, times.ended, *times[4:])
    return [at for at in seen if at is not None]


def _known(pick: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return pick(one, other)
