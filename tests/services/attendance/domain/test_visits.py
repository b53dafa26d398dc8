"""Rules I2, I3, I5, I6 within one connection."""

from itertools import permutations

import pytest

from services.attendance.domain.visits import visits
from tests.services.attendance.domain.builders import T, joined, left


def shown(*facts):
    """(closed, lost, open since) in seconds after T, the same for any order and repetition."""
    outcomes = set()
    for order in permutations(facts[:6]):
        found = visits([*order, *facts[6:], *facts])
        outcomes.add(
            (
                tuple((a - T, b - T) for a, b in found.closed),
                tuple((None if a is None else a - T, b - T) for a, b in found.lost),
                None if found.open_since is None else found.open_since - T,
            )
        )
    assert len(outcomes) == 1
    return outcomes.pop()


def test_I2_a_join_and_its_leave_are_a_closed_visit():
    assert shown(joined(10), left(50)) == (((10, 50),), (), None)


def test_I2_a_leave_before_its_join_is_no_visit():
    assert shown(joined(50), left(10)) == ((), (), 50)


def test_I2_a_room_move_in_one_second_is_no_leaving():
    facts = joined(0, "1"), left(60, "1"), joined(60, "2"), left(90, "2")
    assert shown(*facts) == (((0, 90),), (), None)


def test_I2_the_late_leave_of_the_room_left_before_changes_nothing():
    facts = joined(0, "1"), joined(60, "2"), left(61, "1"), left(90, "2")
    assert shown(*facts) == (((0, 90),), (), None)


def test_I2_a_stale_leave_is_no_observed_event():
    assert shown(joined(0, "1"), joined(60, "2"), left(80, "1")) == (((0, 60),), (), 60)


def test_I2_the_leave_of_who_joined_last_closes():
    facts = joined(0, "1"), joined(60, "2"), left(80, "2")
    assert shown(*facts) == (((0, 80),), (), None)


def test_I2_a_visit_of_no_seconds_leaves_the_person_in():
    facts = joined(0, "1"), joined(60, "2"), left(60, "2"), left(90, "1")
    assert shown(*facts) == (((0, 90),), (), None)


def test_I2_a_visit_of_no_seconds_makes_no_other_leave_stale():
    """Without the exception the leave of 1 at 90 would look older than the join of 2."""
    facts = joined(0, "1"), joined(60, "2"), left(60, "2"), left(90, "1"), joined(100, "3")
    assert shown(*facts) == (((0, 90),), (), 100)


def test_I2_a_visit_of_no_seconds_alone_gives_nothing():
    assert shown(joined(60), left(60)) == ((), (), None)


def test_I6_a_visit_of_no_seconds_is_an_observed_event():
    assert shown(joined(0, "1"), joined(60, "2"), left(60, "2")) == (((0, 60),), (), 60)


def test_I6_the_join_of_the_next_room_closes_the_time_up_to_it():
    assert shown(joined(0, "1"), joined(60, "2")) == (((0, 60),), (), 60)


def test_I3_a_repeated_leave_of_a_visit_of_no_seconds_changes_nothing():
    facts = joined(0, "1"), joined(60, "2"), left(60, "2"), left(70, "2"), left(90, "1")
    assert shown(*facts) == (((0, 90),), (), None)


def test_I3_a_leave_of_somebody_who_has_not_joined_yet_changes_nothing():
    facts = joined(0, "1"), left(50, "2"), joined(80, "2"), left(90, "2")
    assert shown(*facts) == (((0, 90),), (), None)


def test_I3_a_repeated_leave_changes_nothing():
    facts = joined(0), left(50), left(70), joined(100, "2"), left(120, "2")
    assert shown(*facts) == (((0, 50), (100, 120)), (), None)


def test_I5_a_lost_join_opens_at_the_last_leave_of_its_connection():
    facts = joined(0, "1"), left(50, "1"), left(90, "2")
    assert shown(*facts) == (((0, 50),), ((50, 90),), None)


def test_I5_a_lost_join_opens_where_the_person_was_last_in_not_at_a_repeated_leave():
    facts = joined(0, "1"), left(50, "1"), left(60, "1"), left(90, "2")
    assert shown(*facts) == (((0, 50),), ((50, 90),), None)


def test_I5_a_lost_join_of_a_connection_never_in_before_has_no_opening_of_its_own():
    assert shown(left(90, "2")) == ((), ((None, 90),), None)


def test_I5_two_lost_joins_follow_each_other():
    assert shown(left(90, "2"), left(120, "3")) == ((), ((None, 90), (90, 120)), None)


def test_I5_a_leave_whose_join_came_later_is_no_lost_join():
    assert shown(left(50, "1"), joined(60, "1")) == ((), (), 60)


def test_I5_a_lost_join_in_the_second_of_the_next_join_is_a_room_move():
    assert shown(left(60, "1"), joined(60, "2"), left(90, "2")) == (
        ((60, 90),),
        ((None, 60),),
        None,
    )


def test_I5_while_in_the_leave_of_a_lost_room_closes():
    assert shown(joined(0, "1"), left(80, "2")) == (((0, 80),), (), None)


def test_I4_a_join_without_a_leave_stays_open_since_it_was_last_seen():
    assert shown(joined(10)) == ((), (), 10)


@pytest.mark.parametrize("repeat", [1, 3])
def test_L1_no_facts_are_no_visit(repeat):
    assert visits([] * repeat) == ([], [], None)
