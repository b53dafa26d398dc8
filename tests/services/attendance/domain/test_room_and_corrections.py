"""In the room, proctors' lists, operators' corrections: rules I10, I11, F2, W6."""

import pytest

from services.attendance.domain.facts import ProctorList
from services.attendance.domain.presence import Evidence, measure
from tests.services.attendance.domain.builders import (
    HOUR,
    T,
    connection,
    correction,
    joined,
    left,
    measured,
    meeting,
    scan,
    seconds,
    session,
    the_plan,
    webinar,
)

RUNNING = meeting(started=-600)
ENDED = meeting(started=-600, ended=3000)


def test_I10_from_in_to_out_over_all_gates():
    scans = (scan("in", 100, gate="A"), scan("out", 900, gate="B"))
    assert seconds(the_plan(), scans=scans) == (800, 800, 800)


def test_I10_an_in_wins_a_tie():
    scans = (scan("in", 0), scan("out", 500, gate="A"), scan("in", 500, gate="B"))
    assert seconds(the_plan(), scans=scans) == (HOUR, HOUR, HOUR)


def test_I10_without_check_out_the_official_end_closes():
    assert seconds(the_plan(), scans=(scan("in", 100),)) == (3500, 3500, 3500)


def test_I10_where_check_out_is_expected_that_end_is_inferred():
    plan = the_plan(webinar(check_out_expected=True))
    assert seconds(plan, scans=(scan("in", 100),)) == (0, 3500, 3500)
    assert seconds(plan, scans=(scan("in", 100), scan("in", 700, gate="B"))) == (600, 3500, 3500)


def test_I10_an_early_check_in_is_valid_and_clipped():
    scans = (scan("in", -1800), scan("out", 600))
    assert seconds(the_plan(), scans=scans) == (600, 600, 600)


def test_I10_an_out_without_an_in_is_0_s_and_review():
    found = measured(the_plan(), scans=(scan("out", 600),))
    assert (found.sessions[0].present, found.sessions[0].possible) == (0, 600)
    assert [astray.problem for astray in found.astray] == ["out_without_in"]


def test_I10_a_second_out_could_only_add_the_time_since_the_first():
    scans = (scan("in", 0), scan("out", 600), scan("out", 900, gate="B"))
    found = measured(the_plan(), scans=scans)
    assert (found.sessions[0].present, found.sessions[0].possible) == (600, 900)


def test_I10_a_scan_counts_in_its_own_session_only():
    plan = the_plan(webinar(session(), session("s2", HOUR, 2 * HOUR)))
    found = measured(plan, scans=(scan("in", 600, session_id="s2"), scan("in", 0, session_id="no")))
    assert [s.present for s in found.sessions] == [0, HOUR]


def test_F_one_scan_id_is_one_scan_whichever_content_comes_first():
    one, other = scan("in", 100, "same"), scan("in", 200, "same")
    assert seconds(the_plan(), scans=(one, other)) == seconds(the_plan(), scans=(other, one))


ROOM = connection(joined(300), left(1500), id="room")


def listed(**more):
    more = {"list_id": "l", "session_id": "s1", "version": 1, "named": True, **more}
    for hour in ("start", "end"):
        if hour in more:
            more[hour] += T
    return ProctorList(**more)


def test_I11_people_before_one_screen_are_present_while_its_room_is_connected():
    assert seconds(the_plan(None, ENDED), lists=(listed(room=(ROOM,)),)) == (1200,) * 3


def test_I11_and_within_the_named_hours():
    word = listed(room=(ROOM,), start=600, end=1000)
    assert seconds(the_plan(None, ENDED), lists=(word,)) == (400,) * 3


def test_I11_named_hours_alone_are_enough():
    assert seconds(the_plan(), lists=(listed(start=600, end=1000),)) == (400,) * 3
    assert seconds(the_plan(), lists=(listed(start=600),)) == (3000,) * 3


def test_I11_inferred_bounds_are_inherited():
    still_in = connection(joined(300), id="room")
    assert seconds(the_plan(None, ENDED), lists=(listed(room=(still_in,)),)) == (0, 2700, 2700)


@pytest.mark.parametrize("room", [(), None])
def test_I11_a_list_whose_time_nothing_tells_is_0_s_and_review(room):
    found = measured(the_plan(), lists=(listed(room=room),))
    assert (found.sessions[0].present, found.sessions[0].possible) == (0, HOUR)
    assert [astray.problem for astray in found.astray] == ["room_unknown"]


def test_F_the_highest_version_of_a_list_holds():
    old, new = listed(start=0, end=3000), listed(version=2, named=False, start=0, end=3000)
    assert (
        seconds(the_plan(), lists=(old, new)) == seconds(the_plan(), lists=(new, old)) == (0,) * 3
    )


def test_F2_an_added_interval_counts_as_closed():
    assert seconds(the_plan(), corrections=(correction("add", 100, 700),)) == (600,) * 3


def test_F2_a_removed_interval_counts_no_more_whatever_the_evidence():
    all_the_time = connection(joined(0), left(3000))
    away = correction("remove", 1000, 2000)
    assert seconds(the_plan(None, ENDED), all_the_time, corrections=(away,)) == (2000,) * 3


@pytest.mark.parametrize("first", ["add", "remove"])
def test_F2_the_last_correction_stands(first):
    second = "remove" if first == "add" else "add"
    words = (
        correction(first, 0, 1000, id="z", made_at=1),
        correction(second, 0, 1000, id="a", made_at=2),
    )
    expected = 0 if second == "remove" else 1000
    for order in (words, words[::-1]):
        assert seconds(the_plan(), corrections=order) == (expected,) * 3


def test_F2_of_two_words_of_one_second_the_higher_id_is_the_last():
    words = (correction("remove", 0, 1000, id="b"), correction("add", 0, 1000, id="a"))
    assert seconds(the_plan(), corrections=words) == (0,) * 3


def test_F2_a_withdrawn_correction_says_nothing():
    word = correction("add", 0, 1000)
    assert seconds(the_plan(), corrections=(word, word._replace(withdrawn=True))) == (0,) * 3


def test_F2_a_correction_of_one_session_leaves_the_others_alone():
    plan = the_plan(webinar(session(), session("s2", number="5")))
    found = measured(plan, corrections=(correction("add", 0, 600, session_id="s2"),))
    assert [s.present for s in found.sessions] == [0, 600]


def test_W6_scans_and_lists_of_somebody_not_enrolled_are_0_s_and_a_case():
    evidence = Evidence(scans=(scan("in", 0),), lists=(listed(start=0),))
    found = measure(the_plan(), evidence, enrolled=False)
    assert found.sessions[0].present == found.sessions[0].possible == 0
    assert [(a.problem, a.source) for a in found.astray] == [
        ("not_enrolled", "list:l"),
        ("not_enrolled", "scan:in0A"),
    ]
