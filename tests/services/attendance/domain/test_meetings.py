"""A meeting's life: rules F1, I9, and its folding from webhooks."""

from itertools import permutations

import pytest

from services.attendance.domain.meetings import Life, life, merge, of_lifecycle, of_participant
from services.attendance.domain.webhook import Lifecycle, Participant
from tests.services.attendance.domain.builders import NUMBER, T, meeting


def lifecycle(kind, at, practice=False):
    return Lifecycle(kind, "webinar", "m1", NUMBER, "host", T + at, practice, 0)


def person(kind, at):
    return Participant(
        kind, "webinar", "m1", NUMBER, "host", "1", "p", T + at, *[""] * 5, False, "", 0
    )


def folded(*events):
    said = [of_lifecycle(e) if isinstance(e, Lifecycle) else of_participant(e) for e in events]
    outcomes = set()
    for order in permutations([*said, said[0]]):
        known = order[0]
        for one in order[1:]:
            known = merge(known, one)
        outcomes.add(known)
    assert len(outcomes) == 1
    return outcomes.pop()


def test_F1_copies_add_up_to_the_earliest_start_and_the_latest_end():
    events = [lifecycle("started", at) for at in (5, 0)] + [
        lifecycle("ended", at) for at in (90, 99)
    ]
    assert life(folded(*events)) == Life(T, T + 99)


def test_F1_a_start_in_any_order_fills_what_the_end_left_open():
    assert folded(lifecycle("ended", 90), lifecycle("started", 5)) == meeting(
        started=5, ended=90, last_start=5
    )


def test_I9_a_practice_end_that_nothing_follows_is_the_end_of_a_rehearsal():
    times = folded(
        lifecycle("started", -600), person("joined", -500), lifecycle("ended", -60, True)
    )
    assert life(times) == Life(None, T - 60, T - 60, rehearsal=True)


@pytest.mark.parametrize(
    ("after", "rehearsal"),
    [
        (person("joined", 100), True),
        (person("joined", 101), False),
        (lifecycle("started", 100), True),
        (lifecycle("started", 101), False),
        (person("left", 220), True),
        (person("left", 221), False),
        (lifecycle("ended", 220), True),
        (lifecycle("ended", 221), False),
    ],
)
def test_I9_what_follows_a_practice_end_says_whether_the_uuid_went_on(after, rehearsal):
    times = folded(lifecycle("started", 0), lifecycle("ended", 100, True), after)
    assert life(times).rehearsal is rehearsal


def test_I9_of_a_uuid_that_went_on_all_before_the_practice_end_is_void_and_it_is_no_end():
    times = folded(lifecycle("started", 0), lifecycle("ended", 100, True), person("joined", 300))
    assert life(times) == Life(T + 100, None, T + 100, seen=T + 300)


def test_I9_an_end_before_the_practice_end_is_void():
    times = meeting(started=0, practice_ended=100, ended=90, last_join=300)
    assert life(times).end is None


def test_I9_a_second_start_after_the_practice_end_tells_that_it_went_on():
    times = folded(
        lifecycle("started", 0), lifecycle("ended", 100, True), lifecycle("started", 160)
    )
    assert life(times) == Life(T + 100, None, T + 100)
