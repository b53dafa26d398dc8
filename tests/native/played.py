"""Prints all that both stages make of a webinar among whose records many are spoilt, as one JSON object.

`python tests/native/played.py SEED`, in whichever build it is started (test_same_outcomes.py).
"""

import random
import sys
from collections.abc import Iterator
from typing import Any

import orjson
from pydantic import ValidationError

from services.attendance import decide
from services.attendance.decide import DecideStage
from services.attendance.frames import items
from services.attendance.published import PublishedDecisions
from shared.batch import frame
from shared.checkpoints import chunks
from shared.stage import InputRecord
from shared.topics import EVENT_TYPES
from tests.oracle.test_matrix import enrolment, webinar
from tests.support.builds import compiled
from tests.support.matrix import case_of
from tests.support.pipeline import HEADERS, RECEIVED, Dead, Pipeline

SPOILT = 0.2
ANYTHING: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 1.0, 1.5, "", "x", "0", [], [1], ["x"], [[1, 2]], {}, {"x": 1},
)  # fmt: skip


def spoilt(value: bytes, rng: random.Random) -> bytes:
    """An event with anything in one of its fields, or without it."""
    body = at = orjson.loads(value)
    while True:
        name = rng.choice(sorted(at) if isinstance(at, dict) else range(len(at)))
        if isinstance(at[name], dict | list) and at[name] and rng.random() < 0.7:
            at = at[name]
            continue
        if rng.random() < 0.8:
            at[name] = rng.choice(ANYTHING)
        else:
            del at[name]
        return orjson.dumps(body)


def among(values: list[bytes], rng: random.Random) -> Iterator[bytes]:
    """All of them, and some spoilt ones."""
    for value in values:
        yield value
        if rng.random() < SPOILT:
            yield spoilt(value, rng)


def first_stage(seed: int, dead: Dead) -> Pipeline:
    """Webhooks into a pipeline."""
    case, rng, pipeline = case_of(seed, 30, 2010), random.Random(seed), Pipeline(dead=dead)
    pipeline.webinar(webinar(case, 1, case.webinar["sessions"]))
    for person in case.people:
        pipeline.enrol(enrolment(person))
    for body in among(case.deliveries("shuffled and doubled"), rng):
        try:
            pipeline.webhook(body)
        except ValueError:  # the gateway would not route it; the worker must not trust that
            pipeline._fold(rng.randrange(pipeline.partitions), frame(RECEIVED, body))
    pipeline.flush()
    return pipeline


def of_contract(kind: str, body: bytes) -> bool:
    """Whether a process of ours may have written it. Another shape breaks in its own way in each build."""
    try:
        EVENT_TYPES[kind].model_validate_json(body, strict=True)
    except ValidationError:
        return False
    return True


def second_stage(pipeline: Pipeline, seed: int, dead: Dead) -> list[str]:
    """What was told, some of it spoilt, into stages that decide; their checkpoints. What no process of
    ours writes goes to a stage beside them, which must not be stopped by it."""
    rng, kept, beside = random.Random(seed), [], deciding(pipeline, 0, Dead())
    for p in range(pipeline.partitions):
        stage = deciding(pipeline, p, dead)
        told = [item for n, one in pipeline.log.frames if n == p for item in items(one, HEADERS)]
        for item in told:
            head = orjson.dumps({"ce_type": item.type, "key": item.key})
            for body in among([item.body], rng):
                one = stage if of_contract(item.type, body) else beside
                one.fold(InputRecord(0, frame(head, body), 0, HEADERS, False))
        kept += [repr(one) for one in chunks(stage.state.keep())]
    return kept


def deciding(pipeline: Pipeline, partition: int, dead: Dead) -> DecideStage:
    """A stage of the second kind that publishes nothing."""
    nothing: Any = None
    published = PublishedDecisions(nothing, "", partition)
    return DecideStage(partition, pipeline.partitions, pipeline.knowledge, published, nothing, dead)


def main(seed: int) -> dict[str, Any]:
    """Everything that could differ."""
    dead, dead_facts = Dead(), Dead()
    pipeline = first_stage(seed, dead)
    told = [
        (p, item.type, item.body) for p, one in pipeline.log.frames for item in items(one, HEADERS)
    ]
    kept_facts = second_stage(pipeline, seed, dead_facts)
    return {
        "compiled": compiled(decide),
        "dead": [(reason, body.decode()) for reason, body in dead.letters],
        "told": sorted(repr(one) for one in told),
        "kept": [repr(one) for stage in pipeline.stages for one in chunks(stage.keep())],
        "decided": pipeline.decisions(),
        "dead_facts": [(reason, body.decode()) for reason, body in dead_facts.letters],
        "kept_facts": kept_facts,
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(main(int(sys.argv[1]))))
