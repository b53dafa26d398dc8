"""What is compiled: the list is whole, and nothing in it needs what a compiled class has not."""

import ast
from pathlib import Path

import pytest

from deploy.bench import groups
from deploy.cli import bench
from deploy.native import tree
from deploy.native.modules import modules
from deploy.native.tree import ROOT, NotCompiled

LISTED = modules(ROOT)
FAIL = {"copy", "pickle", "pydantic"}


def test_every_listed_module_is_there_and_listed_once() -> None:
    assert [path for path in LISTED if not (ROOT / path).is_file()] == []
    assert len(LISTED) == len(set(LISTED))


def test_no_listed_module_uses_a_library_that_fails_with_compiled_classes() -> None:
    """`copy` and `pickle` cannot make an object of such a class; models read annotations at run time."""
    found = []
    for path in LISTED:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None), *(alias.name for alias in node.names)]
                found += [path for name in names if str(name).partition(".")[0] in FAIL]
    assert found == []


def test_the_tree_is_another_one_when_a_text_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "services").mkdir()
    text = tmp_path / "services" / "one.py"
    text.write_text("a = 1\n")
    monkeypatch.setattr(tree, "ROOT", tmp_path)
    before = tree.key()
    text.write_text("a = 2\n")
    assert tree.key() != before


def test_where_it_cannot_be_built_the_bench_says_so_and_measures_the_interpreted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(_: object) -> None:
        raise NotCompiled("There is no compiler.")

    said: list[str] = []
    monkeypatch.setattr(bench, "use", missing)
    assert bench.build(groups.find("step"), said.append, pure=False) == bench.INTERPRETED
    assert said == ["There is no compiler. Our modules are measured interpreted."]


def test_the_gate_and_pure_runs_ask_for_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "use", lambda _: pytest.fail("it was asked for"))
    said: list[str] = []
    assert bench.build(groups.find("gate"), said.append, pure=False) == bench.INTERPRETED
    assert bench.build(groups.find("step"), said.append, pure=True) == bench.INTERPRETED
