"""What the api reads: views, and documents, stored or made on demand."""

from typing import NamedTuple

from services.certificates.documents.files import DocumentFiles
from services.certificates.documents.maker import Maker
from services.certificates.domain.content import Printed
from services.certificates.stores import ERASED, CertificateView, PeopleView
from services.certificates.vault import Vault
from shared.events.certificates import CertificateIssuedV1
from shared.http import Problem, not_ready


class Reader(NamedTuple):
    """Views, vault and files of the api."""

    certificates: CertificateView
    people: PeopleView
    vault: Vault
    files: DocumentFiles
    maker: Maker

    def missing(self) -> list[str]:
        """What is missing, in plain sentences."""
        lacks = [] if self.certificates.view.ready() else ["The certificates are still being read."]
        return lacks + ([] if self.people.view.ready() else ["The keys are still being read."])

    def certificate(self, certificate_id: str) -> CertificateIssuedV1:
        """A certificate.

        Raises:
            Problem: 404, or 503 while the view is being built.
        """
        found = self.certificates.by_id(certificate_id)
        if found is None and not self.certificates.view.ready():
            raise not_ready("The certificates are still being read.")
        if found is None:
            raise Problem(404, "certificate-not-found", "There is no such certificate")
        return found

    def by_code(self, code: str) -> CertificateIssuedV1 | None:
        """The certificate with this verify code; Problem 503 while the view is being built."""
        found = self.certificates.by_code(code)
        if found is None and not self.certificates.view.ready():
            raise not_ready("The certificates are still being read.")
        return found

    def printed(self, certificate: CertificateIssuedV1) -> Printed | None:
        """What it prints; None when the person was erased.

        Raises:
            Problem: 503 while keys are still being read.
        """
        wrapped = self.people.keys([certificate.participant_id])[certificate.participant_id]
        if wrapped is None and not self.people.view.ready():
            raise not_ready("The keys are still being read.")
        if not wrapped or wrapped == ERASED or not certificate.sealed:
            return None
        return self.vault.printed(certificate, wrapped.decode())

    def document(self, certificate: CertificateIssuedV1) -> bytes:
        """The PDF, as stored, else made now with the same bytes.

        Raises:
            Problem: 410 when the person was erased; 503 while keys are still being read.
        """
        printed = self.printed(certificate)
        if printed is None:
            raise Problem(410, "person-erased", "This certificate can no longer be printed")
        return self.files.read(certificate.sha256) or self.maker.make(printed)
