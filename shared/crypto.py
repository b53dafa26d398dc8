"""Pseudonyms and sealed personal data.

Identifiers are compared only as HMAC-SHA-256 (contract: attendance never needs the value). Personal
data is sealed by AES-256-GCM under a key of the person's own, which is itself wrapped by the
installation's key (KEK): deleting the person's key erases every copy at once.
"""

import base64
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_NONCE = 12
_BASE_32 = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [a + b for a in _BASE_32 for b in _BASE_32]
"""Ten bits at a time: a fifth of the time of the library's."""


class CannotOpen(ValueError):
    """The sealed value does not open with this key: wrong key, or not sealed for this subject."""


def new_data_key() -> bytes:
    """A fresh 256-bit data key for one person."""
    return AESGCM.generate_key(256)


def seal(key: bytes, plain: bytes, *, subject: str) -> str:
    """AES-256-GCM, base64; `subject` (whose it is) is bound to it and must be given to open it."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, subject.encode())).decode()


def unseal(key: bytes, sealed: str, *, subject: str) -> bytes:
    """The plain bytes.

    Raises:
        CannotOpen: wrong key or wrong subject.
    """
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], subject.encode())
    except (InvalidTag, ValueError) as closed:
        raise CannotOpen(f"cannot open what was sealed for {subject}") from closed


def identity_hmac(key: bytes, value: str) -> str:
    """The pseudonym of an e-mail address, customer key or the like; '' stays ''. Case is folded."""
    folded = value.strip().casefold()
    if not folded:
        return ""
    one = _keyed(key).copy()
    one.update(folded.encode())
    return one.finalize().hex()[:32]


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> HMAC:
    """To be copied: taking a key in costs more than hashing an e-mail address."""
    return HMAC(key, SHA256())


def code(key: bytes, subject: str) -> str:
    """96 unguessable bits derived from the subject, base32, lower case: 20 characters."""
    number = int.from_bytes(hmac.digest(key, subject.encode(), "sha256")[:12], "big") << 4
    return "".join([_PAIRS[number >> at & 1023] for at in range(90, -1, -10)])
