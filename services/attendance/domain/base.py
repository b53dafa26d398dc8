"""What counts of a session's window: breaks, host-down time, open questions (rules I8, I12, I13)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.attendance.domain.codes import ReasonCode
from services.attendance.domain.facts import BaseSettled, Interval, Session, Webinar
from services.attendance.domain.intervals import covered, length, subtract
from services.attendance.domain.meetings import Life


class Question(NamedTuple):
    """What the organiser must settle before anybody's verdict stands; seconds after the session's
    start where a time is meant."""

    code: ReasonCode
    session_id: str
    figures: dict[str, int | str]


class Base(NamedTuple):
    """`intervals` are disjoint and in order; `host_down` are the seconds that left it."""

    intervals: tuple[Interval, ...]
    seconds: int
    host_down: int
    gaps: tuple[Interval, ...]
    questions: tuple[Question, ...]


def base_of(
    webinar: Webinar, session: Session, lives: Sequence[Life], settled: BaseSettled | None
) -> Base:
    """The one base of a session, for everybody (rules I12, I13). `lives`: its number's uuids."""
    open_ = subtract([(session.start, session.end)], session.breaks)
    exclude = webinar.host_down == "exclude"
    gaps = [g for g in host_gaps(webinar, session, lives) if covered([g], open_)] if exclude else []
    unnamed = _unnamed(gaps, settled)
    away = [gap for gap in gaps if _leaves(gap, open_, webinar, settled)]
    base = subtract(open_, away)
    questions = [
        _gap_question(session, gap, open_)
        for gap in unnamed
        if settled is not None or covered([gap], open_) > webinar.host_long_seconds
    ]
    if (settled is None or unnamed) and length(base) * 2 < length(open_):
        questions.append(_half_question(session, length(base), length(open_)))
    return Base(
        tuple(base),
        length(base),
        length(open_) - length(base),
        tuple(gaps),
        tuple(questions),
    )


def host_gaps(webinar: Webinar, session: Session, lives: Iterable[Life]) -> list[Interval]:
    """Between a known end and the known start of the next uuid, inside the window (rule I13)."""
    found: list[Interval] = []
    up_to: int | None = None  # the end of what came before; None: not known, or nothing came
    for life in sorted(filter(_bounded, lives), key=_order):
        if not _touches(life, session) or _short(life, webinar.host_short_seconds):
            continue
        if life.start is not None and up_to is not None and life.start > up_to:
            found.append((up_to, life.start))
        up_to = None if life.end is None else max(life.end, up_to or life.end)
    return found


def _bounded(life: Life) -> bool:
    return not life.rehearsal and _first(life) is not None


def _first(life: Life) -> int | None:
    """The first second at which a uuid is known to have been there."""
    if life.start is not None:
        return life.start
    return life.end if life.seen is None else life.seen


def _order(life: Life) -> tuple[int, int, bool, bool]:
    """By time. In one second, who was there before it comes before who began in it, and an end that
    is known before one that is not: so that no order of arrival decides (rule L1)."""
    first = _first(life) or 0
    end = first if life.end is None else life.end
    return first, end, life.start is not None, life.end is None


def _touches(life: Life, session: Session) -> bool:
    first = _first(life)
    return (first is None or first < session.end) and (life.end is None or life.end > session.start)


def _short(life: Life, shortest: int) -> bool:
    return life.start is not None and life.end is not None and life.end - life.start < shortest


def _unnamed(gaps: Sequence[Interval], settled: BaseSettled | None) -> list[Interval]:
    """The gaps that a settlement does not name; without one, all."""
    if settled is None:
        return list(gaps)
    return [gap for gap in gaps if gap not in settled.leaving and gap not in settled.staying]


def _leaves(
    gap: Interval, open_: Sequence[Interval], webinar: Webinar, settled: BaseSettled | None
) -> bool:
    if settled is not None and gap in settled.leaving:
        return True
    if settled is not None and gap in settled.staying:
        return False
    return covered([gap], open_) <= webinar.host_long_seconds


def _gap_question(session: Session, gap: Interval, open_: Sequence[Interval]) -> Question:
    """A long gap asks; once a base was settled, any gap that was not looked at asks again."""
    figures: dict[str, int | str] = {
        "session": session.id,
        "after_seconds": gap[0] - session.start,
        "gap_seconds": covered([gap], open_),
    }
    return Question(ReasonCode.HOST_GAP_UNSETTLED, session.id, figures)


def _half_question(session: Session, base: int, window: int) -> Question:
    figures: dict[str, int | str] = {
        "session": session.id,
        "base_seconds": base,
        "window_seconds": window,
    }
    return Question(ReasonCode.BASE_UNDER_HALF, session.id, figures)
