"""Opening and sealing what is personal: a person's data, and the frozen content of a certificate."""

from functools import lru_cache
from typing import TypeVar

from pydantic import ValidationError

from services.certificates.domain.content import (
    Content,
    Frozen,
    Printed,
    canonical,
    complete,
)
from services.certificates.shrunk import CONTENT
from shared.crypto import CannotOpen, seal, unseal
from shared.events import Model
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import PersonalData

M = TypeVar("M", bound=Model)
RECENT = 1_024
"""So many people's keys stay unwrapped: each is needed twice, once to read and once to seal."""


class Vault:
    """Knows the installation's key. Every seal is bound to its subject: the person's id for their
    data, the certificate's id for its content."""

    def __init__(self, kek: bytes) -> None:
        self._kek = kek

        self._key = lru_cache(maxsize=RECENT)(self._unwrapped)

    def _unwrapped(self, participant_id: str, wrapped: str) -> bytes:
        return unseal(self._kek, wrapped, subject=participant_id)

    def person(self, participant_id: str, wrapped: str, sealed: str) -> PersonalData:
        """Who it is; raises CannotOpen."""
        key = self._key(participant_id, wrapped)
        return _model(PersonalData, unseal(key, sealed, subject=participant_id))

    def seal_content(self, participant_id: str, wrapped: str, content: Frozen) -> str:
        """Frozen content under the person's key; raises CannotOpen."""
        key = self._key(participant_id, wrapped)
        return seal(key, CONTENT.pack(canonical(content)), subject=content["certificate_id"])

    def content(
        self, participant_id: str, wrapped: str, sealed: str, certificate_id: str
    ) -> Content:
        """What was frozen; raises CannotOpen."""
        opened = unseal(self._key(participant_id, wrapped), sealed, subject=certificate_id)
        try:
            whole = CONTENT.unpack(opened)
        except ValueError:
            raise CannotOpen("what was sealed is of another format") from None
        return _model(Content, whole)

    def printed(self, certificate: CertificateIssuedV1, wrapped: str) -> Printed:
        """All that an issued certificate prints; raises CannotOpen."""
        content = self.content(
            certificate.participant_id, wrapped, certificate.sealed, certificate.certificate_id
        )
        return complete(content, number=certificate.number, issued_at=certificate.issued_at)


def _model(kind: type[M], plain: bytes) -> M:
    try:
        return kind.model_validate_json(plain)
    except ValidationError:
        raise CannotOpen(f"what was sealed is no {kind.__name__}") from None
