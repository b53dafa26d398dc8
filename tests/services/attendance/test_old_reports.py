"""Reports are dropped before their webhooks are gone; what they changed stays (rules L1, Z2, Z3)."""

from typing import Any

from services.attendance.domain.reading_plan import ACTS
from shared.events.registration import EnrolledV1
from shared.events.reports import ReportReadV1
from shared.events.rulings import ConnectionAssignedV1
from shared.keys import participant_id_of
from tests.services.attendance.test_pipeline import WEBINAR
from tests.services.attendance.test_report_of_few import START, lost_row, small
from tests.services.attendance.test_reports import after, lossy, outcome, reported, webhook
from tests.support.flow import world_of
from tests.support.pipeline import KEY
from tests.support.reports import REPORTED, Stay, twice

LAST = REPORTED + ACTS
"""The last second at which a report acts that was first read at REPORTED."""


def desk_size(stage: Any) -> int:
    """How much a partition holds about reports."""
    desk = stage._desk
    return sum(map(len, (desk._claimed, desk._markers, desk._told, desk._sent, desk._released,
                         desk._by_token, desk.loose, desk.look, desk.due)))  # fmt: skip


def test_Z2_a_report_leaves_memory_27_days_after_its_first_read_and_not_a_second_before() -> None:
    world = world_of(2006, 120, "calm", people=20)
    came, rows = lossy(world, 120, 0.3)
    pipeline = after(world, [*map(webhook, came), *map(reported, twice(KEY, rows))])
    before = outcome(pipeline)
    pipeline.knowledge.forget_old_reports(LAST)
    assert pipeline.knowledge.reports.of
    assert all(desk_size(stage) for stage in pipeline.stages)
    pipeline.knowledge.forget_old_reports(LAST + 1)
    assert pipeline.knowledge.reports.of == {}
    assert [desk_size(stage) for stage in pipeline.stages] == [0] * pipeline.partitions
    for stage in pipeline.stages:
        stage.webinar_changed(WEBINAR)
    for event in twice(KEY, rows):  # from the log once more
        pipeline.report(event)
    assert outcome(pipeline) == before
    assert pipeline.knowledge.reports.of == {}


def test_Z3_a_connection_is_not_given_away_without_the_report_that_its_owner_knows() -> None:
    pipeline, (one,) = small(people=1)
    other = participant_id_of("p1")
    pipeline.enrol(EnrolledV1.model_validate({
        "webinar_id": WEBINAR, "participant_id": other, "version": 1, "external_id": "p1",
        "year": 2026, "region_code": "15", "category": "asn", "links": []}))  # fmt: skip
    for event in lost_row("777"):
        pipeline.report(event)
    before = {who: d["present_seconds"] for who, d in pipeline.decisions().items()}
    assert before == {one: 3595, other: 0}
    pipeline.knowledge.forget_old_reports(LAST + 1)
    pipeline.say(ConnectionAssignedV1.model_validate({
        "ruling_id": "x", "webinar_id": WEBINAR, "made_at": REPORTED, "made_by": "operator",
        "reason": "dikenal", "meeting_uuid": "m1==", "user_id": "100",
        "shares": [{"participant_id": other}]}))  # fmt: skip
    after_ = {who: d["present_seconds"] for who, d in pipeline.decisions().items()}
    assert after_ == before, "both would have the same minutes"


def later_reads() -> list[Any]:
    """What is left of a report in the log: two reads of the week after the first one."""
    row = Stay("m1==", "932", "100", START + 5, START + 3600, "r0", "")
    week = twice(KEY, [row], REPORTED + 7 * 86_400)
    return [event.model_copy(update={"first": REPORTED * 1000})
            if isinstance(event, ReportReadV1) else event for event in week]  # fmt: skip


def test_Z3_rows_whose_webhooks_retention_took_do_not_look_lost_after_a_restart() -> None:
    told = []
    for moment in (LAST, LAST + 1):
        pipeline, _ = small(people=0)
        for event in later_reads():
            pipeline.report(event)
        pipeline.knowledge.forget_old_reports(moment)
        pipeline.flush()
        told.append(any(b"connection-seen" in frame for _, frame in pipeline.log.frames))
    assert told == [True, False]
