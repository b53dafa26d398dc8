"""`python -m shared.contracts [--check | --release]`: what others rely on, written down by the code.

Writes shared/schemas/ (a JSON Schema and an example of every event), shared/asyncapi.json and the
table of topics in README.md. `--check` writes nothing, names what differs and ends with 1; so it
does, too, when an event is no longer what shared/schemas/released/ says it was at the last release.
`--release` makes today's schemas the released ones.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from shared import asyncapi
from shared.compatibility import broken_by
from shared.examples import example
from shared.json_schemas import schema_of
from shared.topics import EVENT_TYPES, FLOW, Topic

SHARED = Path(__file__).parent
README = SHARED.parent / "README.md"
SCHEMAS = "schemas"
RELEASED = "schemas/released"
BEGIN, END = "<!-- topics:begin -->", "<!-- topics:end -->"
Files = dict[str, bytes]
"""Path below shared/ → content."""


def generated() -> Files:
    """Every generated file."""
    files = {"asyncapi.json": _json(asyncapi.document())}
    for name, event in EVENT_TYPES.items():
        files[f"{SCHEMAS}/{name}.json"] = _json(schema_of(event))
        files[f"{SCHEMAS}/{name}.example.json"] = _json(orjson.loads(example(name).to_bytes()))
    return files


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def stored(root: Path = SHARED) -> Files:
    """What stands on disk."""
    paths = [*root.glob("asyncapi.json"), *root.glob(f"{SCHEMAS}/*.json")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def differences(root: Path = SHARED, readme: Path = README) -> list[str]:
    """Which generated files are missing, stale or left over, one sentence each."""
    wanted, there = generated(), stored(root)
    found = [f"{name} is missing" for name in sorted(wanted.keys() - there.keys())]
    found += [f"{name} belongs to no event" for name in sorted(there.keys() - wanted.keys())]
    found += [
        f"{name} is stale"
        for name in sorted(wanted)
        if wanted[name] != there.get(name, wanted[name])
    ]
    if readme.exists() and with_table(readme.read_text()) != readme.read_text():
        found.append(f"the table of topics in {readme.name} is stale")
    return found


def broken(root: Path = SHARED) -> list[str]:
    """What a reader or a record of the last release would not survive, one sentence each."""
    return [
        f"{name}: {change}"
        for name, old in released(root).items()
        for change in (
            broken_by(old, schema_of(EVENT_TYPES[name]))
            if name in EVENT_TYPES
            else ["the event is gone"]
        )
    ]


def released(root: Path = SHARED) -> Mapping[str, dict[str, object]]:
    """The schemas of the last release by event type."""
    paths = sorted((root / RELEASED).glob("*.json"))
    return {path.name.removesuffix(".json"): orjson.loads(path.read_bytes()) for path in paths}


def readme_table() -> str:
    """The services and topics of shared/topics.py, in the order of the flow, as Markdown."""
    head = ["| topic | key | kept | written by | read by | holds |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(topic) for topic in FLOW)])


def _row(topic: Topic) -> str:
    kept = "newest per key" if topic.cleanup == "compact" else "for ever"
    if topic.retention_days:
        kept = f"{topic.retention_days} days"
    key = topic.key.replace("|", " + ")
    cells = (f"`{topic.name}`", key, kept, topic.writer, ", ".join(topic.readers), topic.why)
    return "| " + " | ".join(cells) + " |"


def with_table(text: str) -> str:
    """A README with today's table between its markers; without markers, unchanged."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    return f"{head}{begin}\n{readme_table()}\n{end}{tail}" if end else text


def write(root: Path = SHARED, readme: Path = README) -> None:
    """Bring every generated file up to date."""
    wanted = generated()
    (root / SCHEMAS).mkdir(parents=True, exist_ok=True)
    for name in stored(root).keys() - wanted.keys():
        (root / name).unlink()
    for name, content in wanted.items():
        (root / name).write_bytes(content)
    if readme.exists():
        readme.write_text(with_table(readme.read_text()))


def release(root: Path = SHARED) -> None:
    """Make today's schemas the baseline that the next version is held against."""
    (root / RELEASED).mkdir(parents=True, exist_ok=True)
    for name, event in EVENT_TYPES.items():
        (root / RELEASED / f"{name}.json").write_bytes(_json(schema_of(event)))


def main(arguments: list[str]) -> int:
    """The command; its exit code."""
    if arguments == ["--check"]:
        problems = differences() + broken()
        sys.stdout.writelines(problem + "\n" for problem in problems)
        return 1 if problems else 0
    if arguments not in ([], ["--release"]):
        sys.stderr.write("Usage: python -m shared.contracts [--check | --release]\n")
        return 2
    if refused := broken():
        sys.stderr.writelines(
            f"{change}; make a new version of the event instead.\n" for change in refused
        )
        return 1
    write()
    if arguments:
        release()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
