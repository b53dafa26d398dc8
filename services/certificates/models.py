"""What the api answers with; the contract's `Certificate`, and its problems for the OpenAPI."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from shared.events.certificates import CertificateIssuedV1
from shared.http import PROBLEM

EXAMPLE: JsonDict = {
    "certificate_id": "0d2b5f3c-5f0e-5a53-9c52-0d6d3f3f7a11",
    "webinar_id": "7f7c5f3e-94a5-4f3e-8e0a-7a3a6f0f5b10",
    "participant_id": "b5c2f7a2-3f59-5a0f-8c59-1f6a2f3d4e5f",
    "number": "0000042/HAM/15.72/2026", "status": "issued", "revision": 1,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "verify_url": "https://hadir.example.org/v/mfrggzdfmztwq2lknnwg", "year": 2026,
    "issued_at": "2026-11-12T05:04:03Z", "region_code": "15.72", "category": "asn",
}  # fmt: skip
TITLES = {
    401: "Not signed in", 403: "Not allowed", 404: "There is no such certificate",
    410: "This certificate can no longer be printed", 503: "Not ready yet",
}  # fmt: skip


class Certificate(BaseModel):
    """A certificate without personal data; `sha256` is of its frozen content."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    certificate_id: str
    webinar_id: str
    participant_id: str
    number: str
    status: Literal["issued", "superseded", "revoked"]
    revision: int
    sha256: str = Field(description="Of the frozen printed content, not of the PDF file")
    verify_url: str
    issued_at: str
    year: int
    region_code: str
    category: str

    @classmethod
    def of(cls, event: CertificateIssuedV1) -> "Certificate":
        """As answered; the sealed content stays inside."""
        return cls(**event.model_dump(exclude={"sealed"}))


class CertificatePage(BaseModel):
    """One page; `next` is the cursor of the following one, null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE], "next": None}]})

    items: list[Certificate]
    next: str | None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problem answers (RFC 9457) for the OpenAPI."""
    return {
        status: {
            "description": TITLES[status],
            "content": {PROBLEM: {"example": {"status": status, "title": TITLES[status]}}},
        }
        for status in statuses
    }
