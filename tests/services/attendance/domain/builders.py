"""Short words for facts. Times are minutes or seconds after T, the start of the first session."""

from services.attendance.domain.codes import ClockKind, Enrolment
from services.attendance.domain.eligibility import Decision, Standing, decide
from services.attendance.domain.facts import (
    ClockPassed,
    Connection,
    Correction,
    MeetingTimes,
    Rule,
    Scan,
    Session,
    Webinar,
)
from services.attendance.domain.plan import Plan, plan
from services.attendance.domain.presence import Evidence, Measured, measure

T = 1_770_000_000
HOUR = 3600
NUMBER = "93201235621"


def session(id: str = "s1", start: int = 0, end: int = HOUR, **more) -> Session:
    more.setdefault("number", NUMBER)
    breaks = tuple((T + a, T + b) for a, b in more.pop("breaks", ()))
    return Session(id, T + start, T + end, breaks=breaks, **more)


def webinar(*sessions: Session, **more) -> Webinar:
    rule = Rule(**more.pop("rule", {}))
    return Webinar("w", 1, sessions or (session(),), rule=rule, **more)


def meeting(uuid: str = "m1", number: str = NUMBER, **times: int) -> MeetingTimes:
    return MeetingTimes(uuid, number, **{name: T + at for name, at in times.items()})


def joined(at: int, user: str = "1"):
    return ("j", user, T + at)


def left(at: int, user: str = "1"):
    return ("l", user, T + at)


def connection(*facts, id: str = "c1", uuid: str = "m1", number: str = NUMBER) -> Connection:
    return Connection(f"{uuid}|{id}", uuid, number, tuple(facts))


def scan(kind: str, at: int, id: str = "", session_id: str = "s1", gate: str = "A") -> Scan:
    return Scan(id or f"{kind}{at}{gate}", session_id, kind, gate, T + at)


def correction(kind: str, start: int, end: int, **more) -> Correction:
    more = {"id": f"{kind}{start}", "made_at": 1, "session_id": None, **more}
    return Correction(kind=kind, start=T + start, end=T + end, **more)


def the_plan(the_webinar: Webinar | None = None, *meetings: MeetingTimes, **more) -> Plan:
    return plan(the_webinar or webinar(), meetings, **more)


def measured(the_plan: Plan, *connections: Connection, **more) -> Measured:
    return measure(the_plan, Evidence(tuple(connections), **more))


def seconds(the_plan: Plan, *connections: Connection, **more) -> tuple[int, int, int]:
    """(closed, firm, present) over all sessions."""
    sessions = measured(the_plan, *connections, **more).sessions
    return (
        sum(s.closed for s in sessions),
        sum(s.firm for s in sessions),
        sum(s.present for s in sessions),
    )


def clocks(the_plan: Plan, *kinds: ClockKind) -> frozenset[ClockPassed]:
    return frozenset(
        ClockPassed(the_plan.webinar.id, s.id, s.end, kind)
        for kind in kinds
        for s in the_plan.sessions
    )


GRACE = (ClockKind.GRACE,)
OVER = (ClockKind.GRACE, ClockKind.RETRY_WINDOW)


def standing(the_plan: Plan, *kinds: ClockKind, **more) -> Standing:
    more.setdefault("enrolment", Enrolment.ENROLLED)
    return Standing(passed=clocks(the_plan, *kinds), **more)


def decided(
    the_plan: Plan, *connections: Connection, kinds=OVER, standing_more=None, **more
) -> Decision:
    found = decide(
        the_plan,
        measured(the_plan, *connections, **more),
        standing(the_plan, *kinds, **(standing_more or {})),
    )
    assert found is not None
    return found


def codes(decision: Decision) -> list[str]:
    return [reason.code.value for reason in decision.reasons]
