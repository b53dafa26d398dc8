"""Rows of the table: targets from both sides, verdicts in words, and the page that keeps them."""

from pathlib import Path

import pytest

from deploy.bench import groups, page
from deploy.bench.row import TARGETS, Row, paired
from deploy.cli.bench import _judge
from deploy.cli.errors import Failed

FIELDS = ["name", "ours", "other", "ratio", "unit", "target", "holds", "runs", "spread"]


def test_a_ratio_is_held_to_a_target_from_below() -> None:
    assert Row("step_vs_quix", 15, 10, "events/s").holds is True
    assert Row("step_vs_quix", 14.9, 10, "events/s").holds is False


def test_of_contenders_by_turns_the_turns_ratios_are_compared_not_their_medians() -> None:
    """The machine ran half as fast in the second turn, for both."""
    row = paired("step_vs_quix", [16, 8, 17], [10, 5, 11], "events/s")
    assert (row.ours, row.other, row.ratio) == (16, 10, 1.6)
    row = paired("step_vs_quix", [16, 8, 15], [10, 5, 11], "events/s")
    assert (row.ours / row.other, row.ratio, row.runs) == (1.5, 1.6, [16, 8, 15])


def test_a_figure_without_another_is_held_to_a_target_from_above() -> None:
    assert Row("gateway_p99_ms", 100, None, "ms").holds is True
    assert Row("gateway_p99_ms", 100.1, None, "ms").holds is False


def test_a_ratio_may_be_bounded_from_above() -> None:
    assert Row("line_1m_cost_ratio", 1.3, 1.0, "CPU ms a person").holds is False


def test_no_difference_at_all_is_a_figure_that_holds() -> None:
    assert Row("line_1m_mismatches", 0, None, "people").as_json()["holds"] is True


def test_a_row_without_target_has_no_verdict() -> None:
    assert Row("step_vs_kafka_streams", 1, 5, "events/s").as_json()["holds"] is None


def test_a_row_has_exactly_the_promised_fields() -> None:
    row = Row("step_vs_quix", 20, 10, "events/s", [19, 20, 22])
    assert sorted(row.as_json()) == sorted(FIELDS)
    assert (row.as_json()["runs"], row.as_json()["spread"]) == (3, 0.15)


def test_every_row_with_a_target_belongs_to_one_group() -> None:
    measured = [name for group in groups.GROUPS for name in group.rows]
    assert sorted(measured) == sorted(TARGETS)


@pytest.mark.parametrize("name", [name for group in groups.GROUPS for name in group.rows])
def test_each_row_can_be_asked_for_by_name(name: str) -> None:
    (group,) = groups.find(name)
    assert name in group.rows


def test_a_row_that_was_asked_for_and_is_not_there_is_missed() -> None:
    (step,) = groups.find("step")
    there = [Row(name, 1, 1, "events/s") for name in step.rows if name != "step_vs_quix"]
    assert groups.missing("", step, there) == ["step_vs_quix"]
    assert groups.missing("step_vs_quix", step, there) == ["step_vs_quix"]
    assert groups.missing("step_vs_limit", step, there) == []


def test_the_million_is_not_among_the_usual_measurements() -> None:
    assert "national" not in {group.name for group in groups.find("")}


def test_what_fails_and_what_is_missing_end_the_command_with_a_sentence() -> None:
    rows = [Row("step_vs_quix", 1, 1, "events/s"), Row("live_p50_ms", 200, None, "ms")]
    with pytest.raises(
        Failed, match=r"no generator; 1 of 2 targets do not hold: step_vs_quix ≥ 1.5"
    ):
        _judge(rows, ["no generator"])
    _judge(rows[1:], [])


def test_the_page_keeps_what_was_not_measured_again_and_the_prose(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"Before\n\n{page.BEGIN}\n{page.END}\n\nAfter\n")
    page.update(file, [Row("live_p50_ms", 250, None, "ms"), Row("step_vs_quix", 2, 1, "/s")],
                "2026-01-01", "one machine")  # fmt: skip
    page.update(file, [Row("live_p50_ms", 350, None, "ms")], "2026-01-02", "another")
    text = file.read_text()
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert "| live_p50_ms | 350 | – | – | ≤ 300 | FAILS |" in text
    assert text.index("step_vs_quix") < text.index("live_p50_ms")
    assert text.count("live_p50_ms") == 1
    assert "| 2026-01-01 |" in text
    assert "| 2026-01-02 |" in text


def test_the_page_plots_the_cost_of_a_person_over_the_size_of_a_webinar(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"{page.BEGIN}\n{page.END}\n")
    rows = [Row("cost_10k", 4_000, None, "µs"), Row("cost_100k", 2_000, None, "µs")]
    for _ in range(2):
        page.update(file, rows, "2026-01-01", "one machine")
    bars = [line for line in file.read_text().splitlines() if "█" in line]
    assert [(line.split()[0], line.count("█")) for line in bars] == [
        ("cost_10k", 40),
        ("cost_100k", 20),
    ]


def test_the_projects_page_has_its_marks() -> None:
    text = Path(__file__).parents[3].joinpath("BENCHMARKS.md").read_text()
    assert text.index(page.BEGIN) < text.index(page.END)
