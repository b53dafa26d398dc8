"""Is a delivery Zoom's? Signatures over the raw bytes."""

import hmac
from collections.abc import Sequence
from enum import Enum

from shared.crypto import hmac_sha256


class SignatureProblem(Enum):
    """Why a delivery is not believed; each is answered 401."""

    NO_SECRET = "no-secret"  # noqa: S105 - the name of a problem
    MISSING = "signature-missing"
    BAD_TIMESTAMP = "timestamp-unreadable"
    TOO_OLD = "timestamp-too-old"
    TOO_NEW = "timestamp-in-the-future"
    MISMATCH = "signature-wrong"

    @property
    def sentence(self) -> str:
        """What to tell the sender."""
        return _SENTENCES[self]


_SENTENCES = {
    SignatureProblem.NO_SECRET: "No webhook secret is configured, so nothing can be believed",
    SignatureProblem.MISSING: "The signature or its timestamp header is missing",
    SignatureProblem.BAD_TIMESTAMP: "The timestamp header is not a number of seconds",
    SignatureProblem.TOO_OLD: "The timestamp header is too old",
    SignatureProblem.TOO_NEW: "The timestamp header lies in the future",
    SignatureProblem.MISMATCH: "The signature does not fit the body",
}


def verify(
    secrets: Sequence[bytes],
    timestamp_header: bytes | None,
    signature_header: bytes | None,
    raw_body: bytes,
    now: int,
    oldest: int = 6000,
    newest: int = 300,
) -> SignatureProblem | int:
    """The index of the secret that signed these raw bytes, or why they are not believed.

    `oldest` and `newest` bound the header's age in seconds. Headers may hold any bytes. Empty
    secrets sign nothing.
    """
    if not any(secrets):
        return SignatureProblem.NO_SECRET
    if not timestamp_header or not signature_header:
        return SignatureProblem.MISSING
    if not timestamp_header.isdigit() or len(timestamp_header) > 12:
        return SignatureProblem.BAD_TIMESTAMP
    age = now - int(timestamp_header)
    if age > oldest:
        return SignatureProblem.TOO_OLD
    if -age > newest:
        return SignatureProblem.TOO_NEW
    for index, secret in enumerate(secrets):
        if not secret:
            continue
        if hmac.compare_digest(signature(secret, timestamp_header, raw_body), signature_header):
            return index
    return SignatureProblem.MISMATCH


def signature(secret: bytes, timestamp: bytes, raw_body: bytes) -> bytes:
    """What Zoom writes in `x-zm-signature`."""
    return b"v0=" + hmac_sha256(secret, b"v0:%b:%b" % (timestamp, raw_body)).hex().encode()


def crc_answer(secret: bytes, plain_token: str) -> dict[str, str]:
    """The answer to Zoom's `endpoint.url_validation`, to be given within 3 s."""
    encrypted = hmac_sha256(secret, plain_token.encode()).hex()
    return {"plainToken": plain_token, "encryptedToken": encrypted}
