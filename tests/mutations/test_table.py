"""The table of mutants fits the code, and leaves no rule out; `make mutants` tries them all."""

from pathlib import Path

import pytest

from tests.mutations.table import MUTANTS, RULES, Mutant

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.rule} {m.path} {m.old[:40]}")
def test_a_mutant_changes_one_place_into_python(mutant: Mutant) -> None:
    whole = (ROOT / mutant.path).read_text()
    assert whole.count(mutant.old) == 1
    assert mutant.new != mutant.old
    compile(whole.replace(mutant.old, mutant.new), mutant.path, "exec")
    assert all((ROOT / "tests" / name).exists() for name in mutant.tests)


def test_every_rule_is_broken_at_least_once() -> None:
    assert {mutant.rule for mutant in MUTANTS} >= RULES
