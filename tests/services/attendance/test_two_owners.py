"""A partition that another worker has taken over, while the one before does not know it yet (rule L1)."""

from collections.abc import Sequence

import pytest

from services.attendance import decide
from shared.publish import Outgoing, Written
from shared.topics import DECISIONS
from tests.support.pipeline import Pipeline
from tests.support.words import Line, line, stay, there, webinar


def test_L1_what_the_one_before_wrote_last_is_put_right() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    right = one.of("ani")
    said = [out for out in one.stages.topic.said if out.topic is DECISIONS]
    (last,) = [out for out in said if out.key.endswith("|ani")]
    assert last.event is not None
    wrong = last.event.to_bytes().replace(b'"eligible"', b'"not_eligible"')
    one.stages.topic.foreign(last, wrong)
    assert one.of("ani")["verdict"] == "not_eligible"
    for stage in one.stages.stages:
        stage.tick(1e10, at_end=True)
    one.stages.flush()
    now = one.of("ani")
    assert (now["verdict"], now["digest"], now["version"]) == ("eligible", right["digest"], 2)


def test_whoever_has_lost_a_partition_decides_nobody_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decide, "SLICE", 2)
    one = Line(there(Pipeline(1)))
    (stage,), topic = one.stages.stages, one.stages.topic
    written: list[Outgoing] = []

    async def lost_meanwhile(events: Sequence[Outgoing]) -> list[Written]:
        written.extend(events)
        stage.close()
        return await topic.publish(events)

    monkeypatch.setattr(topic, "publish_many", lost_meanwhile)
    one.pipeline.webinar(webinar(version=2, rule_version=2, rule={"minimum_share": 9_000}))
    one.stages.flush()
    assert len(written) == 2
