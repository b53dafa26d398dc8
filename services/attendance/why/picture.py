"""The timeline as a picture: places in percent of the time shown, so that text keeps its size.

Everything is said by place, pattern and label; colour only repeats it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.attendance.pages.render import Language
from services.attendance.why.naming import clock, names

AROUND = 600
"""Seconds shown before and after the window, if something lies there."""
TOP, LANE, LAST = 34, 48, 6
STEPS = (300, 600, 900, 1800, 3600, 7200, 14_400)
OWN_LOOKS = {"added": "added", "removed": "removed", "room": "room", "list": "room"}
KINDS = {0: "observed", 1: "inferred", 2: "inferred", 3: "doubtful"}


class Box(NamedTuple):
    """A rectangle: x and width in percent, y and height in pixels."""

    x: float
    width: float
    y: int
    height: int
    look: str


class Lane(NamedTuple):
    """One source's line: its label and its boxes."""

    label: str
    y: int
    boxes: tuple[Box, ...]


class Picture(NamedTuple):
    """One session, ready for the template."""

    height: int
    window: Box
    bands: tuple[Box, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]


class _Scale:
    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def x(self, at: int) -> float:
        return round(
            100 * (min(max(at, self.low), self.high) - self.low) / (self.high - self.low), 3
        )

    def box(self, start: int, end: int, y: int, height: int, look: str) -> Box:
        x = self.x(start)
        return Box(x, round(max(self.x(end) - x, 0.3), 3), y, height, look)


def picture(
    session: Mapping[str, Any], called: Mapping[tuple[str, str], tuple[str, str]], zone: str,
    language: Language, counted: str,
) -> Picture:  # fmt: skip
    """The picture of one session of a worker's answer. `counted`: the last lane's label."""
    scale = _scale(session)
    sources: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for bar in session["bars"]:
        sources.setdefault((bar["kind"], bar["source"]), []).append(bar)
    at = 0 if language == "id" else 1
    lanes = []
    for row, (place, bars) in enumerate(sources.items()):
        y = TOP + row * LANE
        boxes = tuple(scale.box(b["start"], b["end"], y + 20, 18, _look(b)) for b in bars)
        lanes.append(Lane(called[place][at], y, boxes))
    y = TOP + len(lanes) * LANE
    whole = tuple(scale.box(a, b, y + 20, 18, "counted") for a, b in session["counted"])
    lanes.append(Lane(counted, y, whole))
    height = y + LANE + LAST
    return Picture(
        height, scale.box(session["start"], session["end"], TOP - 6, height - TOP, "window"),
        tuple(_bands(session, scale, height)), tuple(lanes), tuple(_ticks(scale, zone)),
    )  # fmt: skip


def _look(bar: Mapping[str, Any]) -> str:
    if not bar["theirs"]:
        return "doubtful"
    if bar["kind"] in OWN_LOOKS and bar["mark"] == 0:
        return OWN_LOOKS[bar["kind"]]
    return KINDS[bar["mark"]]


def _scale(session: Mapping[str, Any]) -> _Scale:
    low, high = session["start"], session["end"]
    starts = [bar["start"] for bar in session["bars"]]
    ends = [bar["end"] for bar in session["bars"]]
    low, high = min([low, *starts]), max([high, *ends])
    return _Scale(max(low, session["start"] - AROUND), min(high, session["end"] + AROUND))


def _bands(session: Mapping[str, Any], scale: _Scale, height: int) -> Iterable[Box]:
    for look in ("breaks", "host_down"):
        for start, end in session[look]:
            yield scale.box(start, end, TOP - 6, height - TOP, look)


def _ticks(scale: _Scale, zone: str) -> Iterable[tuple[float, str]]:
    """At most six times of day; fewer would not orient, more would not fit a phone."""
    long = scale.high - scale.low
    step = next((s for s in STEPS if long / s <= 6), STEPS[-1])
    for at in range(-(-scale.low // step) * step, scale.high + 1, step):
        x = scale.x(at)
        if 4 <= x <= 96:
            yield x, clock(at, zone, seconds=False)


def pictures(
    sessions: Sequence[Mapping[str, Any]], zones: Mapping[str, str], language: Language,
    counted: str,
) -> list[Picture]:  # fmt: skip
    """One per session."""
    called = names(sessions)
    return [picture(s, called, zones[s["id"]], language, counted) for s in sessions]
