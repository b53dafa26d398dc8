"""Whom the second stage looks at again: nobody whose decision cannot have become another one."""

from collections.abc import Callable, Sequence

import orjson
import pytest

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from shared.publish import Outgoing, Written
from tests.support.pipeline import Pipeline
from tests.support.words import (
    HOUR,
    NUMBER,
    ROOM,
    Line,
    T,
    W,
    codes,
    corrected,
    enrolment,
    line,
    stay,
    there,
    webinar,
)
from tests.support.workers import Stages
from tests.support.zoom_events import iso, raw


def waiting(one: Line) -> int:
    return sum(one.stages.waiting())


def heard(one: Line, kind: ClockKind, end: int = T + HOUR) -> None:
    """The clock passes, and nobody is decided yet."""
    for stage in one.pipeline.stages:
        one._fold(stage._teller.clock(ClockPassed(W, "s1", end, kind)))


def test_D3_before_the_grace_another_plan_has_nobody_looked_at_but_whoever_is_nobody_s() -> None:
    pipeline = there(Pipeline(), *stay("1", "c1", registrant_id="_ani"), *stay("2", "c2"))
    stages = Stages(pipeline.knowledge, pipeline.partitions)
    for place, told in pipeline.log.frames:
        stages.fold(place, told)
    stages.flush()
    pipeline.webinar(webinar(version=2, rule={"minimum_share": 9_000}))
    for stage in stages.stages:
        stage._renew_plans()
    waiting = [person for stage in stages.stages for _, person in stage._undecided.crowd]
    assert [person[0] for person in waiting] == ["~"]


def test_D3_nor_does_what_they_do() -> None:
    pipeline = there(Pipeline())
    stages = Stages(pipeline.knowledge, pipeline.partitions)
    stages.flush()
    for event in (*stay("1", "c1", registrant_id="_ani"), *stay("2", "c2")):
        pipeline.webhook(raw(event))
    pipeline.flush()
    for place, told in pipeline.log.frames:
        stages.fold(place, told)
    assert sum(stage.unflushed() for stage in stages.stages) == 1, "c2 is nobody's"


def test_D6_a_later_clock_has_nobody_looked_at_whose_decision_is_final() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    heard(one, ClockKind.REPORT_DEADLINE)
    assert waiting(one) == 0


def test_D6_it_has_those_looked_at_whose_decision_is_provisional() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"), reconciliation=True)
    assert one.of("ani")["provisional"]
    heard(one, ClockKind.REPORT_DEADLINE)
    assert waiting(one) == len(one.stages.topic.decisions())


def test_D8_and_those_whose_certificates_wait_for_reports() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"), reconciliation=True,
               certificates="after_reconciliation")  # fmt: skip
    assert (one.of("ani")["provisional"], one.of("ani")["goes_out"]) == (False, False)
    heard(one, ClockKind.REPORT_DEADLINE)
    one.work()
    assert one.of("ani")["goes_out"]


def test_D9_a_certificate_of_somebody_eligible_has_nobody_looked_at() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    for stage in one.stages.stages:
        stage.certificate_changed(W, "ani")
    assert waiting(one) == 0
    assert one.of("ani")["verdict"] == "eligible"


def test_D9_one_of_somebody_else_has() -> None:
    one = line(*stay("1", "c1", until=1200, registrant_id="_ani"))
    for stage in one.stages.stages:
        stage.certificate_changed(W, "ani")
    assert waiting(one) == 1


def test_D9_nor_is_one_overlooked_that_comes_while_another_decision_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))
    write, comes = one.stages.topic.publish_many, ["ani"]

    async def writing(events: Sequence[Outgoing]) -> list[Written]:
        while comes:
            one.certificate_heard(comes.pop())
        return await write(events)

    monkeypatch.setattr(one.stages.topic, "publish_many", writing)
    one.say(corrected("k1", "ani", 0, HOUR, kind="remove"))
    assert one.of("ani")["verdict"] == "needs_review"


def test_progress_counts_who_waits_and_a_webinar_whose_plan_waits_as_one_more() -> None:
    one = line(*stay("1", "c1", registrant_id="_ani"))

    def undecided() -> int:
        return sum(orjson.loads(s.progress()[W])["undecided"] for s in one.stages.stages)

    partitions = len(one.stages.stages)
    assert undecided() == 0
    one.pipeline.webinar(webinar(version=2))
    assert undecided() == partitions
    withdrawn(one)
    assert undecided() == partitions + 1
    one.work()
    assert undecided() == 0


