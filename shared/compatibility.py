"""May a released event's schema become this one? Only by new optional fields.

Records live for years and readers are updated at other times than writers. So of a field that was
released nothing may change: an old record must parse for a new reader (nothing narrower), and a new
record for an old reader (nothing wider: an enum's new member is unreadable to it). Everything else
is a new event version. Texts for people (title, description, examples) are free.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_FREE = frozenset({"$defs", "$id", "$schema", "description", "examples", "title"})
_BY_FIELD = frozenset({"properties", "required"})


def broken_by(old: Schema, new: Schema) -> list[str]:
    """What an old reader or an old record would not survive; empty when nothing."""
    return list(_Comparison(old, new).run())


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._open: set[tuple[int, int]] = set()

    def run(self) -> Iterator[str]:
        return self._compare(self._old, self._new, "")

    def _compare(self, old: Any, new: Any, at: str) -> Iterator[str]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._schemas(old, new, at)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for i, (a, b) in enumerate(zip(old, new, strict=True)):
                yield from self._compare(a, b, f"{at}[{i}]")
        elif old != new or type(old) is not type(new):
            yield f"{at or 'the event'}: {old!r} became {new!r}"

    def _schemas(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        pair = (id(old), id(new))  # of definitions that hold themselves, each pair once
        if pair in self._open:
            return
        self._open.add(pair)
        yield from self._fields(old, new, at)
        for word in sorted((set(old) | set(new)) - _FREE - _BY_FIELD):
            if word not in old or word not in new:
                yield f"{at or 'the event'}: {word} was {'added' if word in new else 'removed'}"
            else:
                yield from self._compare(old[word], new[word], at)
        self._open.discard(pair)

    def _fields(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            where = f"{at}.{name}".lstrip(".")
            if name not in after:
                yield f"{where}: removed"
            else:
                yield from self._compare(before[name], after[name], where)
        for name in sorted(set(old.get("required", ())) ^ set(new.get("required", ()))):
            where = f"{at}.{name}".lstrip(".")
            if name in new.get("required", ()):
                yield f"{where}: required now, which old records need not have"
            elif name in after:
                yield f"{where}: no longer required, which old readers rely on"


def _resolved(schema: Schema, root: Schema) -> Schema:
    """What a `$ref` means; what counts beside it (a default) is kept."""
    name = schema.get("$ref")
    if name is None:
        return schema
    target: Schema = root["$defs"][name.removeprefix("#/$defs/")]
    beside = {word: value for word, value in schema.items() if word not in {"$ref", *_FREE}}
    return _resolved({**target, **beside} if beside else target, root)
