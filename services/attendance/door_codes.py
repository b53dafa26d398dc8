"""What a person's QR code says: who, for which webinar, and a signature that nobody can guess.

`<participant id, 32 hex>.<webinar, 7 hex>.<signature, 20>` in capitals: 61 characters of a QR code's
alphanumeric mode, so 29 modules a side at error correction M. The webinar's part is there to tell
another webinar's code from a forged one; the signature is over the full ids.
"""

import hmac
from hashlib import sha256
from uuid import UUID

from services.attendance.domain.checkin import Refusal
from shared import crypto

LENGTH = 61
_WEBINAR = 7


def code_of(key: bytes, webinar_id: str, participant_id: str) -> str:
    """The text of a person's QR code for one webinar."""
    signature = crypto.code(key, f"check-in|{webinar_id}|{participant_id}")
    return f"{_hex(participant_id)}.{_hex(webinar_id)[:_WEBINAR]}.{signature}".upper()


def person_of(key: bytes, webinar_id: str, code: str) -> str | Refusal:
    """Whose code it is, or why it is not taken. Typed codes may be in small letters."""
    said = code.strip().upper()
    person, _, rest = said.partition(".")
    webinar, _, signature = rest.partition(".")
    if len(said) < LENGTH:
        return Refusal.CODE_CUT_SHORT if _is_hex(person) else Refusal.CODE_UNKNOWN
    if not (len(person) == 32 and _is_hex(person) and len(webinar) == _WEBINAR and signature):
        return Refusal.CODE_UNKNOWN
    if webinar != _hex(webinar_id)[:_WEBINAR].upper():
        return Refusal.OTHER_WEBINAR
    participant_id = str(UUID(person))
    right = code_of(key, webinar_id, participant_id)
    genuine = hmac.compare_digest(right.encode(), said.encode())
    return participant_id if genuine else Refusal.CODE_UNKNOWN


def mark_of(code: str) -> str:
    """By what a scanner without network knows a code, and from which it cannot make one."""
    return sha256(code.encode()).hexdigest()


def _hex(uuid: str) -> str:
    return uuid.replace("-", "")


def _is_hex(text: str) -> bool:
    return bool(text) and set(text) <= set("0123456789ABCDEF")
