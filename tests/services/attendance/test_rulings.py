"""Operators' words in any order, any number of times, with crashes: the outcome is the same (rule L1)."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from services.attendance.rulings import Rulings
from shared.events.rulings import (
    Ruling,
    Share,
)
from tests.support.pipeline import Pipeline
from tests.support.words import (
    HOUR,
    PEOPLE,
    ROOM,
    T,
    W,
    assigned,
    corrected,
    enrolment,
    line,
    listed,
    seconds,
    stay,
    webinar,
    withdrawn,
)
from tests.support.zoom_events import raw

STORY = [
    *stay("1", "c1", registrant_id="_ani", email="budi@contoh.example"),
    *stay("2", "c2", until=1800), *stay("3", "c3", registrant_id="_room"),
    *stay("4", "", until=2400),
    ROOM.joined(1800, "9", "p9", phone_number="62***01"), ROOM.left(HOUR, "9", "p9"),
    ROOM.bind(1801, "9", "2"), *stay("5", "c5", registrant_id="_fitri"),
]  # fmt: skip
SAID = [
    assigned("a1", "ani", at=1), assigned("a2", "budi", at=2), withdrawn("w1", "a2"),
    assigned("a3", "citra", at=3, connection="c2"),
    assigned("a4", "dewi", at=4, user="4"),
    assigned("a5", Share(participant_id="dewi", start=T + 2400), Share(participant_id=None),
             connection="c5", at=5),
    assigned("a6", "eko", at=9, connection="c5"), withdrawn("w2", "a6"),
    listed("l1", 1, "ani", "eko", end=T + 900), listed("l2", 2, "eko", "fitri", end=T + 900),
    corrected("k1", "fitri", 900, 1000), corrected("k2", "fitri", 0, 50, "remove", at=2),
    corrected("k3", "budi", 0, 10), withdrawn("w3", "k3"),
]  # fmt: skip
OUTCOME = {"ani": HOUR, "citra": HOUR, "dewi": HOUR, "eko": 900, "fitri": 950}


@pytest.mark.parametrize("seed", range(25))
def test_L1_any_order_repetition_and_crash_gives_the_same(seed: int) -> None:
    rng = random.Random(seed)
    pipeline = Pipeline(partitions=rng.choice([1, 3, 4]))
    pipeline.webinar(webinar())
    events = [ROOM.started(-600), *STORY, ROOM.ended(HOUR + 60)]
    facts: list[Any] = [*map(raw, events), *map(raw, STORY), *SAID, *SAID, *map(enrolment, PEOPLE)]
    rng.shuffle(facts)
    for fact in facts:
        if isinstance(fact, bytes):
            pipeline.webhook(fact)
        elif isinstance(fact, Ruling):
            pipeline.say(fact)
        else:
            pipeline.enrol(fact)
        if rng.random() < 0.3:
            pipeline.flush()
        if rng.random() < 0.05:
            pipeline.crash(rng.randrange(pipeline.partitions))
    pipeline.flush()
    rng.shuffle(pipeline.log.frames)  # the highest revision holds at every receiver
    assert (seconds(pipeline), pipeline.open_cases()) == (OUTCOME, [])


def test_L1_a_fold_of_words_is_the_same_in_any_order() -> None:
    def told(words: Sequence[Ruling]) -> str:
        rulings = Rulings()
        for word in words:
            rulings.put(word)
        return repr([
            rulings.assignments(W, ROOM.uuid, "c1", {"4", "5"}), rulings.lists_of(W, "eko") != [],
            [rulings.corrections(W, p) for p in PEOPLE], rulings.bases(W), rulings.lists(W)[0].version,
        ])  # fmt: skip

    expected = told(SAID)
    for seed in range(50):
        words = [*SAID, *SAID]
        random.Random(seed).shuffle(words)
        assert told(words) == expected


def test_a_stage_is_quiet_only_when_it_has_acted_on_every_word() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    assert all(stage.quiet() for stage in [*one.pipeline.stages, *one.stages.stages])
    one.pipeline.say(corrected("k", "ani", 0, 60))
    assert [stage.quiet() for stage in one.stages.stages].count(False) == 1
    one.pipeline.say(assigned("a", "budi"))
    assert [stage.quiet() for stage in one.pipeline.stages].count(False) == 1
    one.work()
    assert all(stage.quiet() for stage in [*one.pipeline.stages, *one.stages.stages])
    assert asyncio.iscoroutinefunction(one.pipeline.stages[0].flush)
