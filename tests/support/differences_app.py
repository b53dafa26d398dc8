"""The routes of reconciliation over a view in memory: two meetings, one of them reported."""

from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from services.attendance.pages import sign_in
from services.attendance.pages.render import serve_static
from services.attendance.report_view import project_difference, project_report
from services.attendance.routes import reconciliation
from shared.events import Event
from shared.events.reports import ReportDifferedV1, ReportDifference, ReportReadV1
from shared.http import build_app
from tests.support.attendance_app import SETTINGS, Audit

WEBINAR, NUMBER, T = "w-1", "93201235621", 1_770_000_000


class Hashes:
    """As much of a store as the view of reports needs."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.client = self

    def key(self, *parts: str) -> str:
        return ":".join(parts)

    def ready(self) -> bool:
        return True

    def hset(self, key: str, field: str, value: bytes) -> None:
        self._kept[key][field] = value

    def hdel(self, key: str, field: str) -> None:
        self._kept[key].pop(field, None)

    def hvals(self, key: str) -> list[bytes]:
        return list(self._kept[key].values())

    def hscan_iter(self, key: str, count: int) -> Iterator[tuple[str, bytes]]:
        yield from self._kept[key].items()


def said(view: Hashes, event: Event) -> None:
    """One record of the reports or the differences topic."""
    record: Any = SimpleNamespace(event=event, value=event.to_bytes())
    project = project_report if isinstance(event, ReportReadV1) else project_difference
    project(view, view, record)


def read(number: int, **more: Any) -> ReportReadV1:
    at = T + 4000 + number * 100
    known = {"meeting_uuid": "/m1//a==", "zoom_number": NUMBER, "read": at * 1000, "at": at + 5,
             "total_records": 2, "rows": 2, "digest": "A", **more}  # fmt: skip
    return ReportReadV1.model_validate(known)


def differed(who: str, connection: str, *found: tuple[str, str]) -> ReportDifferedV1:
    """`found`: (user_id, kind) pairs."""
    differences = tuple(
        ReportDifference.model_validate(
            {"user_id": user, "kind": kind, "webhook": (T, None), "report": (T, T + 3600)}
        )
        for user, kind in found
    )
    return ReportDifferedV1(webinar_id=WEBINAR, participant_id=who, connection_id=connection,
                            meeting_uuid="/m1//a==", differences=differences)  # fmt: skip


class MemoryView:
    """The webinar and its people."""

    def __init__(self) -> None:
        self.view = Hashes()

    def webinar(self, webinar_id: str) -> Any:
        session = {"id": "s1", "zoom": {"number": NUMBER, "kind": "webinar"}}
        return None if webinar_id != WEBINAR else {
            "webinar_id": WEBINAR, "title": "Pelatihan contoh", "sessions": [session, {"id": "s2"}],
            "reconciliation": True, "report_reread_seconds": 60,
        }  # fmt: skip

    def enrolled(self, webinar_id: str, people: Any) -> dict[str, list[str]]:
        return {p: [f"=ext-{p}", "enrolled", "15", "either"] for p in people}


def app_of(view: MemoryView) -> Any:
    """The application."""
    app = build_app("attendance", SETTINGS, list)
    app.state.settings, app.state.view, app.state.publisher = SETTINGS, view, Audit()
    for routes in (reconciliation, sign_in):
        app.include_router(routes.router)
    serve_static(app)
    return app


def listed() -> MemoryView:
    """A report that is complete, and four differences."""
    view = MemoryView()
    for event in (read(0), read(1), differed("p2", "c2", ("1", "lost"), ("2", "closed")),
                  differed("p1", "c1", ("3", "differs")),
                  differed("~/m1//a==|c9", "c9", ("4", "unreported"))):  # fmt: skip
        said(view.view, event)
    return view
