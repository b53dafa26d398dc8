"""The dashboard's own streams: one for each page that somebody looks at, rendered once for all."""

from collections.abc import AsyncIterator, Callable
from datetime import date

from services.reporting.board import Board
from services.reporting.marks import Marks, Shown, marks
from shared.feed import Feed

FORGET_AFTER = 5
"""Ticks without a viewer."""


class _Page:
    def __init__(self, now: Marks) -> None:
        self.marks, self.feed, self.idle = now, Feed(), 0


class LivePages:
    """Pages with viewers. Nothing is computed while nothing changes."""

    def __init__(self, board: Board, today: Callable[[], date]) -> None:
        self._board, self._today = board, today
        self._pages: dict[Shown, _Page] = {}
        self._seen: tuple[int, date, bool] | None = None
        self._recounting = False
        self._closed = False

    def marks(self, shown: Shown) -> Marks:
        """The page's figures now."""
        page = self._pages.get(shown)
        return page.marks if page else self._compute(shown)

    def _compute(self, shown: Shown) -> Marks:
        return marks(self._board, shown, self._today(), recounting=self._recounting)

    def tick(self, *, recounting: bool) -> None:
        """Send what changed, page by page; pages without viewers are forgotten."""
        self._recounting = recounting
        self._forget_unwatched()
        seen = (self._board.revision, self._today(), recounting)
        if seen == self._seen:
            return
        self._seen = seen
        for shown, page in self._pages.items():
            before, page.marks = page.marks, self._compute(shown)
            changed = {name: mark for name, mark in page.marks.items() if before.get(name) != mark}
            if changed:
                page.feed.publish("marks", changed)

    def _forget_unwatched(self) -> None:
        for page in self._pages.values():
            page.idle = 0 if page.feed.viewers else page.idle + 1
        self._pages = {s: page for s, page in self._pages.items() if page.idle <= FORGET_AFTER}

    def follow(self, shown: Shown, after: str | None) -> AsyncIterator[bytes]:
        """The page's stream: all figures first, then those that change."""
        page = self._pages.get(shown)
        if page is None:
            page = self._pages[shown] = _Page(self._compute(shown))
        if self._closed:
            page.feed.close()
        return page.feed.follow(after, lambda: page.marks)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        for page in self._pages.values():
            page.feed.close()
