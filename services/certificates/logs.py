"""What the worker knows from whole topics: webinars, programmes, numbers, certificates."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import structlog

from services.certificates.domain.content import PLACE_ZONE
from services.certificates.domain.ledger import BadClaim, Ledger
from services.certificates.follow import Follower
from shared.events.certificates import NumberTakenV1
from shared.events.registration import WebinarSetV1
from shared.publish import Written
from shared.records import Poison, Record
from shared.settings import KafkaSettings
from shared.topics import CERTIFICATES, NUMBERS, PROGRAMMES, WEBINARS

log = structlog.get_logger()


def _by_partition(at: Sequence[Written]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for written in at:
        found[written.partition].append(written.offset)
    return found


@lru_cache(maxsize=1_024)
def issue_time(timestamp_ms: int) -> str:
    """The time of issue: the claim's Kafka time, in whole seconds."""
    moment = datetime.fromtimestamp(timestamp_ms // 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Logs:
    """Folds of the logs, as far as they were followed."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.ledger = Ledger(PLACE_ZONE)
        self.webinars: dict[str, WebinarSetV1] = {}
        self.programmes: dict[str, str] = {}
        self._numbers_topic = settings.topic(NUMBERS)
        self._certificates_topic = settings.topic(CERTIFICATES)
        self._certificates = Follower(settings, [CERTIFICATES], self._issued)
        self._numbers = Follower(settings, [NUMBERS], self._claimed)
        self._webinars = Follower(settings, [PROGRAMMES, WEBINARS], self._said)

    def start(self) -> None:
        """Read everything; certificates first, so that few numbers seem to await theirs."""
        self.follow_webinars()
        self.follow_certificates()
        self._numbers.catch_up()
        log.info("ledger_read", certificates=len(self.ledger))

    def follow_webinars(self) -> None:
        """To the present end."""
        self._webinars.catch_up()

    def follow_certificates(self) -> None:
        """To the present end."""
        self._certificates.catch_up()

    def follow_numbers(self) -> None:
        """To the present end."""
        self._numbers.catch_up()

    def claims_written(self, claims: Sequence[NumberTakenV1], at: Sequence[Written]) -> None:
        """Take in claims that we have just written: as they are if nobody else wrote between our
        last one and these, else by reading the log, whose order decides."""
        first = at[0].offset
        mine = [w.offset for w in at] == list(range(first, first + len(at)))
        if not mine or not self._numbers.passed(self._numbers_topic, 0, first, first + len(at)):
            self._numbers.catch_up_to(self._numbers_topic, 0, max(w.offset for w in at))
            return
        for claim, written in zip(claims, at, strict=True):
            self.ledger.claimed(claim, issue_time(written.timestamp))

    def certificates_written(self, at: Sequence[Written]) -> None:
        """Pass over certificates that we have just written and taken in."""
        for partition, offsets in _by_partition(at).items():
            first, end = offsets[0], offsets[-1] + 1
            if offsets == list(range(first, end)):
                self._certificates.passed(self._certificates_topic, partition, first, end)

    def close(self) -> None:
        """Disconnect."""
        for follower in (self._certificates, self._numbers, self._webinars):
            follower.close()

    def _issued(self, record: Record) -> None:
        if record.event is not None:
            self.ledger.issued(record.event.certificate_id)

    def _claimed(self, record: Record) -> None:
        if record.event is None:
            return
        try:
            self.ledger.claimed(record.event, issue_time(record.timestamp))
        except BadClaim as wrong:
            raise Poison(str(wrong)) from wrong

    def _said(self, record: Record) -> None:
        event: Any = record.event
        if event is None:
            known: dict[str, Any] = self.webinars if record.topic is WEBINARS else self.programmes
            known.pop(record.key, None)
        elif isinstance(event, WebinarSetV1):
            self.webinars[event.webinar_id] = event
        else:
            self.programmes[event.programme_id] = event.name
