"""A pass with which a door page enrols walk-ins of one webinar, and does nothing else.

Attendance gives it to a signed-in door crew; registration takes it at one route. Both derive its key
from the identity key, which they share. So a walk-in's data goes from the phone straight to
registration, and the page never holds the crew's own token.
"""

import hmac
from hashlib import sha256

import jwt

_ALGORITHM, _AUDIENCE = "HS256", "hadir-walk-ins"


class NoPass(ValueError):
    """It is no pass, has expired, or is for another webinar."""


def _key(identity_key: bytes) -> bytes:
    return hmac.new(identity_key, b"walk-in pass", sha256).digest()


def make(identity_key: bytes, webinar_id: str, subject: str, expires: int) -> str:
    """The pass of `subject` for one webinar until `expires` (epoch seconds)."""
    claims = {"aud": _AUDIENCE, "sub": subject, "webinar": webinar_id, "exp": expires}
    return jwt.encode(claims, _key(identity_key), _ALGORITHM)


def subject_of(identity_key: bytes, webinar_id: str, given: str) -> str:
    """Whose pass it is.

    Raises:
        NoPass: it does not open this webinar's door now.
    """
    try:
        claims = jwt.decode(given, _key(identity_key), algorithms=[_ALGORITHM], audience=_AUDIENCE,
                            options={"require": ["exp", "sub"]})  # fmt: skip
    except jwt.PyJWTError as wrong:
        raise NoPass(str(wrong)) from None
    if claims.get("webinar") != webinar_id:
        raise NoPass("it is for another webinar")
    return str(claims["sub"])
