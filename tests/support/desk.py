"""The desk's pages over a view of two people and four cases, without a broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import httpx

from services.attendance.domain.codes import ReasonCode
from services.attendance.domain.facts import Scan
from services.attendance.domain.reasons import sentences
from services.attendance.operators import Said
from services.attendance.routes import (
    assignments,
    bulk_corrections,
    check_ins,
    corrections,
    desk_corrections,
    desk_items,
    desk_many,
    desk_reviews,
    desk_settlements,
    items,
    reviews,
)
from services.attendance.rulings_view import Page
from services.attendance.scan_memory import Taken
from shared.http import SESSION
from shared.keys import participant_id_of
from tests.support.attendance_app import TOKEN, app_over, served

ROUTES = (desk_reviews, desk_corrections, desk_many, desk_items, desk_settlements, assignments,
          bulk_corrections, check_ins, corrections, items, reviews)  # fmt: skip
AYU, BUDI = participant_id_of("ayu"), participant_id_of("budi")
START = 1_204_596_000  # 2008-03-04T02:00:00Z
SESSION_1 = {"id": "s1", "start": "2008-03-04T02:00:00Z", "end": "2008-03-04T03:00:00Z",
             "time_zone": "Asia/Jakarta", "zoom": {"number": "9"}}  # fmt: skip
WEBINAR = {
    "webinar_id": "w",
    "title": "HAM <dasar>",
    "sessions": [SESSION_1],
    "certificates": "on_release",
    "version": 1,
    "rule": {"required_items": ["post-test"]},
    "reconciliation": True,
}


def case(n: int, connection: str = "", **more: Any) -> dict[str, Any]:
    """An open review case."""
    return {
        "case_id": f"c{n}", "webinar_id": "w", "connection_id": connection or f"m|x{n}",
        "meeting_uuid": "m", "problem": "two_people", "status": "open", "seconds": 600,
        "candidates": [AYU, BUDI], "zoom_number": "9", "user_ids": [f"{n}"], "alike": "",
        "times": [[START + 600, START + 1200]], **more,
    }  # fmt: skip


CASES = [case(1), case(2), case(3, problem="unknown", candidates=[]),
         case(4, f"@{AYU}|out_without_in|room:s1", problem="out_without_in", candidates=[AYU], times=[])]  # fmt: skip
CORRECTION = {"ruling_id": "r1", "participant_id": AYU, "type": "time-corrected", "kind": "add", "session_id": "s1",
              "webinar_id": "w", "start": START, "end": START + 60, "reason": "<b>lupa</b>",
              "made_by": "petugas", "made_at": START * 1000, "withdrawn_by": None}  # fmt: skip


def word(kind: str, **more: Any) -> dict[str, Any]:
    """An operator's word as the view has it."""
    return {"ruling_id": kind, "type": kind, "webinar_id": "w", "reason": "ya", "made_by": "petugas",
            "made_at": START * 1000, "withdrawn_by": None, **more}  # fmt: skip


def share(who: str | None, start: int | None = None, end: int | None = None) -> dict[str, Any]:
    """A part of a connection."""
    return {"participant_id": who, "start": start, "end": end}


WORDS = [
    CORRECTION,
    word("connection-assigned", meeting_uuid="m", participant_uuid="x1", user_id="",
         shares=[share(AYU, None, START + 900), share(None, START + 900)]),
    word("verdict-settled", participant_id=BUDI, verdict="eligible", digest="sha256:1"),
    word("base-settled", session_id="s1", leaving=[[START + 60, START + 120]], staying=[]),
    word("cases-closed"), word("certificates-released", participant_ids=[AYU]),
    word("people-listed", list_id="aula", session_id="s1", participant_ids=[AYU, BUDI], version=1,
         start=START, end=START + 60),
    word("ruling-withdrawn", withdraws="r1"),
]  # fmt: skip
ITEM_MISSING = {"code": "item_missing", "figures": {"item": "post-test"},
                "text": sentences(ReasonCode.ITEM_MISSING, {"item": "post-test"})}  # fmt: skip
DECISION = {"verdict": "needs_review", "provisional": False, "present_seconds": 3000,
            "base_seconds": 3600, "required_seconds": 2880, "digest": "sha256:1", "reasons": [ITEM_MISSING]}  # fmt: skip


BARS = {AYU: [("connection", "m==|x9"), ("list", "aula")], BUDI: [("phone", "m==|~77")]}
"""What stands in people's timelines."""


