"""From earned to issued: claim numbers in the log, read the claims back, publish certificates.

Two steps, each repeatable. Whatever is not derivable (number, time, content) is in the FIRST claim
of a person, so a worker that is killed between the steps, a second worker, or a replay publishes
the same certificate, byte for byte.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import orjson
import structlog

from services.certificates.domain.certificate import may_issue, verify_url
from services.certificates.domain.content import (
    Frozen,
    Policy,
    fingerprint,
    freeze,
    plain,
    sheet,
)
from services.certificates.domain.ledger import Ledger, Numbered
from services.certificates.domain.number import series_of
from services.certificates.domain.waiting import Waiting, Who
from services.certificates.domain.words import parse_utc
from services.certificates.logs import Logs
from services.certificates.settings import CertificatesWorkerSettings
from services.certificates.stores import ERASED, PeopleView, Person
from services.certificates.vault import Vault
from shared.crypto import CannotOpen
from shared.events import Encoded
from shared.events.certificates import CertificateIssuedV1, CertificateRevokedV1, NumberTakenV1
from shared.events.registration import WebinarSetV1
from shared.keys import certificate_id_of, partition_of, person_key
from shared.publish import Outgoing, Publisher
from shared.telemetry import CERTIFICATES as ISSUED
from shared.topics import CERTIFICATES, NUMBERS

log = structlog.get_logger()
CHUNK = 1_000


class Fresh(NamedTuple):
    """What is known of a claim that was made just now: what it sealed, and its person's partition."""

    content: Frozen
    partition: int


