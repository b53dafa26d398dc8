"""One screen with many people: proctors' lists (rules I11, W6)."""

import pytest

from shared.events.rulings import (
    Share,
)
from tests.support.pipeline import Pipeline
from tests.support.words import (
    HOUR,
    Line,
    T,
    assigned,
    listed,
    say,
    seconds,
    stay,
    there,
    withdrawn,
)


def test_I11_the_room_s_connection_counts_for_everybody_on_the_list() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", until=3000, registrant_id="_room"))
    pipeline.decisions()
    assert len(pipeline.open_cases()) == 1
    say(pipeline, listed("l1", 1, "ani", "budi"))
    assert (seconds(pipeline), pipeline.open_cases()) == ({"ani": 3000, "budi": 3000}, [])


@pytest.mark.parametrize("back", [False, True])
def test_I11_the_highest_version_of_a_list_holds(back: bool) -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_room"))
    versions = [listed("z1", 1, "ani", "budi"), listed("l2", 2, "budi", "citra", start=T + 600)]
    say(pipeline, *(versions[::-1] if back else versions))
    assert seconds(pipeline) == {"budi": 3000, "citra": 3000}
    say(pipeline, withdrawn("w", "l2"))
    assert seconds(pipeline) == {"ani": HOUR, "budi": HOUR}


def test_I11_whoever_owns_the_room_s_link_is_there_and_so_are_the_listed() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_eko"))
    say(pipeline, listed("l1", 1, "ani", "eko", registrant_id="_eko", end=T + 1000))
    assert seconds(pipeline) == {"ani": 1000, "eko": HOUR}


def test_I11_the_room_counts_for_the_list_also_where_an_operator_split_it() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_room"))
    say(pipeline, listed("l1", 1, "ani"), assigned("a", Share(participant_id="ani", end=T + 60)))
    assert seconds(pipeline) == {"ani": HOUR}


def test_W6_a_listed_person_who_is_not_enrolled_is_a_case() -> None:
    line = Line(there(Pipeline(), *stay("1", "c1", registrant_id="_room")))
    line.say(listed("l1", 1, "nobody"))
    assert [(c.problem, c.candidates) for c in line.open_cases()] == [("not_enrolled", ("nobody",))]
    line.say(listed("l2", 2, "ani"))
    assert line.open_cases() == []
