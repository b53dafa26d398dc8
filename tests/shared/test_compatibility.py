"""The gate on released events: each kind of breaking change is tried, and refused."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shared.compatibility import broken_by
from shared.events.attendance import EligibilityDecidedV1
from shared.events.registration import WebinarSetV1
from shared.json_schemas import schema_of

Schema = dict[str, Any]
DECIDED = schema_of(EligibilityDecidedV1)


def changed(change: Callable[[Schema], object], old: Schema = DECIDED) -> list[str]:
    new = copy.deepcopy(old)
    change(new)
    assert new != old, "the change changed nothing"
    return broken_by(old, new)


def rename(schema: Schema, old: str, new: str) -> None:
    schema["properties"][new] = schema["properties"].pop(old)
    schema["required"] = [new if name == old else name for name in schema["required"]]


def test_the_same_schema_breaks_nothing() -> None:
    assert broken_by(DECIDED, copy.deepcopy(DECIDED)) == []


def test_a_new_optional_field_breaks_nothing() -> None:
    field = {"type": "string", "default": ""}
    assert changed(lambda s: s["properties"].update(note=field)) == []


def test_a_new_optional_field_deep_inside_breaks_nothing() -> None:
    field = {"type": "string", "default": ""}
    assert changed(lambda s: s["$defs"]["Reason"]["properties"].update(note=field)) == []


def test_other_words_for_people_break_nothing() -> None:
    assert changed(lambda s: s.update(description="Said better.", title="Decided")) == []


def test_a_definition_with_another_name_and_the_same_content_breaks_nothing() -> None:
    def move(schema: Schema) -> None:
        schema["$defs"]["Outcome"] = schema["$defs"].pop("Verdict")
        schema["properties"]["verdict"]["$ref"] = "#/$defs/Outcome"
        schema["$defs"]["PastVersion"]["properties"]["verdict"]["$ref"] = "#/$defs/Outcome"

    assert changed(move) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda s: s["properties"].pop("digest"), "digest: removed"),
        (lambda s: rename(s, "digest", "hash"), "digest: removed"),
        (lambda s: rename(s, "digest", "hash"), "hash: required now"),
        (lambda s: s["properties"].update(n={"type": "string"}) or s["required"].append("n"), "n: required"),
        (lambda s: s["required"].remove("digest"), "digest: no longer required"),
        (lambda s: s["required"].append("history"), "history: required now"),
        (lambda s: s["properties"]["version"].update(type="string"), "version: 'integer' became"),
        (lambda s: s["properties"]["version"].update(type="number"), "version: 'integer' became"),
        (lambda s: s["properties"]["digest"].update(minLength=71), "digest: minLength was added"),
        (lambda s: s["properties"]["decided_at"].pop("pattern"), "decided_at: pattern was removed"),
        (lambda s: s["$defs"]["Verdict"]["enum"].append("absent"), "verdict: ["),
        (lambda s: s["$defs"]["Verdict"]["enum"].pop(), "verdict: ["),
        (lambda s: s["$defs"]["SessionFigures"]["properties"].pop("id"), "sessions.id: removed"),
        (lambda s: s["properties"]["history"].pop("default"), "history: default was removed"),
        (lambda s: s.update(additionalProperties=False), "additionalProperties was added"),
    ],
)  # fmt: skip
def test_a_change_that_somebody_would_not_survive_is_named(
    change: Callable[[Schema], object], where: str
) -> None:
    assert any(where in found for found in changed(change)), changed(change)


def test_another_default_would_change_what_old_records_mean() -> None:
    old = schema_of(WebinarSetV1)
    found = changed(lambda s: s["properties"]["grace_seconds"].update(default=0), old)
    assert found == ["grace_seconds: 120 became 0"]


def test_a_default_beside_a_shared_definition_counts_in_each_place() -> None:
    old: Schema = {
        "properties": {
            "one": {"$ref": "#/$defs/Size", "default": 1},
            "two": {"$ref": "#/$defs/Size", "default": 1},
        },
        "$defs": {"Size": {"type": "integer"}},
    }
    assert changed(lambda s: s["properties"]["two"].update(default=2), old) == ["two: 1 became 2"]


def test_a_bound_that_moves_is_refused_both_ways() -> None:
    old = schema_of(WebinarSetV1)
    for bound in (9_000, 11_000):
        field = old["$defs"]["RuleV1"]["properties"]["minimum_share"]
        assert field["maximum"] == 10_000
        new = copy.deepcopy(old)
        new["$defs"]["RuleV1"]["properties"]["minimum_share"]["maximum"] = bound
        assert broken_by(old, new)


def test_a_field_may_not_become_nullable() -> None:
    nullable = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert changed(lambda s: s["properties"].update(digest=nullable))


def test_schemas_that_hold_themselves_are_compared_to_the_end() -> None:
    tree: Schema = {
        "$ref": "#/$defs/Node",
        "$defs": {
            "Node": {"properties": {"left": {"$ref": "#/$defs/Node"}, "name": {"type": "string"}}}
        },
    }
    assert broken_by(tree, copy.deepcopy(tree)) == []
    other = copy.deepcopy(tree)
    other["$defs"]["Node"]["properties"]["name"]["type"] = "integer"
    assert broken_by(tree, other) == ["name: 'string' became 'integer'"]