class Issuer:
    """Issues for the decisions partitions that this worker holds."""

    def __init__(
        self, settings: CertificatesWorkerSettings, *, logs: Logs, people: PeopleView,
        publisher: Publisher, vault: Vault, policy: Policy,
    ) -> None:  # fmt: skip
        self._settings, self._logs, self._people = settings, logs, people
        self._publisher, self._vault, self._policy = publisher, vault, policy
        self.waiting = Waiting()
        self.owned: set[int] = set()
        self._sheet_of: tuple[str, int, str] | None = None
        self._common: Frozen
        self._fresh: dict[str, Fresh] = {}

    def issue(self) -> int:
        """Issue for all who wait and may have it; how many certificates were published."""
        count = self.publish_pending()
        if self.waiting:
            self._logs.follow_webinars()
        candidates = iter([w for id_ in self._open_webinars() for w in self.waiting.of(id_)])
        while chunk := list(islice(candidates, CHUNK)):
            self._claim(chunk)
            count += self.publish_pending()
            self._fresh.clear()
        return count

    def _open_webinars(self) -> list[str]:
        known = self._logs.webinars
        return [i for i in self.waiting.webinars() if i in known and may_issue(known[i])]

    def _claim(self, chunk: Sequence[Who]) -> None:
        new = [who for who in chunk if not self._settled(who)]
        found = self._people.people(new) if new else None
        if found is None:
            return
        claims = [c for who, person in found.complete.items() if (c := self._frozen(who, person))]
        if claims:
            out = [Outgoing(NUMBERS, claim.series, claim) for claim in claims]
            self._logs.claims_written(claims, self._publisher.publish(out))
        for who in found.erased:
            log.info("erased_before_issue", webinar=who.webinar_id)
            self.waiting.drop(who)
        for claim in claims:
            self._settled(Who(claim.webinar_id, claim.participant_id))

    def _settled(self, who: Who) -> bool:
        """Whether a number is taken; then nobody has to wait for that any more."""
        if not self._logs.ledger.has(certificate_id_of(*who)):
            return False
        self.waiting.drop(who)
        return True

    def _frozen(self, who: Who, person: Person) -> NumberTakenV1 | None:
        webinar = self._logs.webinars[who.webinar_id]
        try:
            sealed = self._sealed(who, person, webinar)
        except CannotOpen:  # another installation's key; it waits and is counted as waiting
            log.warning("person_cannot_be_opened", webinar=who.webinar_id)
            return None
        pattern = self._settings.pattern_of(webinar.programme_id)
        return NumberTakenV1(
            series=series_of(pattern, webinar.year), sealed=sealed, year=webinar.year,
            region_code=person.region_code, category=person.category, **who._asdict(),
        )  # fmt: skip

    def _sealed(self, who: Who, person: Person, webinar: WebinarSetV1) -> str:
        certificate_id = certificate_id_of(*who)
        content = freeze(
            self._sheet(webinar),
            certificate_id=certificate_id, verify_url=self._verify_url(certificate_id),
            person=self._vault.person(who.participant_id, person.wrapped, person.sealed),
            policy=self._policy,
        )  # fmt: skip
        sealed = self._vault.seal_content(who.participant_id, person.wrapped, content)
        self._fresh[sealed] = Fresh(content, self.waiting.partition(who))
        return sealed

    def _sheet(self, webinar: WebinarSetV1) -> Frozen:
        """What is the same for a whole webinar, made once for each of its versions."""
        programme = self._logs.programmes.get(webinar.programme_id, "")
        made_of = (webinar.webinar_id, webinar.version, programme)
        if self._sheet_of != made_of:
            whole = sheet(webinar=webinar, programme=programme, policy=self._policy)
            self._common = plain(whole)
            self._sheet_of = made_of
        return self._common

    def _verify_url(self, certificate_id: str) -> str:
        return verify_url(self._settings.public_url, self._settings.code_key, certificate_id)

    def publish_pending(self) -> int:
        """Publish the certificates of all numbers in our partitions that have none yet."""
        if not self._mine(self._logs.ledger):
            return 0
        self._logs.follow_certificates()  # another worker may have published them
        count, mine = 0, iter(self._mine(self._logs.ledger))
        while chunk := list(islice(mine, CHUNK)):
            count += self._publish(chunk)
        return count

    def _mine(self, ledger: Ledger) -> list[Numbered]:
        return [n for n in ledger.pending() if self._partition(n.claim) in self.owned]

    def _partition(self, claim: NumberTakenV1) -> int:
        if fresh := self._fresh.get(claim.sealed):
            return fresh.partition
        key = person_key(claim.webinar_id, claim.participant_id)
        return partition_of(key.encode(), self._settings.partitions)

    def _publish(self, chunk: Sequence[Numbered]) -> int:
        keys = self._people.keys([n.claim.participant_id for n in chunk])
        events = [(n, e) for n in chunk if (e := self._event(n, keys[n.claim.participant_id]))]
        out = [_outgoing(n, event, self._partition(n.claim)) for n, event in events]
        written = self._publisher.publish(out)
        for numbered, _ in events:
            self._logs.ledger.issued(numbered.certificate_id)
        self._logs.certificates_written(written)
        ISSUED.inc(len(events))
        return len(events)

    def _event(self, numbered: Numbered, wrapped: bytes | None) -> Encoded | None:
        if wrapped == ERASED:  # the number is taken, so it is accounted for; nothing can be printed
            url = self._verify_url(numbered.certificate_id)
            return encoded(CertificateRevokedV1, numbered, sealed="", sha256="", verify_url=url)
        if wrapped is None:
            return None
        claim = numbered.claim
        try:
            fresh = self._fresh.get(claim.sealed)
            content = fresh.content if fresh else plain(self._vault.content(
                claim.participant_id, wrapped.decode(), claim.sealed, numbered.certificate_id
            ))  # fmt: skip
        except CannotOpen:
            log.warning("claim_cannot_be_opened", certificate=numbered.certificate_id)
            return None
        seen = fingerprint(content, number=numbered.number, issued_at=numbered.issued_at)
        return encoded(CertificateIssuedV1, numbered, sealed=claim.sealed, sha256=seen,
                       verify_url=content["verify_url"])  # fmt: skip


def encoded(
    kind: type[CertificateIssuedV1], numbered: Numbered, *, sealed: str, sha256: str,
    verify_url: str,
) -> Encoded:  # fmt: skip
    """The first revision of a certificate, without its model; a test holds it against that."""
    claim = numbered.claim
    values = {
        "certificate_id": numbered.certificate_id, "webinar_id": claim.webinar_id,
        "participant_id": claim.participant_id, "number": numbered.number,
        "status": kind.model_fields["status"].default, "revision": 1, "sha256": sha256,
        "verify_url": verify_url, "issued_at": numbered.issued_at, "year": claim.year,
        "region_code": claim.region_code, "category": claim.category, "sealed": sealed,
    }  # fmt: skip
    return Encoded(kind.type, orjson.dumps(values, option=orjson.OPT_SORT_KEYS))


def _outgoing(numbered: Numbered, event: Encoded, partition: int) -> Outgoing:
    key = person_key(numbered.claim.webinar_id, numbered.claim.participant_id)
    return Outgoing(CERTIFICATES, key, event, _moment(numbered.issued_at), partition)


_moment = lru_cache(maxsize=1_024)(parse_utc)
