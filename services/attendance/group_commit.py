"""Group commit: what waits for one partition goes into one record, on one acknowledgement.

One record per partition is under way at a time; what arrives meanwhile waits for the next. So under
light load a record holds one event and nothing is delayed, and in a burst it holds hundreds.
"""

import asyncio
from collections.abc import Awaitable, Callable

from shared.batch import CONTENT_TYPE

HEADERS: list[tuple[str, bytes]] = [("content-type", CONTENT_TYPE.encode())]
Send = Callable[[int, bytes], Awaitable[object]]
"""Writes one record value to a partition; returns when the broker has it, raises when not."""


class Overloaded(Exception):
    """More bytes wait than may wait; nothing was taken in."""


Waiter = asyncio.Future[None]


class _Batch:
    """The frames of one record to be, and who waits for it."""

    __slots__ = ("frames", "size", "waiters")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.size = 0
        self.waiters: list[Waiter] = []

    def tell(self, failed: BaseException | None) -> None:
        """Tell everybody who still waits."""
        for waiter in self.waiters:
            if waiter.done():
                continue
            if failed is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(failed)
                waiter.exception()  # who gave up does not come for it

    def late(self) -> None:
        """The time for an answer has passed; the record may still be written."""
        self.tell(TimeoutError())


class GroupCommit:
    """Frames in, durable records out; bounded in bytes, whatever the broker does."""

    def __init__(self, send: Send, *, max_waiting: int, max_record: int = 512 * 1024,
                 answer_within: float = 2.5) -> None:  # fmt: skip
        self._send, self._max_waiting, self._max_record = send, max_waiting, max_record
        self._answer_within = answer_within
        self._open: dict[int, list[_Batch]] = {}
        self._busy: dict[int, asyncio.Task[None]] = {}
        self.waiting = 0

    def offer(self, partition: int, frame: bytes) -> Waiter:
        """Take a frame in. The waiter is done when the frame is on the broker; it fails with the
        broker's error, or with TimeoutError at most `answer_within` seconds after the offer.

        Raises:
            Overloaded: at once, without taking it in.
        """
        size = len(frame)
        if self.waiting + size > self._max_waiting:
            raise Overloaded
        self.waiting += size
        queue = self._open.setdefault(partition, [])
        if not queue or queue[-1].size + size > self._max_record:
            queue.append(_Batch())
        batch = queue[-1]
        batch.frames.append(frame)
        batch.size += size
        waiter = asyncio.get_running_loop().create_future()
        batch.waiters.append(waiter)
        if len(batch.frames) == 1:  # one timer a record, not one a delivery
            asyncio.get_running_loop().call_later(self._answer_within, batch.late)
        if partition not in self._busy:
            self._busy[partition] = asyncio.create_task(self._drain(partition))
        return waiter

    async def _drain(self, partition: int) -> None:
        queue = self._open[partition]
        try:
            while queue:
                await asyncio.sleep(0)  # let what this turn of the loop brings join the record
                await self._write(partition, queue.pop(0))
        finally:
            del self._busy[partition]

    async def _write(self, partition: int, batch: _Batch) -> None:
        try:
            await self._send(partition, b"".join(batch.frames))
        except Exception as failed:  # noqa: BLE001 - whatever it was, every waiter hears of it
            batch.tell(failed)
        else:
            batch.tell(None)
        finally:
            self.waiting -= batch.size

    async def drained(self) -> None:
        """Wait until nothing is under way (shutdown)."""
        while self._busy:
            await asyncio.wait(list(self._busy.values()))
