"""Whose connection it is, by an operator's word (rules F2, W3, W6)."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from services.attendance.knowledge import IDENTITY_TOPICS, TOPICS
from services.attendance.rulings import Rulings
from shared.events.rulings import (
    Share,
)
from shared.topics import ENROLMENTS, RULINGS, WEBINARS
from tests.support.pipeline import Pipeline
from tests.support.words import (
    HOUR,
    PEOPLE,
    ROOM,
    T,
    W,
    assigned,
    corrected,
    say,
    seconds,
    stay,
    there,
    withdrawn,
)


def test_F2_an_assignment_gives_the_time_and_settles_the_case() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1"))
    assert (seconds(pipeline), len(pipeline.open_cases())) == ({}, 1)
    say(pipeline, assigned("a", "budi"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"budi": HOUR}, [])


def test_F2_an_assignment_beats_all_evidence() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"))
    assert seconds(pipeline) == {"ani": HOUR}
    say(pipeline, assigned("a", "budi"))
    assert seconds(pipeline) == {"budi": HOUR}
    say(pipeline, assigned("b", None, at=2))
    assert (seconds(pipeline), pipeline.open_cases()) == ({}, [])


WORDS = [assigned("a", "budi", at=1), assigned("b", "citra", at=3), assigned("c", None, at=2),
         withdrawn("w", "b")]  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_F2_the_last_word_that_stands_stands_in_any_order(order: Sequence[int]) -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"))
    say(pipeline, *(WORDS[i] for i in order), WORDS[order[0]])
    assert seconds(pipeline) == {}
    say(pipeline, withdrawn("w2", "c"))
    assert seconds(pipeline) == {"budi": HOUR}
    say(pipeline, withdrawn("w3", "a"))
    assert seconds(pipeline) == {"ani": HOUR}


def test_F2_a_word_makes_revisions_grow_so_that_it_wins_at_every_receiver() -> None:
    assert {WEBINARS, ENROLMENTS, RULINGS} <= set(IDENTITY_TOPICS) <= set(TOPICS)


def test_F2_a_split_gives_each_their_part_and_the_rest_to_nobody() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1"))
    shares = [Share(participant_id="ani", end=T + 1000),
              Share(participant_id="budi", start=T + 1000, end=T + 1600),
              Share(participant_id="ani", start=T + 3000)]  # fmt: skip
    say(pipeline, assigned("a", *shares))
    assert seconds(pipeline) == {"ani": 1600, "budi": 600}
    assert pipeline.open_cases() == []
    say(pipeline, assigned("b", "citra", at=2))
    assert seconds(pipeline) == {"citra": HOUR}


def test_F2_a_word_in_another_webinar_of_the_number_changes_nothing_here() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"))
    other = assigned("a", "budi").model_copy(update={"webinar_id": "w2"})
    say(pipeline, other, withdrawn("w", "b"))
    assert seconds(pipeline) == {"ani": HOUR}


def test_F2_a_withdrawal_from_another_webinar_takes_nothing_back() -> None:
    rulings = Rulings()
    rulings.put(corrected("k", "ani", 0, 60))
    rulings.put(withdrawn("w", "k").model_copy(update={"webinar_id": "w2"}))
    assert len(rulings.corrections(W, "ani")) == 1
    rulings.put(withdrawn("v", "k"))
    assert rulings.corrections(W, "ani") == ()


def test_F2_of_two_words_with_one_id_the_first_counts_in_any_order() -> None:
    one, other = corrected("k", "ani", 0, 60, at=1), corrected("k", "budi", 0, 60, at=2)
    for words in ([one, other], [other, one]):
        rulings = Rulings()
        for word in words:
            rulings.put(word)
        assert len(rulings.corrections(W, "ani")) == 1
        assert rulings.corrections(W, "budi") == ()


def test_W6_a_word_names_an_event_without_participant_uuid_by_its_user_id() -> None:
    pipeline = there(Pipeline(), *stay("7", ""))
    assert len(pipeline.decisions()) == len(PEOPLE)
    assert len(pipeline.open_cases()) == 1
    say(pipeline, assigned("a", "dewi", user="7"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"dewi": HOUR}, [])


def test_W3_a_phone_leg_follows_its_app_leg_to_whom_that_is_assigned() -> None:
    phone = [ROOM.joined(1200, "9", "p9", phone_number="62***01"), ROOM.left(HOUR, "9", "p9")]
    pipeline = there(Pipeline(), *stay("1", "c1", until=1200), *phone, ROOM.bind(1201, "9", "1"))
    assert len(pipeline.decisions()) == len(PEOPLE)
    assert {c.connection_id for c in pipeline.open_cases()} == {"uuid-1==|c1", "uuid-1==|p9"}
    say(pipeline, assigned("a", "citra"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"citra": HOUR}, [])
    say(pipeline, withdrawn("w", "a"))
    assert (seconds(pipeline), len(pipeline.open_cases())) == ({}, 2)


def test_a_case_says_what_is_at_stake_and_which_connections_look_alike() -> None:
    same = {"registrant_id": "_stranger"}
    events = [*stay("1", "c1", until=600, **same), *stay("2", "c2", since=900, **same),
              *stay("3", "c3", registrant_id="_other")]  # fmt: skip
    pipeline = there(Pipeline(), *events)
    pipeline.decisions()
    cases = {case.connection_id[-2:]: case for case in pipeline.open_cases()}
    assert {name: case.seconds for name, case in cases.items()} == {
        "c1": 600, "c2": 2700, "c3": HOUR,
    }  # fmt: skip
    assert cases["c2"].times == ((T + 900, T + HOUR),)
    assert cases["c2"].user_ids == ("2",)
    assert cases["c1"].alike == cases["c2"].alike != cases["c3"].alike
