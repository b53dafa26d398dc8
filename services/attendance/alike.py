"""Open cases that look alike: the same problem, candidates and identifiers. They are settled together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.keys import derived_id

EVIDENCE = "@"
"""A case of a person's own evidence begins so: there is nobody to find."""


def groups(webinar_id: str, cases: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Open cases of connections that look alike, by the id of their group, the largest first."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for case in cases:
        if case["status"] == "open" and not case["connection_id"].startswith(EVIDENCE):
            likeness = [case["problem"], *case["candidates"], case.get("alike", "")]
            found[derived_id("group", webinar_id, *likeness)].append(case)
    shown = {group_id: _group(group_id, members) for group_id, members in found.items()}
    return dict(sorted(shown.items(), key=lambda g: (-g[1]["cases"], g[0])))


def _group(group_id: str, cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "group": group_id, "problem": cases[0]["problem"], "candidates": cases[0]["candidates"],
        "cases": len(cases), "seconds": sum(c["seconds"] for c in cases),
        "case_ids": sorted(c["case_id"] for c in cases),
    }  # fmt: skip
