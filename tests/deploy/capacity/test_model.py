"""The capacity model: what grows with what, where the bounds are, and where its figures come from."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.capacity.measured import Cost, Measured, from_rows, load
from deploy.capacity.model import PARTITIONS_A_WORKER, Need, plan
from deploy.capacity.words import consequences

NAMES = ("attendance-gateway", "attendance-worker", "attendance-api", "certificates-api",
         "certificates-worker", "registration-api", "registration-worker", "reporting-api",
         "reporting-worker", "kafka", "store")  # fmt: skip
FIGURES = Measured("a machine", 100_000, disk_bytes=20_000, gateway_per_second=10_000,
                   documents_per_second=200, processes=dict.fromkeys(NAMES, Cost(600, 100, 100)))  # fmt: skip
NEED = Need(1_000_000, 30)


def test_gateways_carry_the_peak_at_the_share_of_a_core_that_may_be_used_and_one_more() -> None:
    found = plan(NEED, FIGURES).processes["attendance-gateway"].pods
    assert found == 6 + 1  # 33,333 a second over 10,000 × 0.6 a core
    slower = replace(FIGURES, gateway_per_second=5_000)
    assert plan(NEED, slower).processes["attendance-gateway"].pods == 12 + 1


def test_attendance_workers_work_the_end_off_in_time() -> None:
    # two thirds of 600 s of work, in 30 + 60 s, at 60 % of a core
    assert plan(NEED, FIGURES).processes["attendance-worker"].pods == 8
    patient = replace(NEED, decided_within=570)
    assert plan(patient, FIGURES).processes["attendance-worker"].pods == 2


def test_documents_have_their_own_time() -> None:
    assert (
        plan(NEED, FIGURES).processes["certificates-worker"].pods == 3
    )  # 5,000 s of work in 3,600


def test_one_process_counts_whatever_the_size() -> None:
    found = plan(NEED, FIGURES)
    assert found.processes["reporting-worker"].pods == 2  # the second stands by
    assert found.counters_after == 600
    assert any("One process counts" in said for said in consequences(found))


def test_partitions_leave_room_for_workers_and_are_never_fewer_than_in_production() -> None:
    assert plan(Need(1_000, 30), FIGURES).partitions == 48
    found = plan(Need(4_000_000, 30), FIGURES)
    assert found.partitions >= found.processes["attendance-worker"].pods * PARTITIONS_A_WORKER


def test_memory_of_a_worker_grows_with_people_and_that_of_an_api_does_not() -> None:
    few, many = plan(NEED, FIGURES), plan(Need(5_000_000, 150), FIGURES)
    for name, grows in (("attendance-worker", True), ("attendance-api", False)):
        assert (many.processes[name].mib > few.processes[name].mib) is grows


def test_a_worker_that_holds_more_partitions_needs_more_memory() -> None:
    alone = plan(replace(NEED, decided_within=10_000), FIGURES).processes["attendance-worker"]
    shared = plan(NEED, FIGURES).processes["attendance-worker"]
    assert (alone.pods, shared.pods) == (2, 8)
    assert alone.mib > shared.mib


def test_disk_counts_every_copy_of_what_is_kept() -> None:
    one, three = (plan(replace(NEED, replication=n), FIGURES) for n in (1, 3))
    assert three.disk_gib_per_million == pytest.approx(3 * one.disk_gib_per_million)
    assert three.disk_gib * three.brokers.pods * 0.7 >= 20_000 * 3 * NEED.kept / 2**30


def test_cost_of_a_million_is_of_the_same_order_for_any_webinar_of_the_same_pace() -> None:
    small, large = plan(Need(500_000, 15), FIGURES), plan(Need(1_000_000, 30), FIGURES)
    assert small.used_core_hours == large.used_core_hours
    assert large.reserved_core_hours < small.reserved_core_hours  # it stands for more people


def test_money_is_resources_times_your_prices_and_nothing_without_them() -> None:
    found = plan(NEED, FIGURES)
    assert found.cost(0, 0, 0) == 0
    assert found.cost(2, 0, 0) == 2 * found.reserved_core_hours
    assert found.cost(0, 0, 1) == pytest.approx(13 * found.disk_gib_per_million)


def _rows(size: str, cpu: float, mib: float) -> list[dict[str, object]]:
    rows = {f"line_{size}_cpu_kafka": cpu, f"line_{size}_memory_kafka": mib,
            f"line_{size}_cpu_sender": 9e9, f"line_{size}_memory_services": 9e9,
            f"line_{size}_disk": 2.0, f"line_{size}_documents_a_second": 150.0}  # fmt: skip
    return [{"name": name, "ours": value, "unit": ""} for name, value in rows.items()]


def test_the_figures_are_those_of_the_largest_line_and_memory_goes_through_two() -> None:
    rows = [*_rows("1m", 500, 1300), *_rows("100k", 700, 400)]
    found = from_rows(rows, FIGURES)
    assert found.people == 1_000_000
    assert found.processes == {"kafka": Cost(500, 300, 100)}
    assert found.disk_bytes == round(2 * 2**30 / 1e6)


def test_with_one_line_what_an_empty_process_needs_stays_as_it_was_known() -> None:
    found = from_rows(_rows("100k", 700, 400), FIGURES)
    assert found.processes["kafka"] == Cost(700, 100, 300)


def test_rows_without_a_line_change_only_what_they_say() -> None:
    row = {"name": "gateway_vs_bare", "ours": 12_000.0, "unit": "webhooks/s"}
    assert from_rows([row], FIGURES) == replace(FIGURES, gateway_per_second=12_000)


def test_figures_survive_their_file(tmp_path: Path) -> None:
    FIGURES.save(tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == FIGURES
