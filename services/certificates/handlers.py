"""What happens with what is consumed: decisions → certificates, certificates → documents."""

from collections.abc import Sequence

import structlog

from services.certificates.documents.files import DocumentFiles
from services.certificates.documents.maker import Maker
from services.certificates.domain.certificate import earned
from services.certificates.domain.waiting import Place, Who
from services.certificates.issuing import Issuer
from services.certificates.stores import ERASED, PeopleView
from services.certificates.vault import Vault
from shared.consume import NotYet
from shared.crypto import CannotOpen
from shared.events.certificates import CertificateIssuedV1
from shared.keys import certificate_id_of, person_key, split_person_key
from shared.records import Poison, Record

log = structlog.get_logger()


class Decisions:
    """attendance.decisions → who waits for a certificate, and, where it may be, the certificate."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def __call__(self, records: Sequence[Record]) -> None:
        """Take in a batch; a later version of a decision replaces an earlier one."""
        for record in records:
            self._take(record)
        self._issuer.issue()

    def _take(self, record: Record) -> None:
        waiting, place = self._issuer.waiting, Place(record.partition, record.offset)
        event = record.event
        if event is not None and earned(event):
            waiting.earned(_checked(Who(event.webinar_id, event.participant_id), record.key), place)
        else:
            waiting.drop(Who(*split_person_key(record.key)))


def _checked(who: Who, key: str) -> Who:
    if key != person_key(*who):  # its partition would not be the person's
        raise Poison("the key is not that of the decision's person")
    try:
        certificate_id_of(*who)
    except ValueError as no_id:
        raise Poison("the webinar_id is no UUID, so there is no certificate id") from no_id
    return who


class Documents:
    """certificates.certificates → files. Behind the issuing, resumable: a file that is there stays."""

    def __init__(
        self, maker: Maker, files: DocumentFiles, people: PeopleView, vault: Vault
    ) -> None:
        self._maker, self._files, self._people, self._vault = maker, files, people, vault

    def __call__(self, records: Sequence[Record]) -> None:
        """Make what is missing.

        Raises:
            NotYet: a person's key is not in the view, and the view is still being built.
        """
        events = [r.event for r in records if r.event is not None and r.event.sealed]
        missing = [e for e in events if not self._files.path(e.sha256).exists()]
        keys = self._people.keys([e.participant_id for e in missing])
        for event in missing:
            wrapped = keys[event.participant_id]
            if wrapped is None and not self._people.view.ready():
                raise NotYet("keys are still being read")
            if wrapped and wrapped != ERASED:
                self._make(event, wrapped.decode())

    def _make(self, event: CertificateIssuedV1, wrapped: str) -> None:
        try:
            printed = self._vault.printed(event, wrapped)
        except CannotOpen:
            log.warning("content_cannot_be_opened")
            return
        self._files.write(event.sha256, self._maker.make(printed))
