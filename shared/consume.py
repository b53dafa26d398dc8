"""The one batch consumer loop: poll, parse, handle, commit; retry what may pass, dead-letter what
never will. Nothing is skipped silently and nothing is committed before its effect."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata
from redis.exceptions import RedisError

from shared.dead_letters import Burial, Dead
from shared.fast_consumer import FastConsumer
from shared.provision import partitions_of
from shared.records import Parse, Poison, Record, parse, text_of
from shared.settings import KafkaSettings
from shared.topics import Topic

log = structlog.get_logger()
ATTEMPTS = 3
RETRY_SECONDS = 1.0
NOT_YET_SECONDS = 0.2
COMMIT_SECONDS = 1.0
METADATA_MS = 5_000
"""A broker that heard of a topic after the member joined: its partitions are assigned that soon."""
FULL = 0.25
"""A poll with this share of the most it may bring is full: the next one follows at once."""

STREAM, STREAM_FACTOR = 50, 3
"""So many records in a batch that is not full are part of a stream: it gathers so much longer. What
a batch costs beside its records (a fetch over all partitions, a transaction) is that of a hundred."""


def gathers(found: int, most: int, usual: float) -> float:
    """Seconds before the next poll, after one that brought so many records of the most it may."""
    if found >= FULL * most:
        return 0.0
    return usual * (STREAM_FACTOR if found >= STREAM else 1)


class NotYet(Exception):
    """Something that the batch needs is still on its way: the same batch again, a moment later."""


TRANSIENT: tuple[type[Exception], ...] = (NotYet, KafkaError, RedisError, OSError)


class Handler(Protocol):
    """Brings a batch's effects about; called again with the same records after a crash."""

    def __call__(self, records: Sequence[Record]) -> None: ...


class _Seek(ConsumerRebalanceListener):  # type: ignore[misc] # the client has no types
    def __init__(self, owner: "BatchConsumer") -> None:
        self._owner = owner

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self._owner.revoked(revoked)

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._owner.rebalanced(assigned)


