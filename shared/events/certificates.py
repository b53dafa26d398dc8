"""What certificates says: numbers that were taken, certificates and their status."""

from typing import ClassVar, Literal

from shared.events import Event, UtcTime


class NumberTakenV1(Event):
    """A claim on the next number of a series; the FIRST record of (webinar, participant) counts,
    its rank in the one-partition topic is the number, its Kafka time the time of issue.

    `sealed` is the frozen printed content without number and time, under the person's data key.
    """

    type: ClassVar[str] = "hadir.certificates.number-taken.v1"
    series: str
    webinar_id: str
    participant_id: str
    sealed: str
    region_code: str
    category: str
    year: int


class CertificateIssuedV1(Event):
    """A certificate as it stands; the highest revision holds. `sha256` is of the frozen content."""

    type: ClassVar[str] = "hadir.certificates.certificate-issued.v1"
    certificate_id: str
    webinar_id: str
    participant_id: str
    number: str
    status: Literal["issued", "superseded", "revoked"] = "issued"
    revision: int = 1
    sha256: str
    verify_url: str
    issued_at: UtcTime
    year: int
    region_code: str
    category: str
    sealed: str


class CertificateSupersededV1(CertificateIssuedV1):
    """A corrected certificate took its place."""

    type: ClassVar[str] = "hadir.certificates.certificate-superseded.v1"
    status: Literal["issued", "superseded", "revoked"] = "superseded"


class CertificateRevokedV1(CertificateIssuedV1):
    """It is no longer valid."""

    type: ClassVar[str] = "hadir.certificates.certificate-revoked.v1"
    status: Literal["issued", "superseded", "revoked"] = "revoked"