class View:
    """What the pages read."""

    def __init__(self) -> None:
        self.view = SimpleNamespace(ready=lambda: True)
        self.rulings = SimpleNamespace(
            ruling=lambda _: CORRECTION, assigned=lambda *_: [], of_webinar=lambda _: WORDS,
            corrections=lambda *_: Page([CORRECTION], None),
        )  # fmt: skip

    def webinar(self, webinar_id: str) -> Any:
        return WEBINAR if webinar_id == "w" else None

    def webinars(self) -> list[Any]:
        return [WEBINAR]

    def counts(self, webinar_id: str) -> dict[str, int]:
        return {"open_reviews": 4, "certifiable": 7}

    def reviews(self, webinar_id: str) -> list[Any]:
        return CASES

    def case(self, case_id: str) -> Any:
        return next((c for c in CASES if c["case_id"] == case_id), None)

    def enrolled(self, webinar_id: str, people: Any) -> dict[str, list[str]]:
        known = {AYU: "ayu", BUDI: "budi"}
        return {p: [known[p], "enrolled", "15", "either"] for p in people if p in known}

    def decisions(self, webinar_id: str, people: Any) -> dict[str, Any]:
        return {AYU: DECISION} if AYU in set(people) else {}

    def people(self, webinar_id: str, after: str, limit: int) -> list[str]:
        return [p for p in sorted([AYU, BUDI]) if p > after][:limit]

    def certifiable(self, webinar_id: str) -> list[str]:
        return [AYU]


class Operators:
    """Keeps what was said."""

    def __init__(self, view: View) -> None:
        self.view, self.words, self.noted = view, list[Any](), list[Any]()
        self.deeds: list[Any] = []

    async def say(self, caller: Any, words: Any, deed: Any) -> Said:
        self.words += words
        self.deeds.append(deed)
        return Said([{"type": w.type, **w.model_dump(mode="json")} for w in words])

    async def say_each(self, caller: Any, commands: Any) -> None:
        for word, deed in commands:
            await self.say(caller, [word], deed)

    async def publish(self, out: Any) -> bool:
        self.noted += out
        return True


class States:
    """The worker's answers."""

    async def corrected(self, words: Any) -> Any:
        after = {**DECISION, "verdict": "eligible", "present_seconds": 3060}
        return {w.ruling_id: {"before": DECISION, "after": after} for w in words}

    async def person(self, webinar_id: str, participant_id: str) -> Any:
        bars = [{"kind": kind, "source": source} for kind, source in BARS[participant_id]]
        return {"sessions": [{"bars": bars}], "now": {**DECISION, "present_seconds": 1500}}

    async def shared_links(self, webinar_id: str) -> Any:
        return [{"participant_id": AYU, "first": "m|a", "second": "m|b", "seconds": 600}]

    async def base(self, webinar_id: str) -> Any:
        gap = [START + 60, START + 2000]
        return {"sessions": [{"id": "s1", "start": START, "end": START + 3600, "base_seconds": 3600,
                              "gaps": [gap], "questions": [{"code": "host_gap_unsettled"}]}]}  # fmt: skip

    async def close(self) -> None:
        pass


class Scans:
    """Ayu's code was at two gates within a minute."""

    def all(self, webinar_id: str) -> Any:
        scans = [("1", "Utara", START), ("2", "Selatan", START + 60)]
        return [Taken(AYU, Scan(i, "s1", "in", gate, at)) for i, gate, at in scans]

    def of(self, webinar_id: str, people: Any) -> Any:
        return self.all(webinar_id)


class Writer:
    """Keeps the facts that were written."""

    def __init__(self) -> None:
        self.frames: list[Any] = []

    async def write(self, frames: Any) -> None:
        self.frames += frames


@contextmanager
def desk_of() -> Iterator[SimpleNamespace]:
    """A signed-in browser at the desk, and what its forms say."""
    view = View()
    app = app_over(view, "")
    for routes in ROUTES:
        app.include_router(routes.router)
    app.state.operators, app.state.states = Operators(view), States()
    app.state.check_ins, app.state.events_writer = SimpleNamespace(memory=Scans()), Writer()
    with (
        served(app) as url,
        httpx.Client(base_url=url, cookies={SESSION: TOKEN}, headers={"origin": url}) as web,
    ):
        yield SimpleNamespace(web=web, words=app.state.operators.words, app=app, url=url,
                              deeds=app.state.operators.deeds, writer=app.state.events_writer)  # fmt: skip
