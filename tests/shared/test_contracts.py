"""What is generated for others: schemas, examples, AsyncAPI, the README's table. Never by hand."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared import contracts
from shared.envelope import urn_of
from shared.examples import BUILDERS, example
from shared.topics import EVENT_TYPES, FLOW

EVERY = sorted(EVENT_TYPES)
CHECKER = """
const { Parser } = require("@asyncapi/parser");
const text = require("fs").readFileSync(0, "utf8");
new Parser().parse(text).then(({ document, diagnostics }) => {
  const wrong = diagnostics.filter((d) => d.severity < 2);
  for (const d of wrong) console.error(d.path.join("/"), d.message);
  process.exit(document && wrong.length === 0 ? 0 : 1);
});
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder like shared/, freshly written and released."""
    contracts.write(tmp_path, tmp_path / "README.md")
    contracts.release(tmp_path)
    return tmp_path


def schema(event_type: str) -> dict[str, Any]:
    text = (contracts.SHARED / "schemas" / f"{event_type}.json").read_text()
    stored: dict[str, Any] = json.loads(text)
    return stored


def test_what_is_committed_is_what_the_code_says() -> None:
    assert contracts.differences() == []


def test_no_event_broke_its_readers_or_records_since_the_last_release() -> None:
    assert contracts.broken() == []


def test_check_is_what_the_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert contracts.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert contracts.main(["--chekc"]) == 2
    assert "Usage" in capsys.readouterr().err


def test_check_fails_when_a_file_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contracts, "stored", lambda _: {})
    assert contracts.main(["--check"]) == 1
    assert "asyncapi.json is missing\n" in capsys.readouterr().out


def test_a_missing_a_stale_and_a_left_over_file_are_each_named(copy: Path) -> None:
    (copy / "schemas" / f"{EVERY[0]}.json").unlink()
    (copy / "asyncapi.json").write_text("{}")
    (copy / "schemas" / "hadir.old.thing.v1.json").write_text("{}")
    assert contracts.differences(copy, copy / "README.md") == [
        f"schemas/{EVERY[0]}.json is missing",
        "schemas/hadir.old.thing.v1.json belongs to no event",
        "asyncapi.json is stale",
    ]
    contracts.write(copy, copy / "README.md")
    assert contracts.differences(copy, copy / "README.md") == []


def test_the_readme_s_table_is_written_between_its_markers_alone(copy: Path) -> None:
    readme = copy / "README.md"
    readme.write_text(f"# Above\n{contracts.BEGIN}\nstale\n{contracts.END}\nbelow\n")
    assert contracts.differences(copy, readme) == ["the table of topics in README.md is stale"]
    contracts.write(copy, readme)
    assert contracts.differences(copy, readme) == []
    assert readme.read_text().startswith("# Above\n")
    assert readme.read_text().endswith("\nbelow\n")


def test_a_readme_without_markers_is_left_alone() -> None:
    assert contracts.with_table("# Only this\n") == "# Only this\n"


def test_the_readme_has_the_table() -> None:
    if not contracts.README.exists():
        pytest.skip("there is no README.md beside shared/")
    assert contracts.readme_table() in contracts.README.read_text()


def test_the_table_names_every_topic_in_the_order_of_the_flow() -> None:
    rows = contracts.readme_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [topic.name for topic in FLOW]
    assert all(row.count("|") == 7 for row in rows)


@pytest.mark.parametrize("event_type", EVERY)
def test_every_schema_is_valid_json_schema_under_the_name_that_records_carry(
    event_type: str,
) -> None:
    stored = schema(event_type)
    Draft202012Validator.check_schema(stored)
    assert stored["$id"] == urn_of(event_type)
    assert stored["description"]


@pytest.mark.parametrize("event_type", EVERY)
def test_every_example_is_valid_by_its_schema_and_by_its_class(event_type: str) -> None:
    path = contracts.SHARED / "schemas" / f"{event_type}.example.json"
    stored = json.loads(path.read_bytes())
    checker = Draft202012Validator(schema(event_type), format_checker=FormatChecker())
    assert list(checker.iter_errors(stored)) == []
    assert EVENT_TYPES[event_type].parse(path.read_bytes()) == example(event_type)


@pytest.mark.parametrize("event_type", EVERY)
def test_a_schema_refuses_what_lacks_a_required_field(event_type: str) -> None:
    stored = schema(event_type)
    body = json.loads(example(event_type).to_bytes())
    for field in stored["required"]:
        less = {name: value for name, value in body.items() if name != field}
        assert not Draft202012Validator(stored).is_valid(less)


def test_there_is_one_example_of_every_event_and_no_other() -> None:
    assert set(BUILDERS) == set(EVENT_TYPES.values())


def test_the_schemas_of_the_last_release_are_of_events_alone() -> None:
    assert set(contracts.released()) <= set(EVENT_TYPES)
    assert contracts.released()


def test_an_event_that_vanished_is_refused(copy: Path) -> None:
    (copy / "schemas" / "released" / "hadir.old.thing.v1.json").write_text("{}")
    assert contracts.broken(copy) == ["hadir.old.thing.v1: the event is gone"]


def test_a_change_that_breaks_readers_is_not_even_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contracts, "broken", lambda: ["an.event.v1: field: removed"])
    monkeypatch.setattr(contracts, "write", lambda: pytest.fail("it wrote"))
    assert contracts.main([]) == 1
    assert "make a new version" in capsys.readouterr().err


def test_asyncapi_has_every_topic_with_its_writer_and_its_readers() -> None:
    document = json.loads((contracts.SHARED / "asyncapi.json").read_bytes())
    for topic in FLOW:
        channel = document["channels"][topic.name]
        assert channel["address"] == "{prefix}" + topic.name
        actions = [
            how["action"]
            for how in document["operations"].values()
            if how["channel"]["$ref"] == f"#/channels/{topic.name}"
        ]
        assert sorted(actions) == ["receive"] * len(topic.readers) + ["send"]


def test_asyncapi_points_nowhere_that_is_not_there() -> None:
    document = json.loads((contracts.SHARED / "asyncapi.json").read_bytes())
    for pointer in references(document):
        found: Any = document
        for word in pointer.removeprefix("#/").split("/"):
            found = found[word]


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for part in node for found in references(part)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for part in node.values() for found in references(part)]


def test_asyncapi_s_own_parser_finds_nothing_wrong() -> None:
    root = parser_folder()
    run = subprocess.run(
        ["node", "-e", CHECKER], input=(contracts.SHARED / "asyncapi.json").read_bytes(),
        env={**os.environ, "NODE_PATH": str(root)}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr.decode()


def parser_folder() -> Path:
    """Where npm has put @asyncapi/parser: `npm install --prefix .tools @asyncapi/parser@3.6.3`."""
    given = os.environ.get("HADIR_NODE_MODULES")
    folder = Path(given) if given else contracts.SHARED.parent / ".tools" / "node_modules"
    if not shutil.which("node") or not (folder / "@asyncapi" / "parser").is_dir():
        lacking(f"node with the npm package @asyncapi/parser in {folder.name}")
    return folder


def lacking(what: str) -> None:
    """Skip, and say what for; where all tools must be there, fail."""
    if os.environ.get("HADIR_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{what} is not there, and HADIR_REQUIRE_TOOLS=1")
    pytest.skip(f"{what} is not there")
