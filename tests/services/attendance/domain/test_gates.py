"""One code at two gates at once is flagged, and nothing else is."""

from itertools import permutations

import pytest

from services.attendance.domain.facts import Scan
from services.attendance.domain.gates import AT_ONCE, AtTwoGates, at_two_gates
from tests.services.attendance.domain.builders import measured, scan, session, the_plan, webinar

FIRST, SECOND = scan("in", 0, gate="A"), scan("in", 60, gate="B")
PAIR = AtTwoGates("s1", FIRST, SECOND)


def test_two_gates_within_the_limit_are_flagged_in_any_order_of_arrival():
    later = scan("in", 600, gate="A")
    for order in permutations([FIRST, SECOND, later, FIRST]):
        assert at_two_gates(order) == [PAIR]


@pytest.mark.parametrize(
    "scans",
    [
        (FIRST, scan("in", AT_ONCE + 1, gate="B")),
        (FIRST, scan("out", 30, gate="B"), SECOND),
        (FIRST, scan("out", 60, gate="B"), SECOND),
        (FIRST, scan("in", 60, gate=" a ")),
        (FIRST, scan("in", 60, gate="")),
        (FIRST, SECOND._replace(session_id="s2")),
        (scan("out", 0, gate="A"), SECOND),
        (FIRST,),
    ],
    ids=["later", "left between", "left at that second", "same gate", "no gate", "other session",
         "out first", "once"],
)  # fmt: skip
def test_what_is_no_double_use_is_not_flagged(scans):
    assert at_two_gates(scans) == []


def test_exactly_the_limit_is_flagged():
    edge = scan("in", AT_ONCE, gate="B")
    assert at_two_gates([FIRST, edge]) == [AtTwoGates("s1", FIRST, edge)]


def test_every_neighbouring_pair_is_told():
    third: Scan = scan("in", 120, gate="C")
    assert [p.second for p in at_two_gates([third, SECOND, FIRST])] == [SECOND, third]


def test_a_flag_changes_no_second_of_presence():
    plan = the_plan(webinar(session(hall=True)))
    alone = measured(plan, scans=(FIRST,)).sessions
    assert measured(plan, scans=(FIRST, SECOND)).sessions == alone
