"""Pseudonyms and sealed personal data.

Identifiers are compared only as HMAC-SHA-256 (contract: attendance never needs the value). Personal
data is sealed by AES-256-GCM under a key of the person's own, which is itself wrapped by the
installation's key (KEK): deleting the person's key erases every copy at once.
"""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_NONCE = 12


class CannotOpen(ValueError):
    """The sealed value does not open with this key: wrong key, or not sealed for this subject."""


def new_data_key() -> bytes:
    """A fresh 256-bit data key for one person."""
    return AESGCM.generate_key(256)


_cipher = lru_cache(maxsize=16)(AESGCM)
"""To take a key in costs as much as to seal a line; a person's is used twice in a row."""


def seal(key: bytes, plain: bytes, *, subject: str) -> str:
    """AES-256-GCM, base64; `subject` (whose it is) is bound to it and must be given to open it."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _cipher(key).encrypt(nonce, plain, subject.encode())).decode()


def unseal(key: bytes, sealed: str, *, subject: str) -> bytes:
    """The plain bytes.

    Raises:
        CannotOpen: wrong key or wrong subject.
    """
    try:
        raw = base64.b64decode(sealed, validate=True)
        return _cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], subject.encode())
    except (InvalidTag, ValueError) as closed:
        raise CannotOpen(f"cannot open what was sealed for {subject}") from closed


def identity_hmac(key: bytes, value: str) -> str:
    """The pseudonym of an e-mail address, customer key or the like; '' stays ''. Case is folded."""
    folded = value.strip().casefold()
    if not folded:
        return ""
    return hmac_sha256(key, folded.encode()).hex()[:32]


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 of many messages under few keys: in half the time of `hmac.digest`."""
    one = _keyed(key).copy()
    one.update(message)
    return one.finalize()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> HMAC:
    """To be copied: taking a key in costs as much as hashing a webhook."""
    return HMAC(key, SHA256())


def code(key: bytes, subject: str) -> str:
    """96 unguessable bits derived from the subject, base32, lower case: 20 characters."""
    return base64.b32encode(hmac_sha256(key, subject.encode())[:12])[:20].lower().decode()
