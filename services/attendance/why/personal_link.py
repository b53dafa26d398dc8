"""`/a/{code}`: a person's own page. The code names webinar and person and is signed; it cannot be
guessed, and nothing is looked up before the signature holds."""

import base64
import hmac
from uuid import UUID

from shared import crypto

PATH = "/a/"


def link_code(key: bytes, webinar_id: str, participant_id: str) -> str:
    """The code of a person in a webinar; always the same one."""
    who = base64.urlsafe_b64encode(UUID(webinar_id).bytes + UUID(participant_id).bytes)
    return who.decode().rstrip("=") + _signature(key, webinar_id, participant_id)


def read_link(key: bytes, code: str) -> tuple[str, str] | None:
    """(webinar_id, participant_id), or None for anything that we did not sign."""
    who, signature = code[:43], code[43:]
    try:
        raw = base64.b64decode(who + "=", altchars=b"-_", validate=True)
        webinar_id, participant_id = str(UUID(bytes=raw[:16])), str(UUID(bytes=raw[16:]))
    except ValueError:
        return None
    right = _signature(key, webinar_id, participant_id)
    given = signature.encode("utf-8", "replace")
    return (webinar_id, participant_id) if hmac.compare_digest(right.encode(), given) else None


def _signature(key: bytes, webinar_id: str, participant_id: str) -> str:
    return crypto.code(key, f"why|{webinar_id}|{participant_id}")
