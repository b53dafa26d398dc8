"""What the desk's pages show, in words of one language, from cases and decisions as they stand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.attendance.desk.texts import TEXTS
from services.attendance.desk.words import Known, connections_of, people_in
from services.attendance.knowledge import second
from services.attendance.pages.render import Language, sentence
from services.attendance.stores import AttendanceView
from services.attendance.why.naming import clock, day, lasted, zone_name
from services.attendance.why.sheet import DEFAULT_ZONE

SHOWN = 8
"""Cases of a group that are listed; the group is settled as a whole."""


class Box(NamedTuple):
    """A stretch of a small timeline, in percent of the session."""

    x: float
    width: float


def sessions_of(webinar: Mapping[str, Any], language: Language) -> list[dict[str, Any]]:
    """Each session with its zone, its bounds and a line that names it."""
    found = []
    for s in webinar["sessions"]:
        zone, start, end = s.get("time_zone") or DEFAULT_ZONE, second(s["start"]), second(s["end"])
        line = sentence(TEXTS, language, "session_line", id=s["id"], day=day(start, zone),
                        start=clock(start, zone, seconds=False),
                        end=clock(end, zone, seconds=False), zone=zone_name(zone))  # fmt: skip
        found.append({"id": s["id"], "zone": zone, "start": start, "end": end, "line": line})
    return found


def problem_text(problem: str, language: Language) -> str:
    """What is doubtful, in words."""
    return sentence(TEXTS, language, problem if problem in TEXTS else "unknown")


def decision_line(decision: Mapping[str, Any] | None, language: Language) -> dict[str, str]:
    """A person's decision as a line: verdict, and seconds as durations."""
    if not decision or "verdict" not in decision:
        none = sentence(TEXTS, language, "verdict_none")
        return {"verdict": none, "present": lasted(0, language), "code": "none"}
    verdict = sentence(TEXTS, language, f"verdict_{decision['verdict']}")
    if decision.get("provisional"):
        verdict += f" ({sentence(TEXTS, language, 'provisional')})"
    names = ("present", "base", "required")
    said = {
        n: lasted(decision[f"{n}_seconds"], language) for n in names if f"{n}_seconds" in decision
    }
    return {"verdict": verdict, "code": decision["verdict"], **said}


def missing_items(decision: Mapping[str, Any] | None, language: Language) -> list[str]:
    """A sentence on each required item that a person has not passed."""
    reasons = (decision or {}).get("reasons", ())
    return [r["text"][language] for r in reasons if r["code"] == "item_missing"]


def candidates_of(
    view: AttendanceView, webinar_id: str, people: Sequence[str], language: Language
) -> list[dict[str, Any]]:
    """Who it may be, with how they stand now."""
    known, decided = view.enrolled(webinar_id, people), view.decisions(webinar_id, people)
    return [
        {"id": p, "external_id": known[p][0], **decision_line(decided.get(p), language)}
        for p in people
        if p in known
    ]


def known_of(view: AttendanceView, webinar: Mapping[str, Any], words: Sequence[Mapping[str, Any]],
             cases: Iterable[Mapping[str, Any]], language: Language) -> Known:  # fmt: skip
    """What words' lines are told with."""
    found = view.enrolled(webinar["webinar_id"], people_in(words))
    return Known(language, sessions_of(webinar, language), {p: e[0] for p, e in found.items()},
                 connections_of(cases), {word["ruling_id"]: word for word in words})  # fmt: skip


def case_rows(
    cases: Iterable[Mapping[str, Any]], sessions: Sequence[Mapping[str, Any]], language: Language
) -> list[dict[str, Any]]:
    """Cases with a small timeline of each session in which they were there."""
    return [
        {
            "id": case["case_id"],
            "lasted": lasted(case["seconds"], language),
            "strips": list(_strips(case["times"], sessions)),
        }
        for case in cases
    ]


def _strips(
    times: Iterable[Sequence[int]], sessions: Iterable[Mapping[str, Any]]
) -> Iterable[dict[str, Any]]:
    for s in sessions:
        inside = [(max(a, s["start"]), min(b, s["end"])) for a, b in times]
        inside = [(a, b) for a, b in inside if a < b]
        if inside:
            said = ", ".join(f"{clock(a, s['zone'])}–{clock(b, s['zone'])}" for a, b in inside)
            boxes = [_box(a, b, s["start"], s["end"]) for a, b in inside]
            yield {"session": s["id"], "line": s["line"], "said": said, "boxes": boxes}


def _box(start: int, end: int, opens: int, closes: int) -> Box:
    whole = closes - opens
    return Box(
        round(100 * (start - opens) / whole, 2), max(0.4, round(100 * (end - start) / whole, 2))
    )


def flag_rows(
    flags: Iterable[Mapping[str, Any]], zones: Mapping[str, str], language: Language
) -> list[dict[str, Any]]:
    """Codes that were at two gates at once: whose, and a line with gates and times."""
    rows = []
    for flag in flags:
        zone = zones.get(flag["session_id"], DEFAULT_ZONE)
        gates = [f"{scan['gate']} {clock(scan['at'], zone)}" for scan in flag["scans"]]
        line = sentence(TEXTS, language, "flag_line", session=flag["session_id"], first=gates[0],
                        second=gates[1])  # fmt: skip
        rows.append(
            {"id": flag["participant_id"], "name": flag["external_id"] or "–", "line": line}
        )
    return rows
