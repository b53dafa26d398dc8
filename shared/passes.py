"""Passes: what attendance lets a browser do in registration, in one webinar, for a while.

Attendance gives a pass to somebody who is signed in; registration takes it at the one route that it
is for. Both derive the key from the identity key, which they share. So a browser goes from one
service to the other without the caller's own token, and no service calls the other.
"""

from typing import Any, Literal

import jwt

from shared.crypto import hmac_sha256

What = Literal["walk-ins", "rule-change"]
_ALGORITHM = "HS256"


class NoPass(ValueError):
    """It is no pass, has expired, or is for something else."""


def _key(identity_key: bytes, what: What) -> bytes:
    return hmac_sha256(identity_key, f"{what} pass".encode())


def make(identity_key: bytes, what: What, webinar_id: str, subject: str, expires: int,
         **more: Any) -> str:  # fmt: skip
    """The pass of `subject` for one thing in one webinar until `expires` (epoch seconds)."""
    claims = {"aud": f"hadir-{what}", "sub": subject, "webinar": webinar_id, "exp": expires, **more}
    return jwt.encode(claims, _key(identity_key, what), _ALGORITHM)


def read(identity_key: bytes, what: What, webinar_id: str, given: str) -> dict[str, Any]:
    """What a pass says; `sub` is whose it is.

    Raises:
        NoPass: it does not open this, in this webinar, now.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            given, _key(identity_key, what), algorithms=[_ALGORITHM], audience=f"hadir-{what}",
            options={"require": ["exp", "sub"]},
        )  # fmt: skip
    except jwt.PyJWTError as wrong:
        raise NoPass(str(wrong)) from None
    if claims.get("webinar") != webinar_id:
        raise NoPass("it is for another webinar")
    return claims
