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


class _Batch:
    __slots__ = ("done", "frames", "size")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.frames: list[bytes] = []
        self.size = 0
        self.done: asyncio.Future[None] = loop.create_future()


class GroupCommit:
    """Frames in, durable records out; bounded in bytes, whatever the broker does."""

    def __init__(self, send: Send, *, max_waiting: int, max_record: int = 512 * 1024) -> None:
        self._send, self._max_waiting, self._max_record = send, max_waiting, max_record
        self._open: dict[int, list[_Batch]] = {}
        self._busy: dict[int, asyncio.Task[None]] = {}
        self.waiting = 0

    def offer(self, partition: int, frame: bytes) -> "asyncio.Future[None]":
        """Take a frame in. The future is shared by its whole record: await it shielded.

        Raises:
            Overloaded: at once, without taking it in.
        """
        size = len(frame)
        if self.waiting + size > self._max_waiting:
            raise Overloaded
        self.waiting += size
        queue = self._open.setdefault(partition, [])
        if not queue or queue[-1].size + size > self._max_record:
            queue.append(_Batch(asyncio.get_running_loop()))
        batch = queue[-1]
        batch.frames.append(frame)
        batch.size += size
        if partition not in self._busy:
            self._busy[partition] = asyncio.create_task(self._drain(partition))
        return batch.done

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
            batch.done.set_exception(failed)
            batch.done.exception()  # a waiter that timed out does not come for it
        else:
            batch.done.set_result(None)
        finally:
            self.waiting -= batch.size

    async def drained(self) -> None:
        """Wait until nothing is under way (shutdown)."""
        while self._busy:
            await asyncio.wait(list(self._busy.values()))
