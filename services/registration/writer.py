"""One writer at a time for each resource, who starts from everything that was written before.

The lock is a lease in Redis: it ends by itself when its holder is killed. Whoever takes it asks the
broker where the topics end and waits until the view has come so far, so that also what a killed
writer wrote is seen. Every read under the lock checks that it is still held. So a read-modify-write
never starts from an old value, and `If-Match` compares with the latest one.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from redis import RedisError

from services.registration.handlers import TOPICS
from services.registration.stores import Command, E, Places, Store
from shared.events import Event
from shared.http import Problem, not_ready
from shared.log_client import LogClient
from shared.provision import partitions_of
from shared.publish import AsyncPublisher, Outgoing
from shared.settings import KafkaSettings
from shared.topics import Topic

LEASE_MS = 10_000
RENEW_SECONDS = 2.5
PATIENCE = 10.0
"""Seconds to wait for a lock, for the broker, or for a view that is behind."""
VISIBLE_SECONDS = 5.0
"""Seconds to wait until what was written can be read; then it is answered all the same."""
_RENEW = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2])"
_RELEASE = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1])"


class Ends(LogClient):
    """Asks the broker where the topics end."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> None:
        super().__init__(settings, request_timeout_ms=5_000)
        self._asked = {
            TopicPartition(settings.topic(topic), partition): (topic, partition)
            for topic in topics
            for partition in range(partitions_of(topic, settings))
        }

    async def __call__(self) -> Places:
        """The offset after the last record of each partition; 503 when no broker answers."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._client.end_offsets(list(self._asked))
        except (KafkaError, TimeoutError) as away:
            raise not_ready("Kafka does not answer.") from away
        return {self._asked[tp]: end for tp, end in found.items() if end}


class Writer:
    """What the holder of a lock may do."""

    def __init__(self, store: Store, publisher: AsyncPublisher, lock: str) -> None:
        self.store, self._publisher = store, publisher
        self.lock = (lock, secrets.token_hex(16).encode())

    async def read(self, *commands: Command) -> list[Any]:
        """`Store.read` that also checks that the lock is still held."""
        return await self.store.read(*commands, lock=self.lock)

    async def one(self, key: str, name: str, kind: type[E]) -> E | None:
        """`Store.one` that also checks that the lock is still held."""
        return await self.store.one(key, name, kind, lock=self.lock)

    async def publish(self, topic: Topic, key: str, event: Event, *beside: Outgoing) -> bool:
        """Write one event (and what goes with it), then wait for the view; whether it came in time.

        Raises:
            shared.http.Problem: 503, the broker did not take it.
        """
        try:
            written, *_ = await self._publisher.publish([Outgoing(topic, key, event), *beside])
        except KafkaError as away:
            raise not_ready("Kafka did not take it; it can be repeated.") from away
        return await applied(self.store, {(topic, written.partition): written.offset + 1})


async def applied(store: Store, places: Places, patience: float = VISIBLE_SECONDS) -> bool:
    """Wait until the view has applied everything before the places; False = not in time."""
    until, pause = time.monotonic() + patience, 0.002
    while True:
        with suppress(RedisError):
            if not await store.behind(places):
                return True
        if time.monotonic() > until:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.05)


class Writers:
    """Hands out writers."""

    def __init__(self, store: Store, publisher: AsyncPublisher, ends: Ends) -> None:
        self._store, self._publisher, self._ends = store, publisher, ends

    async def note(self, record: Outgoing) -> None:
        """Write an audit record by itself; 503 when the broker does not take it."""
        try:
            await self._publisher.publish([record])
        except KafkaError as away:
            raise not_ready("Kafka did not take it; it can be repeated.") from away

    @asynccontextmanager
    async def writer(self, resource: str, patience: float = PATIENCE) -> AsyncIterator[Writer]:
        """The only writer of a resource, once the view has everything that was written before.

        Raises:
            shared.http.Problem: 503 when somebody else writes it, or the view is behind.
        """
        lock = self._store.view.key("lock", resource)
        writer = Writer(self._store, self._publisher, lock)
        await self._take(writer.lock, patience)
        renewing = asyncio.create_task(self._renew(writer.lock))
        try:
            if not await applied(self._store, await self._ends(), PATIENCE):
                raise not_ready(
                    "The view is behind the topics; is the registration worker running?"
                )
            yield writer
        finally:
            renewing.cancel()
            with suppress(RedisError):  # the lease ends by itself
                await self._eval(_RELEASE, *writer.lock)

    async def _take(self, lock: tuple[str, bytes], patience: float) -> None:
        until = time.monotonic() + patience
        while not await self._free(lock):
            if time.monotonic() > until:
                detail = "Somebody else is changing this; try again."
                raise Problem(503, "busy", "Busy", detail, {"Retry-After": "5"})
            await asyncio.sleep(0.03)

    async def _free(self, lock: tuple[str, bytes]) -> bool:
        try:
            return bool(await self._store.redis.set(*lock, nx=True, px=LEASE_MS))
        except RedisError as away:
            raise not_ready("The store does not answer.") from away

    async def _renew(self, lock: tuple[str, bytes]) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(RedisError):  # the next read says so if the lock was lost meanwhile
                await self._eval(_RENEW, *lock, str(LEASE_MS).encode())

    async def _eval(self, script: str, lock: str, *values: bytes) -> None:
        await self._store.redis.execute_command(  # type: ignore[no-untyped-call] # the client has no type
            "EVAL", script, 1, lock, *values
        )
