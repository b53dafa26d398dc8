"""What the page that says why shows: everything in words, in one language."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.attendance.pages.render import Language, Texts, sentence
from services.attendance.why import naming
from services.attendance.why.naming import Pair, clock, day, lasted, zone_name
from services.attendance.why.picture import pictures
from services.attendance.why.texts import TEXTS
from services.attendance.why.trail import versions

DEFAULT_ZONE = "Asia/Jakarta"


def zones_of(webinar: Mapping[str, Any]) -> dict[str, str]:
    """{session id: IANA zone}."""
    return {s["id"]: s.get("time_zone") or DEFAULT_ZONE for s in webinar["sessions"]}


def own_only(found: Mapping[str, Any]) -> dict[str, Any]:
    """Without connections that may be somebody else's: for the person's own page."""
    sessions = [{**s, "bars": [b for b in s["bars"] if b["theirs"]]} for s in found["sessions"]]
    return {**found, "sessions": sessions}


def parked(found: Mapping[str, Any]) -> int:
    """How many connections of open cases may be this person's."""
    return len({b["source"] for s in found["sessions"] for b in s["bars"] if not b["theirs"]})


def sheet(webinar: Mapping[str, Any], item: Mapping[str, Any], found: Mapping[str, Any],
          language: Language) -> dict[str, Any]:  # fmt: skip
    """The template's context; `item` as the list of decisions has it, `found` a worker's answer."""
    zones, called = zones_of(webinar), naming.names(found["sessions"])
    words = _Words(TEXTS, language)
    shown = found["now"]
    drawn = pictures(found["sessions"], zones, language, words("counted"))
    return {
        "webinar": webinar["title"],
        "verdict": shown["verdict"],
        "provisional": shown["provisional"],
        "projection": not found["grace_passed"],
        "certificate": item.get("certificate"),
        "cancelled": item.get("enrolment") == "cancelled",
        "figures": _figures(shown, words),
        "reasons": [r["text"][language] for r in shown["reasons"]],
        "parked": parked(found),
        "sessions": [
            _session(session, image, called, zones[session["id"]], words)
            for session, image in zip(found["sessions"], drawn, strict=True)
        ],
        "rule": list(_rule(found, words)),
        "rule_version": found["rule_version"],
        "versions": [_version(v, next(iter(zones.values())), words)
                     for v in versions(item, called)],
    }  # fmt: skip


class _Words:
    """Sentences of one language."""

    def __init__(self, texts: Texts, language: Language) -> None:
        self._texts, self.language = texts, language
        self.at = 0 if language == "id" else 1

    def __call__(self, key: str, **values: object) -> str:
        return sentence(self._texts, self.language, key, **values)

    def lasted(self, seconds: int) -> str:
        return lasted(seconds, self.language)

    def share(self, basis_points: int) -> str:
        text = f"{basis_points / 100:g}%"
        return text.replace(".", ",") if self.language == "id" else text


def _figures(shown: Mapping[str, Any], words: _Words) -> dict[str, Any]:
    base = shown["base_seconds"] or 1
    names = ("present", "base", "required")
    said = {name: words.lasted(shown[f"{name}_seconds"]) for name in names}
    part = min(100.0, 100 * shown["present_seconds"] / base)
    needed = min(100.0, 100 * shown["required_seconds"] / base)
    return {**said, "width": round(part, 2), "mark": round(needed, 2), "bar": words("bar", **said)}


def _session(session: Mapping[str, Any], image: Any, called: Mapping[tuple[str, str], Pair],
             zone: str, words: _Words) -> dict[str, Any]:  # fmt: skip
    start, end = session["start"], session["end"]
    when = words("session_when", day=day(start, zone), zone=zone_name(zone),
                 start=clock(start, zone, seconds=False), end=clock(end, zone, seconds=False))  # fmt: skip
    names = ("present", "base", "required")
    late = session["late_seconds"]
    return {
        "id": session["id"],
        "when": when,
        "figures": words("session_figures",
                         **{n: words.lasted(session[f"{n}_seconds"]) for n in names}),
        "late": None if late is None else words("session_late", late=words.lasted(late)),
        "picture": image,
        "looks": _looks(image),
        "rows": list(_rows(session, called, zone, words)),
    }  # fmt: skip


def _looks(image: Any) -> list[str]:
    """What the legend has to explain."""
    boxes = [box for lane in image.lanes for box in lane.boxes] + list(image.bands)
    order = ("observed", "inferred", "room", "added", "removed", "doubtful", "counted", "breaks",
             "host_down")  # fmt: skip
    there = {box.look for box in boxes}
    return [look for look in order if look in there]


def _rows(session: Mapping[str, Any], called: Mapping[tuple[str, str], Pair], zone: str,
          words: _Words) -> Iterable[tuple[str, str, str, str, str]]:  # fmt: skip
    def row(name: str, a: int, b: int, basis: str) -> tuple[str, str, str, str, str]:
        return name, clock(a, zone), clock(b, zone), words.lasted(b - a), basis

    for bar in session["bars"]:
        basis = naming.BASES[bar["mark"]][words.at] if bar["theirs"] else words("under_review")
        yield row(called[bar["kind"], bar["source"]][words.at], bar["start"], bar["end"], basis)
    for name, stretches in (("break_row", session["breaks"]), ("down_row", session["host_down"])):
        for a, b in stretches:
            yield row(words(name), a, b, words("break_basis"))
    for a, b in session["counted"]:
        yield row(words("counted"), a, b, words("counted_basis"))


def _rule(found: Mapping[str, Any], words: _Words) -> Iterable[str]:
    rule = found["rule"]
    kind = "rule_all" if rule["scope"] == "all" else "rule_each"
    yield words(kind, share=words.share(rule["minimum_share"]))
    if rule["minimum_sessions"] is not None:
        yield words("rule_sessions", count=rule["minimum_sessions"])
    if rule["latest_join"] is not None:
        yield words("rule_latest", late=words.lasted(rule["latest_join"]))
    for item in rule["required_items"]:
        yield words("rule_item", item=item)


def _version(version: Mapping[str, Any], zone: str, words: _Words) -> dict[str, Any]:
    at = naming.second(version["decided_at"])
    changed = version["changed"]
    what = []
    if "verdict" in changed or "provisional" in changed:
        more = f" ({words('provisional')})" if version["provisional"] else ""
        what.append(words(f"verdict_{version['verdict']}") + more)
    if "present_seconds" in changed:
        what.append(words("changed_present", present=words.lasted(version["present_seconds"])))
    return {
        "version": version["version"],
        "when": f"{day(at, zone)} {clock(at, zone)} {zone_name(zone)}",
        "what": "; ".join(what) or words(f"verdict_{version['verdict']}"),
        "cause": version["cause_text"][words.language],
    }