def test_D5_a_webinar_that_is_in_a_hall_alone_has_its_people_decided_anew_when_it_changes() -> None:
    hall = {"id": "s1", "start": iso(0), "end": iso(HOUR), "hall": {"name": "Aula", "capacity": 9}}
    one = line(sessions=[hall])
    assert codes(one.of("ani")) != ["webinar_cancelled"]
    one.pipeline.webinar(webinar(version=2, sessions=[hall], state="cancelled"))
    one.stages.flush()
    assert codes(one.of("ani")) == ["webinar_cancelled"]


def test_I4_who_shared_a_zoom_number_with_a_webinar_that_leaves_it_is_looked_at() -> None:
    """A session of another webinar bounds who has no leave; when it goes, it bounds nobody."""
    short = [{"id": "s1", "start": iso(0), "end": iso(HOUR // 2), "zoom": {"number": NUMBER}}]
    gone = [short[0] | {"zoom": {"number": "91111111111"}}]
    pipeline = Pipeline()
    pipeline.webinar(webinar())
    pipeline.webinar(webinar(webinar_id="other", sessions=short))
    pipeline.enrol(enrolment("ani"))
    pipeline.webhook(raw(ROOM.started(-600)))
    pipeline.webhook(raw(ROOM.joined(0, "1", "c1", registrant_id="_ani")))
    one = Line(pipeline)
    one.work()
    assert one.of("ani")["present_seconds"] == HOUR // 2
    pipeline.webinar(webinar(webinar_id="other", version=2, sessions=gone))
    one.work()
    assert one.of("ani")["present_seconds"] == HOUR


def withdrawn(one: Line) -> None:
    gone = {"version": 2, "status": "cancelled"}
    one.pipeline.enrol(enrolment("ani").model_copy(update=gone))


def stricter(one: Line) -> None:
    one.pipeline.webinar(webinar(version=2, rule={"minimum_share": 9_000}))


def called_off(one: Line) -> None:
    one.pipeline.webinar(webinar(version=2, state="cancelled"))


def taken_away(one: Line) -> None:
    one.pipeline.say(corrected("k1", "ani", 0, HOUR, kind="remove"))


@pytest.mark.parametrize("change", [withdrawn, stricter, called_off, taken_away])
def test_D6_a_final_decision_becomes_another_one_by_whatever_changes_it(
    change: Callable[[Line], None],
) -> None:
    """Each without a restart, which would look at every plan."""
    one = line(*stay("1", "c1", until=3_000, registrant_id="_ani"))
    one.work()
    assert (one.of("ani")["verdict"], one.of("ani")["provisional"]) == ("eligible", False)
    change(one)
    one.stages.flush()
    assert one.of("ani")["verdict"] == "not_eligible"


def test_D6_so_does_a_late_webhook_and_a_late_enrolment_gets_a_decision() -> None:
    one = line(*stay("1", "c1", until=1_800, registrant_id="_ani"))
    one.work()
    assert one.of("ani")["verdict"] == "not_eligible"
    for event in stay("1", "c2", since=1_800, registrant_id="_ani"):
        one.pipeline.webhook(raw(event))
    one.pipeline.enrol(enrolment("gita"))
    one.stages.flush()
    assert one.of("gita")["verdict"] == "not_eligible"
    one.work()
    assert one.of("ani")["verdict"] == "eligible"


def test_D3_after_the_grace_of_a_webinar_that_went_on_those_with_a_final_decision_are_looked_at() -> (
    None
):
    one = line(*stay("1", "c1", registrant_id="_ani"))
    one.work()
    session = {"id": "s1", "start": iso(0), "end": iso(2 * HOUR), "zoom": {"number": NUMBER}}
    one.pipeline.webinar(webinar(version=2, sessions=[session]))
    one.stages.flush()
    assert (one.of("ani")["verdict"], one.of("ani")["provisional"]) == ("eligible", False)
    heard(one, ClockKind.RETRY_WINDOW, T + 2 * HOUR)
    heard(one, ClockKind.GRACE, T + 2 * HOUR)
    one.stages.flush()
    assert one.of("ani")["verdict"] == "not_eligible"