class BatchConsumer:
    """A group member that hands batches to one handler.

    `position(topic, partition)` – where to start, when the effect itself remembers its position
    (a view in Redis); without it Kafka's committed offset counts, else the start of the topic.
    `gather` – seconds between a batch that was not full and the next poll, in which records gather
    (three times that in a stream); a record that comes alone is not kept waiting.
    `fetch_bytes` – of one partition at once; what is fetched waits in memory.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        group: str,
        topics: Sequence[Topic],
        handle: Handler,
        position: Callable[[Topic, int], int] | None = None,
        on_assigned: Callable[[Sequence[tuple[Topic, int]]], None] | None = None,
        instance: str = "",
        max_records: int = 2_000,
        client: Callable[..., Any] = KafkaConsumer,
        parse: Parse = parse,
        gather: float = 0.0,
        fetch_bytes: int = 1024 * 1024,
    ) -> None:
        self._settings = settings
        self._by_name: Mapping[str, Topic] = {settings.topic(t): t for t in topics}
        self._handle, self._position, self._on_assigned = handle, position, on_assigned
        self._parse = parse
        self._max_records = max_records
        self._gather, self._not_before = gather, 0.0
        self._done: dict[TopicPartition, int] = {}
        self._committed = 0.0
        self._dead = Burial(settings)
        self._astray = self._closed = False
        self.ready = threading.Event()
        self._consumer = client(
            bootstrap_servers=settings.kafka.split(","),
            group_id=settings.group(group),
            group_instance_id=instance or None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=max_records,
            max_partition_fetch_bytes=fetch_bytes,
            fetch_max_bytes=8 * fetch_bytes,
            session_timeout_ms=15_000,
            metadata_max_age_ms=METADATA_MS,
            allow_auto_create_topics=False,
        )
        if isinstance(self._consumer, KafkaConsumer):
            # a leader of kafka-python that has no metadata yet assigns nothing, and may hang then
            for name in self._by_name:
                self._consumer.partitions_for_topic(name)
        self._consumer.subscribe(list(self._by_name), listener=_Seek(self))

    def assigned(self, partitions: Sequence[TopicPartition]) -> None:
        """Rebalance: take each partition up where its effect stands."""
        pairs = [(self._by_name[tp.topic], tp.partition) for tp in partitions]
        if self._on_assigned:
            self._on_assigned(pairs)
        for tp, (topic, partition) in zip(partitions, pairs, strict=True):
            if self._position:
                self._consumer.seek(tp, self._position(topic, partition))
        self.ready.set()

    def rebalanced(self, partitions: Sequence[TopicPartition]) -> None:
        """`assigned`, or again before the next poll where the effect's store does not answer: a
        client swallows what its listener raises and would go on from the committed offsets."""
        if not self._taken_up(partitions):
            self.rewind()

    def _taken_up(self, partitions: Sequence[TopicPartition]) -> bool:
        try:
            self.assigned(partitions)
        except TRANSIENT as away:
            log.info("position_unknown", because=type(away).__name__)
            return False
        return True

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Rebalance: nothing is held over, since commits follow effects."""

    def rewind(self) -> None:
        """Seek every assigned partition to where its effect stands, before the next poll."""
        self._astray = self._position is not None

    def _found_back(self) -> bool:
        self._astray = not self._taken_up(list(self._consumer.assignment()))
        if self._astray:
            time.sleep(RETRY_SECONDS)
        return not self._astray

    def step(self, timeout: float = 0.5) -> int:
        """One poll and its effects; how many records were handled. Raises TooMuchPoison."""
        if self._astray and not self._found_back():
            return 0
        raw: list[Any] = []
        time.sleep(max(0.0, self._not_before - time.monotonic()))
        try:
            polled = self._consumer.poll(timeout_ms=int(timeout * 1000))
            raw = [r for records in polled.values() for r in records]
            if not raw or self._astray:  # astray since this very poll: polled again from there
                if self._done:
                    self._commit([])
                return 0
            self._process(raw)
        except TRANSIENT as passing:
            log.info("batch_retried", because=type(passing).__name__, detail=str(passing)[:200])
            self._back_to(raw)
            self.rewind()
            time.sleep(NOT_YET_SECONDS if isinstance(passing, NotYet) else RETRY_SECONDS)
            return 0
        self._commit(raw)
        gather = gathers(len(raw), self._max_records, self._gather)
        self._not_before = time.monotonic() + gather
        return len(raw)

    def run(self, stop: threading.Event, idle: Callable[[], None] | None = None) -> None:
        """Until `stop`; `idle` runs whenever a poll brought nothing. What may pass, it may raise; by
        NotYet it says that its positions are not where it left them: they are asked for anew."""
        while not stop.is_set():
            if not self.step() and idle:
                self._idle(idle)

    def _idle(self, idle: Callable[[], None]) -> None:
        try:
            idle()
        except NotYet as lost:
            log.warning("positions_lost", detail=str(lost))
            self.rewind()
        except TRANSIENT as away:
            log.info("not_reachable", because=type(away).__name__)

    def lag(self) -> int:
        """Records between this member's positions and the ends of its partitions."""
        mine = list(self._consumer.assignment())
        ends = self._consumer.end_offsets(mine) if mine else {}
        return sum(max(0, ends[tp] - self._consumer.position(tp)) for tp in mine)

    def positions(self) -> dict[tuple[Topic, int], int]:
        """The next offset that each assigned partition hands over; dead letters lie behind it."""
        if isinstance(self._consumer, FastConsumer):
            found = self._consumer.positions()
        else:
            found = {tp: self._consumer.position(tp) for tp in self._consumer.assignment()}
        return {(self._by_name[tp.topic], tp.partition): at for tp, at in found.items()}

    def ends(self) -> dict[tuple[str, int], int]:
        """Where all partitions of all topics end, also those of other members."""
        places = {
            TopicPartition(name, partition): (topic.name, partition)
            for name, topic in self._by_name.items()
            for partition in range(partitions_of(topic, self._settings))
        }
        return {places[tp]: end for tp, end in self._consumer.end_offsets(list(places)).items()}

    def close(self) -> None:
        """Leave the group; a second time is no harm."""
        if not self._closed:
            self._closed = True
            self._consumer.close()
            self._dead.close()

    def _process(self, raw: Sequence[Any]) -> None:
        parsed = [self._parsed(record) for record in raw]
        dead = [each for each in parsed if isinstance(each, Dead)]
        dead += self._handled([each for each in parsed if isinstance(each, Record)])
        self._dead.bury(dead, all_of_them=len(dead) == len(raw))

    def _parsed(self, record: Any) -> Record | Dead:
        topic = self._by_name[record.topic]
        headers = record.headers or ()
        try:
            key = text_of(record.key)
            event = None if record.value is None else self._parse(topic, headers, record.value)
        except Poison as reason:
            return Dead(topic, record, record.key, str(reason), 1)
        return Record(topic, record.partition, record.offset, key, event, record.timestamp,
                      record.value, headers)  # fmt: skip

    def _handled(self, good: Sequence[Record]) -> list[Dead]:
        """Those that the handler never will handle."""
        if not good:
            return []
        try:
            self._handle(good)
        except TRANSIENT:
            raise
        except Exception:
            log.exception("batch_failed", records=len(good))
            return [dead for record in good if (dead := self._one(record))]
        return []

    def _one(self, record: Record) -> Dead | None:
        key, because = record.key.encode() or None, ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._handle([record])
            except TRANSIENT:
                raise
            except Poison as reason:
                return Dead(record.topic, record, key, str(reason), attempt)
            except Exception as failed:
                log.exception("record_failed", topic=record.topic.name, offset=record.offset)
                because = f"{type(failed).__name__} while handling"
            else:
                return None
        return Dead(record.topic, record, key, because, ATTEMPTS)

    def _back_to(self, raw: Sequence[Any]) -> None:
        first = {TopicPartition(r.topic, r.partition): r.offset for r in reversed(raw)}
        for tp in set(first) & set(self._consumer.assignment()):
            self._consumer.seek(tp, first[tp])

    def _commit(self, raw: Sequence[Any]) -> None:
        """Say how far the effects are: to whom starts anew, or, where the effect itself remembers,
        once a second to whoever watches the group."""
        ends = {(r.topic, r.partition): r.offset + 1 for r in raw}  # in order per partition
        self._done.update({TopicPartition(*place): end for place, end in ends.items()})
        if self._position and time.monotonic() < self._committed + COMMIT_SECONDS:
            return
        mine = set(self._consumer.assignment())
        ours = {tp: OffsetAndMetadata(o) for tp, o in self._done.items() if tp in mine}
        self._done, self._committed = {}, time.monotonic()
        if not ours:  # a rebalance took them during the batch; some clients refuse an empty commit
            return
        try:
            self._consumer.commit(ours)
        except KafkaError as passing:  # the effect stands; it will be brought about once more
            log.info("commit_failed", because=type(passing).__name__)
