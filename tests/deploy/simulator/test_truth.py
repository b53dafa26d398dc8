"""The simulator's truth and the brute force from the rules' text must say the same."""

from typing import Any

import pytest

from deploy.simulator import setup
from deploy.simulator.delivery import World
from deploy.simulator.scenario import PRESETS, Scenario, realistic, ugly
from deploy.simulator.stream import Arrivals, Scan, Webhook
from deploy.simulator.totals import totals_of
from shared.keys import participant_id_of
from tests.oracle import attendance_oracle as oracle
from tests.oracle import counting_oracle

SHORT: dict[str, Any] = {
    "participants": 40,
    "session_seconds": (1500, 1500),
    "pause_between": 2400,
    "break_seconds": 120,
}


def enrolments(world: World) -> list[dict[str, Any]]:
    """The people of the CSV as the oracle takes them."""
    people = [world.person(n) for n in range(world.scenario.participants)]
    return [
        {
            "participant_id": participant_id_of(p.external_id),
            "email": p.email,
            "links": [{"zoom_number": z, "registrant_id": r} for z, r in p.links],
        }
        for p in people
    ]


def brute_force(world: World) -> oracle.Findings:
    items = list(Arrivals(world))
    scans = [item._asdict() for item in items if isinstance(item, Scan)]
    return oracle.find(
        setup.webinar_body(world, "p1"),
        enrolments(world),
        [item.body for item in items if isinstance(item, Webhook)],
        scans,
        {(s.id, kind) for s in world.timetable.sessions for kind in ("grace", "retry_window")},
    )


def same_for_everyone(world: World) -> None:
    findings = brute_force(world)
    for n in range(world.scenario.participants):
        truth = world.outcome(n)
        found = findings.people[participant_id_of(world.person(n).external_id)]
        assert not found.provisional
        figures = (found.verdict, found.present, found.base, found.required)
        assert figures == truth[:4], f"person {n} of seed {world.scenario.seed}"
        assert [tuple(row) for row in found.sessions] == [tuple(row) for row in truth.sessions]
    assert len(findings.unresolved) == totals_of(world).unresolved


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("preset", ["realistic", "ugly"])
def test_the_truth_equals_the_brute_force(preset: str, seed: int) -> None:
    same_for_everyone(World(PRESETS[preset](seed=seed, **SHORT)))


VARIANTS = {
    "a webinar with a rehearsal of its own": ugly(kinds=("webinar", "webinar")),
    "a rehearsal in the same uuid": ugly(kinds=("webinar", "webinar"), rehearsal="same_uuid"),
    "a webinar, then a meeting with another number": ugly(kinds=("webinar", "meeting")),
    "each session by itself": ugly(scope="each_session", minimum_share=7000),
    "one of two sessions is enough": ugly(scope="each_session", minimum_sessions=1),
    "both sessions, however short": ugly(minimum_sessions=2, minimum_share=4000),
    "latecomers get nothing": ugly(latest_join=200),
    "host-down time stays in the base": ugly(host_down="include"),
    "check-out is expected": ugly(check_out_expected=True),
    "nothing lost": realistic(restart=False),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_truth_follows_every_setting_of_the_rule(variant: str) -> None:
    for seed in (101, 102):
        scenario = VARIANTS[variant]
        changed = {**SHORT, "seed": seed}
        same_for_everyone(World(Scenario(**{**vars(scenario), **changed})))


def test_the_truth_counts_the_cells_as_the_rules_do() -> None:
    world = World(ugly(seed=5, **{**SHORT, "participants": 120}))
    expected = counting_oracle.cells(
        counting_oracle.Enrolled(
            2026,
            world.person(n).external_id,
            "w",
            1,
            world.person(n).region_code,
            world.person(n).category,
            present_seconds=world.outcome(n).present,
            eligible=world.outcome(n).verdict == "eligible",
            certified=world.outcome(n).certificate,
        )
        for n in range(120)
    )
    found = {(2026, *cell): tuple(c) for cell, c in totals_of(world).cells.items()}
    assert found == {cell: tuple(figures) for cell, figures in expected.items()}


def test_an_ugly_webinar_has_every_verdict_and_people_on_both_sides_of_the_line() -> None:
    world = World(ugly(participants=400, seed=2))
    outcomes = [world.outcome(n) for n in range(400)]
    assert {o.verdict for o in outcomes} == {"eligible", "not_eligible", "needs_review"}
    margins = {o.present - o.required for o in outcomes}
    assert {0, -1} <= margins
