"""Group commit: what waits for one partition goes into one record, on one acknowledgement.

One record per partition is under way at a time; what arrives meanwhile waits for the next. So under
light load a record holds one event, and in a burst it holds hundreds.

A partition whose record is late takes nothing more in until that record is done: nobody is kept waiting
for what will be refused, and what can pile up is what arrives within `answer_within`. The late record
itself tells when the broker is back, because its client repeats it until it is written.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from shared.batch import CONTENT_TYPE

HEADERS: list[tuple[str, bytes]] = [("content-type", CONTENT_TYPE.encode())]
Send = Callable[[int, bytes], Awaitable[object]]
"""Writes one record value to a partition; returns when the broker has it, raises when not."""


class Overloaded(Exception):
    """More bytes wait than may wait, or the partition's record is late; nothing was taken in."""


Waiter = asyncio.Future[None]
GATHER = 0.008
"""Seconds from one request to the next: the records of all partitions share it, since one costs the
client as much as some twenty deliveries. Who comes after a pause does not wait at all."""


class _Batch:
    """The frames of one record to be, and who waits for it."""

    __slots__ = ("_late", "closed", "frames", "size", "timer", "waiters")

    def __init__(self, answer_within: float, late: Callable[[], object]) -> None:
        self._late = late
        self.frames: list[bytes] = []
        self.size = 0
        self.closed = False  # its timer is over: who joined now would never be told
        self.waiters: list[Waiter] = []
        self.timer = asyncio.get_running_loop().call_later(answer_within, self._give_up)

    def tell(self, failed: BaseException | None) -> None:
        """Tell everybody who still waits."""
        self.timer.cancel()
        told, self.waiters = self.waiters, []
        for waiter in told:
            if waiter.done():
                continue
            if failed is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(failed)
                waiter.exception()  # who gave up does not come for it

    def _give_up(self) -> None:
        """The time for an answer has passed; the record may still be written."""
        self.closed = True
        self._late()
        self.tell(TimeoutError())


class GroupCommit:
    """Frames in, durable records out; bounded in bytes, whatever the broker does."""

    def __init__(self, send: Send, *, max_waiting: int, max_record: int = 512 * 1024,
                 answer_within: float = 1.5, gather: float = GATHER) -> None:  # fmt: skip
        self._send, self._max_waiting, self._max_record = send, max_waiting, max_record
        self._answer_within, self._gather = answer_within, gather
        self._open: dict[int, deque[_Batch]] = {}
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._late: set[int] = set()  # partitions whose record under way was not done in time
        self._moved = True  # a record was written since the last one was late
        self._tick: asyncio.TimerHandle | None = None
        self._next = 0.0  # the loop's time from which on the next request may go out
        self.waiting = 0

    def offer(self, partition: int, frame: bytes) -> Waiter:
        """Take a frame in. The waiter is done when the frame is on the broker; it fails with the
        broker's error, or with TimeoutError at most `answer_within` seconds after the offer.

        Raises:
            Overloaded: at once, without taking it in.
        """
        size = len(frame)
        if partition in self._late or self.waiting + size > self._max_waiting:
            raise Overloaded
        self.waiting += size
        batch = self._batch(partition, size)
        batch.frames.append(frame)
        batch.size += size
        waiter = asyncio.get_running_loop().create_future()
        batch.waiters.append(waiter)
        return waiter

    def _batch(self, partition: int, size: int) -> _Batch:
        queue = self._open.get(partition)
        if queue is None:
            queue = self._open[partition] = deque()
        if queue and queue[-1].size + size <= self._max_record and not queue[-1].closed:
            return queue[-1]
        queue.append(_Batch(self._answer_within, partial(self._is_late, partition)))
        if partition not in self._busy:
            self._tick_soon()
        return queue[-1]

    def _is_late(self, partition: int) -> None:
        self._late.add(partition)
        self._moved = False

    @property
    def stands_still(self) -> bool:
        """Whether nothing could be written since a record was late. It ends by itself, without new
        deliveries: the late record is still under way."""
        return bool(self._late) and not self._moved

    def _tick_soon(self) -> None:
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_at(self._next, self._write_all)

    def _write_all(self) -> None:
        """The next record of each partition that has none under way: a slow one delays no other."""
        self._tick, self._next = None, asyncio.get_running_loop().time() + self._gather
        for partition, queue in self._open.items():
            if queue and partition not in self._busy:
                writing = self._write(partition, queue.popleft())
                self._busy[partition] = asyncio.create_task(writing)

    async def _write(self, partition: int, batch: _Batch) -> None:
        try:
            await self._send(partition, b"".join(batch.frames))
        except Exception as failed:  # noqa: BLE001 - whatever it was, every waiter hears of it
            batch.tell(failed)
        else:
            self._moved = True
            batch.tell(None)
        finally:
            self.waiting -= batch.size
            del self._busy[partition]
            self._late.discard(partition)
            if self._open[partition]:
                self._tick_soon()

    async def drained(self) -> None:
        """Wait until nothing is under way (shutdown)."""
        while self._tick or self._busy:
            if self._tick:
                self._tick.cancel()
                self._write_all()
            await asyncio.wait(list(self._busy.values()))
