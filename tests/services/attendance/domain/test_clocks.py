"""Clocks as facts: rule L2."""

from services.attendance.domain.clocks import due, is_archived, pending
from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from services.attendance.domain.intervals import FOREVER
from tests.services.attendance.domain.builders import HOUR, T, meeting, session, webinar

ENDED = meeting(started=0, ended=HOUR + 500)
END = T + HOUR


def kinds(the_webinar, meetings, now, arrivals=None, passed=()):
    return {clock.kind for clock in due(the_webinar, meetings, passed, T + now, arrivals or {})[0]}


def test_L2_the_grace_runs_from_the_official_end():
    assert kinds(webinar(), [ENDED], HOUR + 119) == set()
    assert kinds(webinar(), [ENDED], HOUR + 120) == {ClockKind.GRACE}


def test_L2_and_from_the_arrival_of_the_last_webhook_of_an_overlapping_uuid():
    arrivals = {"m1": T + HOUR + 60, "elsewhere": T + 9 * HOUR}
    assert kinds(webinar(), [ENDED], HOUR + 179, arrivals) == set()
    assert kinds(webinar(), [ENDED], HOUR + 180, arrivals) == {ClockKind.GRACE}


def test_L2_a_uuid_that_does_not_overlap_holds_nothing_up():
    later = meeting("m2", started=3 * HOUR, ended=4 * HOUR)
    arrivals = {"m2": T + 4 * HOUR}
    assert kinds(webinar(), [ENDED, later], HOUR + 120, arrivals) == {ClockKind.GRACE}


def test_L2_a_webinar_of_the_past_passes_when_its_webhooks_have_arrived():
    played = webinar(grace_seconds=2, retry_window_seconds=5)
    arrivals = {"m1": T + 1000 * HOUR}
    assert kinds(played, [ENDED], 1000 * HOUR + 1, arrivals) == set()
    assert kinds(played, [ENDED], 1000 * HOUR + 2, arrivals) == {ClockKind.GRACE}
    assert ClockKind.RETRY_WINDOW in kinds(played, [ENDED], 1000 * HOUR + 5, arrivals)


def test_D6_the_retry_window_runs_from_the_later_of_official_end_and_last_known_ended():
    grace = {ClockKind.GRACE}
    assert kinds(webinar(), [ENDED], HOUR + 500 + 5699) == grace
    assert kinds(webinar(), [ENDED], HOUR + 500 + 5700) == {*grace, ClockKind.RETRY_WINDOW}
    early = meeting(started=0, ended=600)
    assert kinds(webinar(), [early], HOUR + 5699) == grace
    assert kinds(webinar(), [early], HOUR + 5700) == {*grace, ClockKind.RETRY_WINDOW}


def test_D6_with_reconciliation_the_report_deadline_runs_instead():
    reconciled = webinar(reconciliation=True)
    assert kinds(reconciled, [ENDED], HOUR + 500 + 86_399) == {ClockKind.GRACE}
    assert kinds(reconciled, [ENDED], HOUR + 500 + 86_400) == {
        ClockKind.GRACE,
        ClockKind.REPORT_DEADLINE,
    }


def test_L2_a_clock_is_written_once():
    clock = ClockPassed("w", "s1", END, ClockKind.GRACE)
    assert due(webinar(), [ENDED], {clock}, T + HOUR + 120, {})[0] == []


def test_L2_when_the_next_one_is_due_is_known_if_nothing_else_is_heard():
    told = set()
    for next_one in (
        END + 120,
        END + 500 + 5700,
        END + 500 + 27 * 86_400,
        END + 500 + 300 * 86_400,
    ):
        assert due(webinar(), [ENDED], told, next_one - 1, {}) == ([], next_one)
        told.update(due(webinar(), [ENDED], told, next_one, {})[0])
    assert due(webinar(), [ENDED], told, END, {}) == ([], FOREVER)


def test_L2_a_session_that_is_moved_gets_new_clocks():
    clock = ClockPassed("w", "s1", END, ClockKind.GRACE)
    moved = webinar(session(end=2 * HOUR))
    assert due(moved, [ENDED], {clock}, T + 2 * HOUR + 120, {})[0] == [
        clock._replace(official_end=T + 2 * HOUR)
    ]


def test_L2_every_session_has_its_own_clocks():
    two = webinar(session(), session("s2", 2 * HOUR, 3 * HOUR, number=None))
    assert {clock.session_id for clock in due(two, [], (), T + 3 * HOUR + 120, {})[0]} == {
        "s1",
        "s2",
    }


def test_what_is_pending_leaves_out_the_archive_and_says_when():
    first, second = pending(webinar(), (), [ENDED])
    assert (first.at, first.clock.kind) == (END + 120, ClockKind.GRACE)
    assert (second.at, second.clock.kind) == (END + 500 + 5700, ClockKind.RETRY_WINDOW)
    assert pending(webinar(), {first.clock, second.clock}) == []


def test_a_webinar_is_archived_when_every_session_is():
    two = webinar(session(), session("s2", 2 * HOUR, 3 * HOUR))
    late = {c for c in due(two, [], (), T + 400 * 86_400, {})[0] if c.kind is ClockKind.ARCHIVED}
    assert is_archived(two, late)
    assert not is_archived(two, list(late)[:1])
    assert not is_archived(two, due(two, [], (), T + 299 * 86_400, {})[0])


def test_identity_is_frozen_before_the_raw_webhooks_are_gone():
    assert ClockKind.IDENTITY_FROZEN in kinds(webinar(), [], HOUR + 27 * 86_400)
    assert ClockKind.IDENTITY_FROZEN not in kinds(webinar(), [], HOUR + 27 * 86_400 - 1)
