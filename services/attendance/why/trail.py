"""One person's trail as the API tells it: timeline, what is decided now, and every version."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.attendance.why.naming import (
    BASIS_CODES,
    CONNECTIONS,
    Pair,
    cause,
    names,
    rfc3339,
)

COMPARED = ("verdict", "provisional", "present_seconds")


def both(pair: Pair) -> dict[str, str]:
    """As reasons have their sentences."""
    return {"id": pair[0], "en": pair[1]}


def told(found: Mapping[str, Any], zones: Mapping[str, str]) -> dict[str, Any]:
    """A worker's answer (`state_queries.person`) in the interface's words; times in UTC."""
    known = names(found["sessions"])
    return {
        "rule": found["rule"],
        "rule_version": found["rule_version"],
        "host_down": found["host_down"],
        "projection": not found["grace_passed"],
        "now": found["now"],
        "sessions": [_session(s, known, zones) for s in found["sessions"]],
    }


def _session(session: Mapping[str, Any], known: Mapping[tuple[str, str], Pair],
             zones: Mapping[str, str]) -> dict[str, Any]:  # fmt: skip
    seconds = (
        "present_seconds",
        "closed_seconds",
        "base_seconds",
        "required_seconds",
        "late_seconds",
    )
    return {
        "id": session["id"],
        "start": rfc3339(session["start"]),
        "end": rfc3339(session["end"]),
        "time_zone": zones.get(session["id"], "Asia/Jakarta"),
        **{name: session[name] for name in seconds},
        **{name: _stretches(session[name]) for name in ("counted", "breaks", "host_down")},
        "evidence": [_evidence(bar, known) for bar in session["bars"]],
    }


def _stretches(found: Iterable[tuple[int, int]]) -> list[dict[str, str]]:
    return [{"from": rfc3339(a), "to": rfc3339(b)} for a, b in found]


def _evidence(bar: Mapping[str, Any], known: Mapping[tuple[str, str], Pair]) -> dict[str, Any]:
    place = (bar["kind"], bar["source"])
    return {
        "source": both(known[place]),
        "kind": bar["kind"],
        "connection_id": bar["source"] if bar["kind"] in CONNECTIONS else None,
        "from": rfc3339(bar["start"]),
        "to": rfc3339(bar["end"]),
        "basis": BASIS_CODES[bar["mark"]],
        "under_review": not bar["theirs"],
    }


def versions(decision: Mapping[str, Any], known: Mapping[tuple[str, str], Pair]) -> list[dict[str, Any]]:  # fmt: skip
    """Every version with what changed against the one before and what made it, newest first."""
    if "version" not in decision:
        return []
    fields = ("version", "decided_at", *COMPARED)
    last = {name: decision[name] for name in fields} | {"cause": decision.get("cause", "")}
    shown, before = [], None
    for one in [*decision["history"], last]:
        changed = [n for n in COMPARED if before is None or one[n] != before[n]]
        shown.append({**one, "changed": changed, "cause_text": both(cause(one["cause"], known))})
        before = one
    return shown[::-1]
