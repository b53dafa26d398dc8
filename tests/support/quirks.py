"""Zoom's quirks as stories: what it sends, and what must come of it. The tables are in `stories_of_*` and `asides`.

A story is played in memory (tests/services/attendance/test_quirks.py) and, signed and over HTTP, on
a running system (tests/flow/test_quirks.py).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tests.support.zoom_events import Body, Room, iso

HOUR, DAY = 3600, 86_400
Kind = Literal["meeting", "webinar"]


class Window(NamedTuple):
    """A session, in seconds after T0."""

    start: int = 0
    end: int = HOUR
    breaks: tuple[tuple[int, int], ...] = ()


class Who(NamedTuple):
    """Somebody enrolled: their registrant_id is `_name`."""

    name: str
    email: str
    customer_key: str = ""
    linked: bool = True


def person(name: str, **changes: Any) -> Who:
    """Somebody with an e-mail of their own."""
    return Who(name, f"{name}@contoh.example")._replace(**changes)


AYU, BUDI = person("ayu"), person("budi")


class Came(NamedTuple):
    """What must come out for one person: verdict, seconds present, seconds of the base."""

    verdict: Literal["eligible", "not_eligible", "needs_review"]
    present: int
    base: int = HOUR
    provisional: bool = False


ALL, NOTHING = Came("eligible", HOUR), Came("not_eligible", 0)
AYU_IS, BUDI_IS = {"registrant_id": "_ayu"}, {"registrant_id": "_budi"}


@dataclass(frozen=True)
class Story:
    """See the module. `moved`: the sessions after everything was sent. `parked`: how many of the
    deliveries are set aside as dead letters. `cases`: open review cases."""

    events: list[Body]
    expected: dict[str, Came]
    people: tuple[Who, ...] = (AYU,)
    windows: tuple[Window, ...] = (Window(),)
    moved: tuple[Window, ...] | None = None
    cases: int = 0
    parked: int = 0
    over_http: bool = True
    """False for what an import cannot say of a person yet."""


class Place:
    """Where a story is played: its own number, and uuids with all that base64 may hold."""

    def __init__(self, name: str, index: int, kind: Kind) -> None:
        self.name, self.kind = f"{name}-{kind}", kind
        self.number = str(93_000_000_000 + index * 2 + (kind == "webinar"))
        self._rooms = 0

    def room(self, opened: float = -600, kind: Kind | None = None) -> Room:
        """Another meeting uuid of the number."""
        self._rooms += 1
        uuid = f"/{self.number}//{self._rooms}+A=="
        return Room(uuid, self.number, kind or self.kind, opened)

    def sessions(self, windows: Iterable[Window]) -> list[dict[str, Any]]:
        """As registration has them."""
        return [
            {
                "id": f"s{n}", "start": iso(w.start), "end": iso(w.end),
                "breaks": [{"start": iso(a), "end": iso(b)} for a, b in w.breaks],
                "zoom": {"number": self.number, "kind": self.kind},
            }
            for n, w in enumerate(windows, 1)
        ]  # fmt: skip


Write = Callable[[Place], Story]
BOTH: tuple[Kind, ...] = ("meeting", "webinar")
WRITTEN: dict[str, tuple[Write, tuple[Kind, ...]]] = {}


def story(*kinds: Kind) -> Callable[[Write], Write]:
    """Puts a function into the table, for meetings and webinars unless it names one."""

    def keep(write: Write) -> Write:
        WRITTEN[write.__name__] = (write, kinds or BOTH)
        return write

    return keep


def places() -> Iterator[Place]:
    """Every story of every kind."""
    for index, (name, (_, kinds)) in enumerate(WRITTEN.items()):
        for kind in kinds:
            yield Place(name, index, kind)


def play(place: Place) -> Story:
    """The story of a place."""
    write, _ = WRITTEN[place.name.rpartition("-")[0]]
    return write(place)


def visit(
    room: Room, begin: float, end: float, user: int, connection: str, /, **who: Any
) -> list[Body]:
    """A join that says who it is, and a leave that does not."""
    return [room.joined(begin, str(user), connection, **who),
            room.left(end, str(user), connection)]  # fmt: skip


def life(room: Room, begin: float, end: float) -> list[Body]:
    """Started and ended."""
    return [room._replace(opened=begin).started(begin), room.ended(end)]
