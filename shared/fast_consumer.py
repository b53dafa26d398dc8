"""The part of kafka-python's consumer that `BatchConsumer` uses, on aiokafka: its records are parsed
in C, which costs a counting worker much less of its core. aiokafka's loop runs in a thread of its
own, so heartbeats go on during long batches.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import aiokafka.abc
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError as AioKafkaError
from kafka import ConsumerRebalanceListener, TopicPartition
from kafka.errors import KafkaError

T = TypeVar("T")


class FastConsumer:
    """Takes kafka-python's options and raises kafka-python's errors.

    A rebalance happens beside a running batch, not inside `poll`: the listener is called in the
    loop's thread. `generation` counts the rebalances before the last poll: when it changes, that
    poll's records are the first of the new assignment.
    """

    def __init__(
        self, *, max_poll_records: int, bootstrap_servers: Sequence[str],
        allow_auto_create_topics: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        del allow_auto_create_topics  # aiokafka's consumer asks the broker for no topic
        self._most, self._settled, self._rebalances = max_poll_records, False, 0
        self.generation = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kafka", daemon=True)
        self._thread.start()
        try:
            self._consumer: AIOKafkaConsumer = self._call(
                self._started, bootstrap_servers=",".join(bootstrap_servers), **options
            )
        except KafkaError:
            self._end_loop()
            raise

    async def _started(self, **options: Any) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(**options)
        try:
            await consumer.start()
        except AioKafkaError:
            await consumer.stop()
            raise
        return consumer

    def subscribe(
        self, topics: Sequence[str], listener: ConsumerRebalanceListener | None = None
    ) -> None:
        """Join the group with these topics."""
        self._in_loop(self._consumer.subscribe, topics, listener=_Bridge(self, listener))

    def assign(self, partitions: Collection[TopicPartition]) -> None:
        """Take these partitions, without a group, from their beginnings."""
        self._in_loop(self._consumer.assign, [_own(tp) for tp in partitions])
        self._settled = True

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """Fetch nothing more from these, until `resume`."""
        self._in_loop(self._consumer.pause, *map(_own, partitions))

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """Fetch from these again."""
        self._in_loop(self._consumer.resume, *map(_own, partitions))

    def poll(self, timeout_ms: int) -> Mapping[TopicPartition, list[Any]]:
        """Records by partition, at most `max_poll_records`."""
        return self._call(self._fetched, timeout_ms)

    async def _fetched(self, timeout_ms: int) -> Mapping[TopicPartition, list[Any]]:
        polled: Mapping[TopicPartition, list[Any]] = await self._consumer.getmany(
            timeout_ms=timeout_ms, max_records=self._most
        )
        if self._settled:
            self.generation = self._rebalances
            return polled
        for tp in polled.keys() & self._consumer.assignment():
            self._consumer.seek(tp, polled[tp][0].offset)  # handed out later, unless sought
        return {}

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Where the next poll takes this partition up; nothing when a rebalance has just taken it
        away, since then whoever gets it says where."""
        self._in_loop(self._seek, _own(partition), offset)

    def _seek(self, partition: Any, offset: int) -> None:
        if partition in self._consumer.assignment():
            self._consumer.seek(partition, offset)

    def position(self, partition: TopicPartition) -> int:
        """The next offset that `poll` hands out; raises KafkaError during a rebalance."""
        return self._call(self._position, _own(partition))

    def positions(self) -> dict[TopicPartition, int]:
        """`position` of every partition that is this member's."""
        return self._call(self._positions)

    async def _positions(self) -> dict[TopicPartition, int]:
        return {tp: await self._position(_own(tp)) for tp in self.assignment()}

    async def _position(self, partition: Any) -> int:
        at: int = await self._consumer.position(partition)
        if not self._settled:  # then it is the committed offset, which the listener may overrule
            raise KafkaError("the group rebalances")
        return at

    def assignment(self) -> set[TopicPartition]:
        """The partitions that are this member's for certain: none during a rebalance."""
        if not self._settled:
            return set()
        return {TopicPartition(tp.topic, tp.partition) for tp in self._consumer.assignment()}

    def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends of the partitions' logs."""
        ends = self._call(self._consumer.end_offsets, [_own(tp) for tp in partitions])
        return {TopicPartition(tp.topic, tp.partition): end for tp, end in ends.items()}

    def commit(self, offsets: Mapping[TopicPartition, Any]) -> None:
        """Commit and wait."""
        self._call(self._consumer.commit, {_own(tp): at.offset for tp, at in offsets.items()})

    def close(self) -> None:
        """Leave the group and end the thread."""
        self._call(self._consumer.stop)
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def settle(self, *, settled: bool) -> None:
        """Between a rebalance and its listener's word on positions nothing is handed out."""
        self._settled = settled
        self._rebalances += settled

    def _in_loop(self, function: Callable[..., None], *args: Any, **options: Any) -> None:
        async def call() -> None:
            function(*args, **options)

        if threading.current_thread() is self._thread:  # from a listener
            function(*args, **options)
        else:
            self._call(call)

    def _call(self, function: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
        async def call() -> T:
            return await function(*args, **options)

        try:
            return asyncio.run_coroutine_threadsafe(call(), self._loop).result()
        except AioKafkaError as problem:
            raise KafkaError(f"{type(problem).__name__}: {problem}") from problem


class _Bridge(aiokafka.abc.ConsumerRebalanceListener):  # type: ignore[misc] # the client has no types
    def __init__(self, owner: FastConsumer, listener: ConsumerRebalanceListener | None) -> None:
        self._owner, self._listener = owner, listener

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        self._owner.settle(settled=False)
        if self._listener:
            self._listener.on_partitions_revoked([TopicPartition(*tp) for tp in revoked])

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        self._owner.settle(settled=False)
        if self._listener:
            self._listener.on_partitions_assigned([TopicPartition(*tp) for tp in assigned])
        self._owner.settle(settled=True)


def _own(partition: TopicPartition) -> Any:
    return aiokafka.TopicPartition(partition.topic, partition.partition)
